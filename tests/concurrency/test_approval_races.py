"""Several people at one request at once: it is done once, or not at all, and nothing is overwritten."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from budgets.models import Budget
from budgets.services.specs import BudgetChange
from compliance.models import Role, User
from ledger.errors import ServiceError
from ledger.ids import new_id
from ledger.models import Transaction
from ledger.services.accounts import digest
from ledger.services.movements import Claim
from tests.api.budget_things import budget_of
from tests.compliance.factories import UserFactory
from tests.concurrency.storms import without_deadlock
from tests.ledger.books import Books
from tests.ledger.sessions import answers, together
from tests.wallets.approving import Office, adjustment, agree, ask, make_office, origin_of, rule
from tests.wallets.scene import available, book, set_status
from wallets.models import Approval, Wallet, WalletStatus
from wallets.services.approvals import answering, approve, reject, withdraw
from wallets.services.approvals.running import run_approved
from wallets.services.budgets import alter_budget
from wallets.services.wallets import change_status


@pytest.fixture
def office(books: Books) -> Office:
    return make_office()


def tried(action: Callable[[], Any]) -> Any:
    """What somebody got: of a refusal the code."""
    try:
        return action()
    except ServiceError as error:
        return error.code


def race(*actions: Callable[[], Any]) -> list[Any]:
    with without_deadlock():
        return answers(together([partial(tried, action) for action in actions]))


def refusals(results: list[Any]) -> set[str]:
    return {one for one in results if isinstance(one, str)}


def more_finance(office: Office, count: int) -> list[User]:
    return [office.fiona, *(UserFactory(company=office.fiona.company, role=Role.FINANCE) for _ in range(count - 1))]


def status_of(approval: Approval) -> str:
    return Approval.objects.get(id=approval.id).status


def test_of_many_who_agree_at_once_one_lets_it_happen_once(office: Office) -> None:
    asked = ask("adjustment.post", office.frida, adjustment(office.scene.alices))
    results = race(*(partial(agree, asked, person) for person in more_finance(office, 6)))
    assert sum(isinstance(one, Approval) for one in results) == 1
    assert refusals(results) <= {"approval.closed", "lock.timeout"}
    assert (status_of(asked), available(office.scene.alices)) == ("APPROVED", 125)
    assert Transaction.objects.filter(reference_id=str(asked.id)).count() == 1


def test_one_person_who_agrees_twice_at_once_counts_once(office: Office) -> None:
    asked = ask("adjustment.post", office.frida, adjustment(office.scene.alices))
    results = race(*[partial(agree, asked, office.fiona)] * 4)
    assert sum(isinstance(one, Approval) for one in results) == 1
    assert available(office.scene.alices) == 125


@pytest.mark.parametrize("end", [reject, withdraw])
@pytest.mark.parametrize("round", range(3))
def test_a_yes_against_a_no(office: Office, round: int, end: Callable[..., Any]) -> None:
    asked = ask("adjustment.post", office.frida, adjustment(office.scene.alices))
    ender = office.frida if end is withdraw else more_finance(office, 2)[1]
    no = partial(end, asked.id, caller=ender, reason="No.", origin=origin_of(ender))
    results = race(partial(agree, asked, office.fiona), no)
    assert sum(isinstance(one, Approval) for one in results) == 1
    expected = 125 if status_of(asked) == "APPROVED" else 100
    assert available(office.scene.alices) == expected


@pytest.mark.parametrize("round", range(3))
def test_a_yes_against_a_payment_that_takes_the_money(office: Office, round: int) -> None:
    asked = ask("adjustment.post", office.frida, adjustment(office.scene.alices, "60.00", "DEBIT"))
    race(partial(agree, asked, office.fiona), partial(_pay, office.scene.alices, "50"))
    status = status_of(asked)
    assert status in {"APPROVED", "STALE"}
    assert available(office.scene.alices) == (40 if status == "APPROVED" else 50)


def _pay(wallet: Wallet, amount: str) -> object:
    try:
        return book(wallet, f"-{amount}", key=str(new_id()))
    except AssertionError:
        return None  # refused: the other one was quicker


@pytest.mark.parametrize("round", range(3))
def test_a_yes_against_a_change_of_the_same_budget(office: Office, round: int) -> None:
    budget = budget_of(office.scene.alices)
    arguments = {"budget_id": str(budget.id), "change": {"amount": "2000"}}
    asked = ask("budget.change", office.scene.cast.bob, arguments)

    def lower() -> Any:
        return alter_budget(
            caller=office.frida,
            budget=Budget.objects.get(id=budget.id),
            change=BudgetChange(amount=budget.amount - 100),
            reason="Less.",
            expected_version=budget.version,
            origin=origin_of(office.frida),
        )

    results = race(partial(agree, asked, office.fiona), lower)
    amount = Budget.objects.get(id=budget.id).amount
    if status_of(asked) == "APPROVED":
        assert amount == 2000
        assert results[1] == "precondition.failed"
    else:
        assert (status_of(asked), amount) == ("STALE", 500)


@pytest.mark.parametrize("round", range(3))
def test_a_yes_against_somebody_who_lifts_the_freeze_himself(office: Office, round: int) -> None:
    alices, conny = office.scene.alices, office.scene.cast.conny
    set_status(alices, "FROZEN", by=conny)
    asked = ask("wallet.reactivate", office.frida, {"wallet_id": str(alices.id)})
    lift = partial(
        change_status,
        caller=conny,
        wallet_id=alices.id,
        status=WalletStatus.ACTIVE,
        reason="Found.",
        origin=origin_of(conny),
    )
    race(partial(agree, asked, conny), lift)
    assert status_of(asked) in {"APPROVED", "STALE"}
    assert Wallet.objects.get(id=alices.id).status == "ACTIVE"


def test_the_same_is_asked_for_once_however_many_ask_at_once(office: Office) -> None:
    people = [office.frida, *more_finance(office, 5)]
    results = race(*(partial(ask, "adjustment.post", one, adjustment(office.scene.alices)) for one in people))
    assert sum(isinstance(one, Approval) for one in results) == 1
    assert refusals(results) == {"approval.pending"}


def test_the_same_key_at_once_is_one_request(office: Office) -> None:
    claim = Claim(scope=f"test:{office.frida.id}", key="one", request_hash=digest("one"))
    work = partial(ask, "adjustment.post", office.frida, adjustment(office.scene.alices), claim=claim)
    results = race(*[work] * 5)
    assert len({one.id for one in results}) == 1
    assert Approval.objects.filter(requested_by=office.frida.id).count() == 1


def test_two_steps_are_taken_by_two_people_at_once(office: Office) -> None:
    rule(office.fiona.company_id, "adjustment.post", ["FINANCE"], needed=2)
    people = more_finance(office, 5)
    asked = ask("adjustment.post", office.frida, adjustment(office.scene.alices))
    results = race(*(partial(agree, asked, person) for person in people))
    assert sum(isinstance(one, Approval) for one in results) == 2
    assert refusals(results) <= {"approval.closed", "auth.forbidden", "lock.timeout"}
    assert (status_of(asked), available(office.scene.alices)) == ("APPROVED", 125)


def test_what_was_interrupted_before_its_commit_can_be_approved_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The transaction dies after the money was posted: neither the vote nor the money is there."""
    asked = ask("adjustment.post", office.frida, adjustment(office.scene.alices))

    def run_and_die(*args: Any, **kwargs: Any) -> Any:
        run_approved(*args, **kwargs)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(answering, "run_approved", run_and_die)
        with pytest.raises(KeyboardInterrupt):
            agree(asked, office.fiona)
    assert (status_of(asked), available(office.scene.alices)) == ("PENDING", 100)
    assert approve(asked.id, caller=office.fiona, reason="Again.", origin=origin_of(office.fiona)).status == "APPROVED"
    assert available(office.scene.alices) == 125
