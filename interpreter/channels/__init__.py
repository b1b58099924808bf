"""Notifications out: one module for each type of channel.

Rules of this folder: a notification fails open (it may come twice, marked so, rather than never),
and one call is one attempt with the same key. What an alert says is a stranger's text: each channel
escapes it its own way. Secrets are read anew at each attempt and stand in nothing that is kept.
Everything that connects does so by the egress policy.
"""

from interlock.interpreter.channels.channel import Channel
from interlock.interpreter.channels.log import LogChannel
from interlock.interpreter.channels.making import ChannelError, Connections, check_channel
from interlock.interpreter.channels.router import Channels

__all__ = ["Channel", "ChannelError", "Channels", "Connections", "LogChannel", "check_channel"]
