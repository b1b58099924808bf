"""Is a delivery from the sender it claims to be? One module per scheme.

Rules of this folder: pure functions over a request's headers and raw bytes, before anything is
parsed (SNS alone signs fields, not bytes). Secrets are compared in constant time, keys never come
from the request, and a refusal says which rule failed and nothing of a secret. A scheme accepts any
of the keys it is given, so that a key can be replaced without a gap.
"""

from interlock.interpreter.sources.proof.replays import Replays, Standing
from interlock.interpreter.sources.proof.request import Proven, Refused, SenderRequest
from interlock.interpreter.sources.proof.schemes import (
    SchemeError,
    is_sns,
    prove,
    secrets_of,
    usable_keys,
)

__all__ = [
    "Proven",
    "Refused",
    "Replays",
    "SchemeError",
    "SenderRequest",
    "Standing",
    "is_sns",
    "prove",
    "secrets_of",
    "usable_keys",
]
