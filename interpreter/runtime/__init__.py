"""The shell around the pure core: engine, timers, dispatcher, daemon, dry run.

Rules of this folder: what is decided is the core's; here it is made durable, answered and acted on,
in that order. Time comes from a `Clock`, effects leave through an `EffectExecutor`, and requests
come in from a `Server` that this folder knows only as a role.
"""
