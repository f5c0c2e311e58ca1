"""The installation's signature: Ed25519, so that whoever has the public key can check it without trusting the server.

What is signed is canonical JSON: UTF-8, keys in order, no white space. It names its kind, so that no signature can be
taken for another's.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from django.conf import settings

ALGORITHM = "Ed25519"


class BadSignature(Exception):
    """The message says what is wrong, for a person."""


def sign(content: dict[str, Any]) -> dict[str, Any]:
    """The content in an envelope with its signature and the public key."""
    value = _private().sign(canonical(content))
    return {
        "signed": content,
        "signature": {"algorithm": ALGORITHM, "public_key": public_key(), "value": base64.b64encode(value).decode()},
    }


def opened(envelope: Any, *, signed_by: str = "") -> dict[str, Any]:
    """The content, if it was signed by this installation, or by the key whose fingerprint or text is given."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        content, signature = envelope["signed"], envelope["signature"]
        public, value = signature["public_key"], base64.b64decode(signature["value"])
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public))
    except (TypeError, KeyError, ValueError):
        raise BadSignature("It holds no signature that can be read.") from None
    try:
        key.verify(value, canonical(content))
    except InvalidSignature:
        raise BadSignature("Its signature does not fit what it says: it was altered after it was signed.") from None
    expected = signed_by.strip() or public_key()
    if expected not in (public, fingerprint(public)):
        raise BadSignature(
            f"It was signed with the key {fingerprint(public)}, and "
            + (f"not with {signed_by}." if signed_by else f"this installation's is {fingerprint(public_key())}.")
        )
    return content


def canonical(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def public_key() -> str:
    """32 bytes, base64."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    raw = _private().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b64encode(raw).decode()


def fingerprint(public: str) -> str:
    """Short enough to write down."""
    digest = hashlib.sha256(base64.b64decode(public)).hexdigest()
    return "-".join(digest[start : start + 4] for start in range(0, 24, 4))


def _private():
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    seed = hashlib.blake2b(settings.PORTAL_SIGNING_KEY.encode(), digest_size=32, person=b"portal-signing").digest()
    return Ed25519PrivateKey.from_private_bytes(seed)
