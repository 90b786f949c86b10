"""The README's first steps work as printed: by sh, curl and python3, against a server of flesh and blood."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

from compliance.models import User
from tests.browser.served import served
from tests.compliance.factories import PASSWORD, make_cast
from tests.docs.pages import blocks, read, section
from tests.wallets.scene import available, give_wallet

SHELL = "/bin/sh"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_first_steps_work_as_printed(committed_db: None, tmp_path: Path) -> None:
    (first_steps,) = blocks(section(read("README.md"), "First steps"), "sh")
    cast = make_cast()
    hers, mates = give_wallet(cast.bob, "100"), give_wallet(cast.alice)
    with served(tmp_path / "server.log") as address:
        write_credentials(tmp_path / ".demo", address, manager=cast.bob)
        done = subprocess.run(
            [SHELL, "-eu"], input=first_steps, cwd=tmp_path, capture_output=True, text=True, timeout=60
        )
    assert done.returncode == 0, done.stderr
    first, second = re.findall(r"^HTTP/1\.1 201 .*?^(\{.*?\})$", done.stdout, re.MULTILINE | re.DOTALL)
    assert first == second
    assert done.stdout.lower().count("idempotent-replayed: true") == 1
    assert (available(hers), available(mates)) == (Decimal("87.50"), Decimal("12.50"))


def write_credentials(folder: Path, address: str, *, manager: User) -> None:
    """What `make up` leaves for its user, as far as the README reads it."""
    folder.mkdir()
    users = {"manager": {"email": manager.email, "password": PASSWORD}}
    (folder / "credentials.json").write_text(json.dumps({"base_url": address, "users": users}))
