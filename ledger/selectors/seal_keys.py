"""The keys of the seals as the environment has them, and checking signatures with them (docs/sealing.md)."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable, Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from ledger.core.heads import Head

KEY_BYTES = 32
MAX_ID_LENGTH = 64


def parse_keys(entries: Iterable[str]) -> dict[str, bytes]:
    """Keys as the environment has them: `key_id:base64 of 32 bytes` each.

    Raises:
        ImproperlyConfigured: another form, or an id twice.
    """
    keys: dict[str, bytes] = {}
    for entry in entries:
        key_id, _, text = entry.partition(":")
        try:
            key = b64decode(text, validate=True)
        except (Base64Error, ValueError):
            key = b""
        is_named = 0 < len(key_id) <= MAX_ID_LENGTH and key_id.isascii() and key_id.isprintable()
        if not is_named or len(key) != KEY_BYTES or key_id in keys:
            raise ImproperlyConfigured("A key of the seals is `key_id:base64 of 32 bytes`, each id once.")
        keys[key_id] = key
    return keys


def signing_keys() -> dict[str, Ed25519PrivateKey]:
    """The private keys by id; the first one signs now."""
    seeds = parse_keys(settings.SEAL_SIGNING_KEYS)
    return {key_id: Ed25519PrivateKey.from_private_bytes(seed) for key_id, seed in seeds.items()}


def public_keys() -> dict[str, bytes]:
    """All keys that are trusted, by id: those that sign, the present one first, then those of SEAL_PUBLIC_KEYS."""
    ours = {key_id: key.public_key().public_bytes_raw() for key_id, key in signing_keys().items()}
    return ours | {id: key for id, key in parse_keys(settings.SEAL_PUBLIC_KEYS).items() if id not in ours}


class Verifier:
    """Checks signatures against a set of trusted public keys, by id."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = {key_id: Ed25519PublicKey.from_public_bytes(key) for key_id, key in keys.items()}

    def __call__(self, head: Head, signature: bytes) -> bool:
        """Whether the key that the head names is trusted and made this signature."""
        key = self._keys.get(head.key_id)
        if key is None:
            return False
        try:
            key.verify(signature, head.signed_bytes())
        except InvalidSignature:
            return False
        return True
