"""Where the log-ins of the demo lie. Readable without Django: the journeys are a client like any other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from walletsite.embedded.places import CHECKOUT

AUTHENTICATOR_KEY = "authenticator_key"
"""Of a member of staff: what an authenticator app would keep, in Base32."""
CREDENTIALS_FILE = CHECKOUT / ".demo" / "credentials.json"


def read_credentials(file: Path = CREDENTIALS_FILE) -> dict[str, Any]:
    """What the file says; nothing when there is none, or none that can be read."""
    try:
        content = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
