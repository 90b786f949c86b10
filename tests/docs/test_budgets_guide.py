"""The commands of the guide to budgets work as printed, one after the other, against a server of flesh and blood."""

from __future__ import annotations

import json
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

from tests.browser.served import served
from tests.compliance.factories import PASSWORD, SECRET, make_cast
from tests.docs.pages import blocks, read
from tests.wallets.scene import available, give_wallet


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_guide_works_as_printed(committed_db: None, tmp_path: Path) -> None:
    cast = make_cast()
    mias = give_wallet(cast.alice, "300")
    people = {"manager": cast.bob, "employee": cast.alice}
    with served(tmp_path / "server.log") as address:
        users = {
            role: {"email": user.email, "password": PASSWORD, "user_id": str(user.id)} for role, user in people.items()
        }
        service = {"client_id": cast.bookings.client_id, "client_secret": SECRET}
        (tmp_path / ".demo").mkdir()
        content = {"base_url": address, "users": users, "service": service}
        (tmp_path / ".demo" / "credentials.json").write_text(json.dumps(content))
        done = subprocess.run(
            ["/bin/sh", "-eu"],
            input="\n".join(blocks(read("docs/budgets.md"), "sh")),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr
    booked, refused, *answers = done.stdout.splitlines()
    assert json.loads(booked)["status"] == "COMPLETED"
    assert refused.startswith("Refused: Weekly ")
    assert "has 186.00 EUR left, this needs 190.00. Resets Monday " in refused

    told = [json.loads(answer) for answer in answers]
    assert [answer.get("code") for answer in told if answer.get("status") in (400, 401, 403, 404, 409, 422, 428)] == []
    changed, adjusted, history, approved, budget, check, forecast, test, decision, usage, ended, suspended = told
    assert (changed["total_amount"], adjusted["adjustments"]) == ("200.00", "10.00")
    assert [row["change_reason"] for row in history["data"]][-1] == "One more customer to see, this week."
    assert (approved["status"], approved["retry"]) == ("APPROVED", "ACCEPTED")
    assert (budget["used_amount"], check["would_apply"], decision["outcome"]) == ("204.00", False, "REFUSED")
    assert (forecast["used_amount"], test["would_be_refused"]) == ("204.00", 2), "once, and when it was tried again"
    assert usage["data"][0]["count"]["remaining"] == 5
    assert (ended["status"], suspended["status"]) == ("ENDED", "SUSPENDED")
    assert available(mias) == Decimal("96.00")
