"""What a person reads when the service is ready: where it is, who may log in, a first request."""

from __future__ import annotations

import json
from typing import Any

from walletsite.up.environment import DEMO_FOLDER

PLACES = """\

  The wallet service is ready.

    REST interface   {base_url}/v1
    Documentation    {base_url}/v1/docs
    Back office      {base_url}/admin/
"""
SECOND_FACTOR = """
  The back office asks for a code besides: `make code`, in another terminal, shows them.
"""
FIRST_REQUEST = """\

  A first request:

    TOKEN=$(curl -s {base_url}/v1/auth/token -H 'Content-Type: application/json' \\
      -d '{{"email": "{email}", "password": "{password}"}}' \\
      | python3 -c 'import json, sys; print(json.load(sys.stdin)["access"])')
    curl -s {base_url}/v1/me -H "Authorization: Bearer $TOKEN"
"""
ENDING = """
  Ctrl-C stops everything. The data stay; `make reset` clears them.
"""


def welcome(base_url: str) -> str:
    """The text, with one log-in per role where a demo company was seeded."""
    credentials_file = DEMO_FOLDER / "credentials.json"
    parts = [PLACES.format(base_url=base_url)]
    if credentials_file.exists():
        credentials = json.loads(credentials_file.read_text())
        parts += [_log_ins(credentials), FIRST_REQUEST.format(base_url=base_url, **credentials["users"]["employee"])]
    return "".join([*parts, ENDING])


def _log_ins(credentials: dict[str, Any]) -> str:
    people = credentials["users"].items()
    lines = [f"    {role:<12} {who['email']:<36} {who['password']}" for role, who in people]
    service = credentials["service"]
    lines.append(f"    {'service':<12} {service['client_id']:<36} {service['client_secret']}")
    return "\n  Log in as (also in .demo/credentials.json):\n\n" + "\n".join(lines) + "\n" + SECOND_FACTOR
