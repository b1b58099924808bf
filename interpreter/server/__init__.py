"""HTTP in: the endpoints of monitoring, of people and of operators.

Rules of this folder: requests become items for the engine, and what is stored becomes JSON; nothing
is decided here. An answer of 2xx means recorded. The only folder that knows aiohttp's server.
"""
