"""Ed25519 keys and signatures (RFC 8032), by `cryptography`.

A key's id is the beginning of the SHA-256 of its public bytes, so that a checkpoint says which key
to ask for. Never writes a private key where others may read it.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

if TYPE_CHECKING:
    from pathlib import Path


class KeyFileError(Exception):
    """A key cannot be read or written; the text is for people."""


class SigningKey:
    """A private key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @property
    def public(self) -> PublicKey:
        """The key that verifies what this one signs."""
        return PublicKey(self._key.public_key())

    def sign(self, data: bytes) -> bytes:
        """Return the signature (64 bytes)."""
        return self._key.sign(data)


class PublicKey:
    """A public key; `id` names it."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key
        raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.id = hashlib.sha256(raw).hexdigest()[:16]

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Tell whether a signature is this key's over these bytes."""
        try:
            self._key.verify(signature, data)
        except InvalidSignature:
            return False
        return True


def make_key(private: Path, public: Path) -> PublicKey:
    """Make a key pair in two files (PEM), the private one for its owner only; replace nothing."""
    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    open_ = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for path, data, mode in ((private, secret, 0o600), (public, open_, 0o644)):
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        except FileExistsError as error:
            raise KeyFileError(f"{path} is there already and is not replaced") from error
        except OSError as error:
            raise KeyFileError(f"{path} cannot be written: {error.strerror}") from error
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    return PublicKey(key.public_key())


def read_signing_key(path: Path) -> SigningKey:
    """Read a private key (PEM, PKCS#8); raises KeyFileError."""
    data = _read(path)
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise KeyFileError(f"{path} may be read by others; say: chmod 600 {path}")
    try:
        key = load_pem_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"{path} is no private key in PEM without a password") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path} is no Ed25519 key; make one with: interlock audit keygen")
    return SigningKey(key)


def read_public_key(path: Path) -> PublicKey:
    """Read a public key (PEM); raises KeyFileError."""
    try:
        key = load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"{path} is no public key in PEM") from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeyFileError(f"{path} is no Ed25519 key")
    return PublicKey(key)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror}") from error
