"""What EMAIL_URL and EMAIL_FROM say is what Django sends by."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings

NAMES = ("SENDS_EMAIL", "EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD")
SMTP = "django.core.mail.backends.smtp.EmailBackend"


def read(**environment: str) -> dict[str, Any]:
    """The settings of a process with this environment."""
    names = (*NAMES, "EMAIL_USE_TLS", "EMAIL_USE_SSL", "DEFAULT_FROM_EMAIL", "EMAIL_TIMEOUT")
    code = (
        "import json; from walletsite import settings; from django.conf import settings as all_of_it;"
        f"print(json.dumps({{name: getattr(all_of_it, name) for name in {names}}}))"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EMAIL_")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env={**kept, "DJANGO_SETTINGS_MODULE": "walletsite.settings", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize(
    ("scheme", "port", "tls", "ssl"), [("smtp+tls", 587, True, False), ("smtp+ssl", 465, False, True)]
)
def test_a_mail_server(scheme: str, port: int, tls: bool, ssl: bool) -> None:
    url = f"{scheme}://news%40nordwind.example:a%2Fb@mail.example:{port}"
    found = read(EMAIL_URL=url, EMAIL_FROM="Wallets <news@nordwind.example>")
    assert found == {
        "SENDS_EMAIL": True,
        "EMAIL_BACKEND": SMTP,
        "EMAIL_HOST": "mail.example",
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": "news@nordwind.example",
        "EMAIL_HOST_PASSWORD": "a/b",
        "EMAIL_USE_TLS": tls,
        "EMAIL_USE_SSL": ssl,
        "DEFAULT_FROM_EMAIL": "Wallets <news@nordwind.example>",
        "EMAIL_TIMEOUT": 10,
    }


def test_the_demo_writes_to_the_terminal() -> None:
    found = read(PROFILE="development")
    assert (found["SENDS_EMAIL"], found["EMAIL_BACKEND"]) == (True, "django.core.mail.backends.console.EmailBackend")


def test_an_empty_url_mails_nobody() -> None:
    assert read(EMAIL_URL="")["SENDS_EMAIL"] is False
