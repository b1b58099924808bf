"""From an Alertmanager configuration to a rulebook.

Responsible for `interlock init --from-alertmanager`: the routing tree becomes workflow rules, what
it sends to becomes channels. What cannot be carried over stays as a comment beside where it would
stand, with the reason. Pure: text in, text out; no secret of the configuration is ever copied.
"""

from interlock.rulebook.alertmanager.conversion import Conversion, convert

__all__ = ["Conversion", "convert"]
