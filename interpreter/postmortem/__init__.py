"""The post-mortem of an incident: what its records say happened, as a document and a meeting.

Rules of this folder: made of records alone, so that the same records give the same bytes. Nothing
here decides, reads a store or sends; alert text is a stranger's text wherever it is shown.
"""
