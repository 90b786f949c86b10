"""`make code`: the authenticator apps of the demo's staff, on the terminal.

It knows the keys from the file of the log-ins, as a phone would know them from the QR code, and asks the service
nothing. To use a real phone, type a key from the file into its app.
"""

from __future__ import annotations

import sys
from base64 import b32decode
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from compliance.services.one_time_codes import STEP_SECONDS, code_of, step_at
from walletsite.demo.credentials_file import AUTHENTICATOR_KEY, CREDENTIALS_FILE, read_credentials


def main() -> int:
    console, credentials = Console(), read_credentials()
    if not credentials:
        console.print(f"[red]There is no {CREDENTIALS_FILE.name} yet. `make up` makes it.[/red]")
        return 1
    console.print(codes(credentials, now=datetime.now(UTC)))
    return 0


def codes(credentials: dict[str, Any], *, now: datetime) -> Table:
    """What every app shows now.

    Args:
        credentials: what `.demo/credentials.json` holds.
    """
    left = STEP_SECONDS - int(now.timestamp()) % STEP_SECONDS
    table = Table("Role", "Log-in", f"Code for {left} s more; each works once")
    for role, who in credentials["users"].items():
        if AUTHENTICATOR_KEY in who:
            table.add_row(role, who["email"], code_of(b32decode(who[AUTHENTICATOR_KEY]), step_at(now)))
    return table


if __name__ == "__main__":
    sys.exit(main())
