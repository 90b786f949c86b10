"""Secrets that have to be read again: they lie in the database encrypted, under keys of the environment."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from hashlib import sha256

from cryptography.fernet import Fernet, MultiFernet


def box_with(keys: Iterable[str]) -> MultiFernet:
    """Encrypts with the first of some keys, opens with each.

    Args:
        keys: texts of any form, of 256 bits or more.
    """
    return MultiFernet([Fernet(_fernet_key(key)) for key in keys])


def _fernet_key(text: str) -> bytes:
    """Fernet wants exactly 256 bits."""
    return urlsafe_b64encode(sha256(text.encode()).digest())
