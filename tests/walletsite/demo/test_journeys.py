from __future__ import annotations

from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from compliance.models import User
from tests.browser.served import served
from tests.compliance.factories import PASSWORD, SECRET, Cast, UserFactory, make_cast
from tests.wallets.scene import available, book, give_wallet, set_status
from wallets.services.approvals import create_default_rules
from walletsite.demo.journeys import __main__ as journeys
from walletsite.demo.journeys.client import Answer, Request
from walletsite.demo.journeys.stage import Actor, Stage, Unexpected


def credentials_of(cast: Cast, base_url: str) -> dict[str, Any]:
    marta: User = UserFactory(company=cast.company, role="FINANCE")
    give_wallet(marta)
    people = {
        "employee": cast.alice,
        "manager": cast.bob,
        "finance": cast.frida,
        "checker": marta,
        "compliance": cast.conny,
        "auditor": cast.audrey,
    }
    users = {
        role: {"email": user.email, "password": PASSWORD, "user_id": str(user.id)} for role, user in people.items()
    }
    service = {"client_id": cast.bookings.client_id, "client_secret": SECRET}
    return {"base_url": base_url, "admin_url": f"{base_url}/admin/", "users": users, "service": service}


def told(credentials: dict[str, Any]) -> tuple[int, str]:
    """The exit code, and what stood on the terminal."""
    output = StringIO()
    code = journeys.tell(Console(file=output, width=120), credentials)
    return code, output.getvalue()


@pytest.mark.usefixtures("committed_db")
def test_they_go_as_told_any_number_of_times_and_leave_the_money_where_it_was(tmp_path: Path) -> None:
    cast = make_cast()
    create_default_rules(cast.company)  # as every new company has them, the demo's too
    wallets = [give_wallet(owner, "800") for owner in (cast.alice, cast.bob)]
    for owner in (cast.frida, cast.audrey):
        give_wallet(owner)
    with served(tmp_path / "web.log") as address:
        credentials = credentials_of(cast, address)
        first = told(credentials)
        assert first[0] == 0, first[1]
        assert [title for title, _ in journeys.JOURNEYS if title not in first[1]] == []
        assert [available(wallet) for wallet in wallets] == [Decimal(800), Decimal(800)]

        set_status(wallets[0], "FROZEN", by=cast.frida)
        book(wallets[1], "-790", key="spent by somebody who played with the demo")
        again = told(credentials)
        assert again[0] == 0, again[1]
        assert [available(wallet) for wallet in wallets] == [Decimal(800), Decimal(310)]

        credentials["users"]["auditor"]["password"] = "another one"
        assert told(credentials) == (
            1,
            "\n✗ Not as told: Audrey cannot log in (401): These credentials are not valid.\n",
        )


def test_without_a_service_they_say_how_to_start_it() -> None:
    code, text = told({"base_url": "http://127.0.0.1:1", "users": {"employee": {"email": "", "password": ""}}})
    assert code == 1
    assert "Nobody answers at http://127.0.0.1:1" in text
    assert "`make up` starts it." in text


def test_without_credentials_they_say_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(journeys, "read_credentials", dict)
    assert journeys.main() == 1
    assert capsys.readouterr().out == "There is no credentials.json yet. `make up` makes it.\n"


class Parrot:
    """Gives the answers that it was taught, one after the other."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = iter(answers)

    def send(self, request: Request) -> Answer:
        return next(self._answers)


def stage_with(*answers: Answer) -> tuple[Stage, Actor]:
    parrot = Parrot(*answers)
    return Stage(Console(file=StringIO()), parrot), Actor("Mia", parrot, "wallet")


def answer(code: int, /, **body: Any) -> Answer:
    return Answer(code, {}, body)


PAY = Request("POST", "/v1/transfers", {"amount": "1.00"}, key="k")


@pytest.mark.parametrize(
    ("came", "says"),
    [
        (answer(200, status="COMPLETED"), "201 was promised, 200 came"),
        (answer(422, code="wallet.frozen", detail="Frozen."), "201 was promised, 422 came"),
        (answer(201, status="PENDING"), "status should be 'COMPLETED' and is 'PENDING'"),
        (answer(201), "status should be 'COMPLETED' and is None"),
    ],
)
def test_a_step_stops_at_another_answer(came: Answer, says: str) -> None:
    stage, mia = stage_with(came)
    with pytest.raises(Unexpected, match=says):
        stage.step(mia, "pays.", PAY, expect=201, status="COMPLETED")


@pytest.mark.parametrize("after", ["9.99", "10.01", "10.00"])
def test_another_change_of_a_balance_stops_it(after: str) -> None:
    stage, mia = stage_with(answer(200, available="10.00"), answer(200, available=after))
    with pytest.raises(Unexpected, match="Mia: -1.00 was promised"), stage.balances({mia: "-1.00"}):
        stage.tell("Nothing.")


def test_what_goes_as_told_is_told() -> None:
    stage, mia = stage_with(
        answer(200, available="10.00"), answer(201, status="COMPLETED"), answer(200, available="9.00")
    )
    with stage.balances({mia: "-1.00"}):
        assert stage.step(mia, "pays.", PAY, expect=201, status="COMPLETED").status == 201
