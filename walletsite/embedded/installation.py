"""What is made once per installation and kept: passwords and keys. Nothing of it is a constant in the repository."""

from __future__ import annotations

import json
import os
import secrets
from base64 import b64encode
from dataclasses import asdict, dataclass, field
from pathlib import Path

KEY_BYTES = 48


def _word() -> str:
    """A random, url-safe text of 384 bits."""
    return secrets.token_urlsafe(KEY_BYTES)


def _seed() -> str:
    """32 random bytes in base64."""
    return b64encode(secrets.token_bytes(32)).decode()


@dataclass(frozen=True)
class Secrets:
    """Each made at random where it is not given."""

    superuser_password: str = field(default_factory=_word)
    owner_password: str = field(default_factory=_word)
    app_password: str = field(default_factory=_word)
    valkey_password: str = field(default_factory=_word)
    secret_key: str = field(default_factory=_word)
    jwt_signing_key: str = field(default_factory=_word)
    seal_signing_seed: str = field(default_factory=_seed)
    webhook_encryption_key: str = field(default_factory=_word)
    second_factor_encryption_key: str = field(default_factory=_word)


def load_or_make_secrets(file: Path) -> Secrets:
    """Read the secrets of this installation; make what is missing, all at the first start. Only their owner can read
    the file."""
    kept = json.loads(file.read_text()) if file.exists() else {}
    complete = Secrets(**kept)
    if asdict(complete) != kept:
        write_private(file, json.dumps(asdict(complete), indent=2))
    return complete


def write_private(file: Path, text: str) -> None:
    """Replace a file at once, readable by its owner only."""
    unfinished = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    unfinished.replace(file)
