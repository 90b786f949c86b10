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


def load_or_make_secrets(file: Path) -> Secrets:
    """Read the secrets of this installation; make them at the first start. Only their owner can read the file."""
    if not file.exists():
        made = Secrets(*(secrets.token_urlsafe(KEY_BYTES) for _ in Secrets.__dataclass_fields__))
        write_private(file, json.dumps(asdict(made), indent=2))
    return Secrets(**json.loads(file.read_text()))


def write_private(file: Path, text: str) -> None:
    """Replace a file at once, readable by its owner only."""
    unfinished = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    unfinished.replace(file)
