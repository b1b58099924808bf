"""Amazon SNS: a certificate's signature over the fields of a message.

Responsible for what can be said before and after the certificate is at hand: the expected topic,
signature version 2 (SHA-256; version 1, SHA-1, only where the rulebook says `accept_sha1`), a
certificate URL on the one host of the topic's region, a signed time within SNS's hour of retries.
Fetching is not done here, and no URL of a message is ever visited to confirm a subscription: the
request is made of topic and token. `cryptography` is imported here only.
Source: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from msgspec import Struct

from interlock.interpreter.sources.delivery import Problem
from interlock.interpreter.sources.instants import read_instant
from interlock.interpreter.sources.proof.request import Proven, Refused
from interlock.interpreter.sources.strict_json import decode_json

if TYPE_CHECKING:
    from collections.abc import Mapping

BODY_BYTES_MAX: Final = 2**20
CONFIRMATION: Final = "SubscriptionConfirmation"
LIFETIME_NS: Final = 3_900_000_000_000
"""SNS repeats a message for an hour; five minutes more are for clocks that differ."""
_ARN: Final = re.compile(
    r"arn:(aws|aws-cn|aws-us-gov):sns:([a-z0-9-]{1,32}):[0-9]{12}:[\w.-]{1,260}"
)
_CERTIFICATE: Final = r"https://{host}/SimpleNotificationService-[0-9a-zA-Z]{{1,128}}\.pem"
_NOTIFICATION: Final = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_OTHER: Final = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_SIGNED: Final = {
    "Notification": _NOTIFICATION,
    CONFIRMATION: _OTHER,
    "UnsubscribeConfirmation": _OTHER,
}


class Envelope(Struct, frozen=True):
    """A message whose signature is still to be checked.

    Attributes:
        signed: The bytes that the signature covers.
        confirm_url: Where a subscription is confirmed; None for other messages.
    """

    signed: bytes
    signature: bytes
    is_sha1: bool
    certificate_url: str
    message_id: str
    confirm_url: str | None = None


def host_of(topic: str) -> str | None:
    """Return the host of a topic's region; None for what is no ARN of a topic."""
    found = _ARN.fullmatch(topic)
    if found is None:
        return None
    return f"sns.{found[2]}.amazonaws.com" + (".cn" if found[1] == "aws-cn" else "")


def read_envelope(auth: Mapping[str, Any], body: bytes, now: int) -> Envelope | Refused:
    """Return what is to be verified, or why nothing need be fetched to refuse it."""
    topic = str(auth["sns"])
    message = decode_json(body, bytes_max=BODY_BYTES_MAX)
    if isinstance(message, Problem) or not isinstance(message, dict):
        return Refused("no message of SNS")
    kind = message.get("Type")
    names = _SIGNED.get(kind) if isinstance(kind, str) else None
    if names is None or message.get("TopicArn") != topic:
        return Refused("not a message of this source's topic")
    version = message.get("SignatureVersion")
    if version != "2" and not (version == "1" and auth.get("accept_sha1") is True):
        return Refused("signature version 2 is asked for (SHA-256): set it on the topic")
    host = host_of(topic)
    url = message.get("SigningCertURL")
    pattern = _CERTIFICATE.format(host=re.escape(host or ""))
    if not isinstance(url, str) or not re.fullmatch(pattern, url, re.ASCII):
        return Refused("the certificate's URL is none of SNS in the topic's region")
    fields = [(name, message.get(name)) for name in names if message.get(name) is not None]
    signature = _base64(message.get("Signature"))
    id_, token = message.get("MessageId"), message.get("Token")
    if signature is None or not isinstance(id_, str) or _not_text(fields):
        return Refused("a signed field is missing or no text")
    at = read_instant("Timestamp", message.get("Timestamp"), [])
    if at is None or abs(now - at) > LIFETIME_NS:
        return Refused("the signed time is more than SNS's hour of retries from now")
    query = {"Action": "ConfirmSubscription", "TopicArn": topic, "Token": token}
    is_confirmation = kind == CONFIRMATION and isinstance(token, str)
    return Envelope(
        signed="".join(f"{name}\n{value}\n" for name, value in fields).encode(),
        signature=signature,
        is_sha1=version == "1",
        certificate_url=url,
        message_id=id_,
        confirm_url=f"https://{host}/?{urlencode(query)}" if is_confirmation else None,
    )


def prove_sns(envelope: Envelope, certificate: bytes, now: int) -> Proven | Refused:
    """Tell whether the certificate's key signed the message; ImportError without `cryptography`."""
    from cryptography import x509  # noqa: PLC0415 - an extra; only sources that use SNS need it
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.asymmetric import padding, rsa  # noqa: PLC0415 - as above

    try:
        loaded = x509.load_pem_x509_certificate(certificate)
        key = loaded.public_key()
    except ValueError:
        return Refused("the certificate cannot be read")
    begins = loaded.not_valid_before_utc.timestamp()
    ends = loaded.not_valid_after_utc.timestamp()
    if not begins * 1_000_000_000 <= now <= ends * 1_000_000_000:
        return Refused("the certificate is not valid now")
    if not isinstance(key, rsa.RSAPublicKey):
        return Refused("the certificate holds no RSA key")
    algorithm = hashes.SHA1() if envelope.is_sha1 else hashes.SHA256()  # noqa: S303 - declared
    try:
        key.verify(envelope.signature, envelope.signed, padding.PKCS1v15(), algorithm)
    except InvalidSignature:
        return Refused("the signature is not this certificate's")
    return Proven(envelope.message_id, LIFETIME_NS * 2)


def _not_text(fields: list[tuple[str, Any]]) -> bool:
    named = dict(fields)
    required = ("Message", "MessageId", "Timestamp", "TopicArn", "Type")
    return any(not isinstance(value, str) for value in named.values()) or any(
        name not in named for name in required
    )


def _base64(text: Any) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except (binascii.Error, ValueError):
        return None
