"""What is made once per installation and kept: passwords and keys. Nothing of it is a constant in the repository."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

KEY_BYTES = 48


@dataclass(frozen=True)
class Secrets:
    """Random, url-safe texts of 384 bits each."""

    superuser_password: str
    owner_password: str
    app_password: str
    valkey_password: str
    secret_key: str
    jwt_signing_key: str
    webhook_encryption_key: str


def load_or_make_secrets(file: Path) -> Secrets:
    """Read the secrets of this installation; make those that are missing. Only their owner can read the file."""
    kept = json.loads(file.read_text()) if file.exists() else {}
    made = {name: secrets.token_urlsafe(KEY_BYTES) for name in Secrets.__dataclass_fields__ if name not in kept}
    found = Secrets(**kept, **made)
    if made:
        write_private(file, json.dumps(asdict(found), indent=2))
    return found


def write_private(file: Path, text: str) -> None:
    """Replace a file at once, readable by its owner only."""
    unfinished = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    unfinished.replace(file)
