"""Refused spends that are tried again when there is more: in order, once, whatever breaks in between."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from budgets.errors import RequestClosed
from budgets.models import BudgetRequest
from budgets.models.vocabulary import PeriodType, RequestKind
from budgets.services.requests import Answer, Ask, approve_request, open_request
from ledger.errors import Busy
from ledger.models import OutboxMessage, Transaction
from ledger.services import journal
from tests.api.budget_things import budget_of
from tests.compliance.clients import api_as
from tests.ledger.sessions import answers, together
from tests.wallets.asking import Asked, documents_of
from tests.wallets.incoming import cancelled, outcome_of, take
from tests.wallets.scene import ORIGIN, available, nothing_moved, nothing_recorded, set_status
from wallets.services import retrying
from wallets.services.retrying import retry_spends


@pytest.fixture
def asked(db: None) -> Asked:
    return Asked()


def test_what_was_refused_first_is_tried_first(asked: Asked) -> None:
    """100.00 are left and 50.00 more are given: the first booking of 120.00 fits, the second of 130.00 not."""
    asked.approve(Decimal(50))
    assert retry_spends() == 1
    assert asked.retries() == ["ACCEPTED", "PARKED"]
    assert available(asked.scene.alices) == 380
    with nothing_recorded():
        assert retry_spends() == 0, "it has been looked at since the budget was given more"
    asked.approve(Decimal(100))
    assert retry_spends() == 1
    assert asked.retries() == ["ACCEPTED", "ACCEPTED"]
    assert available(asked.scene.alices) == 250


def test_what_does_not_fit_leaves_no_trace_while_its_own_request_waits(asked: Asked) -> None:
    asked.approve(Decimal(1))
    before = Transaction.objects.count(), OutboxMessage.objects.count()
    with nothing_moved():
        assert retry_spends() == 0
    assert (Transaction.objects.count(), OutboxMessage.objects.count()) == before
    assert asked.retries() == ["PARKED", "PARKED"]


def test_its_own_approval_is_its_one_try(asked: Asked) -> None:
    first, _ = asked.requests  # asks for 1.00, and 20.00 are missing
    approve_request(first.id, Answer(origin=ORIGIN, by=asked.scene.cast.bob.id, reason="Yes."))
    with nothing_moved():
        assert retry_spends() == 1
    assert asked.retries() == ["REFUSED", "PARKED"]
    first.refresh_from_db()
    assert first.retry_txn_id is not None
    refused = Transaction.objects.get(id=first.retry_txn_id)
    assert (refused.state, refused.refusal_code) == ("FAILED", "budget.exceeded")
    asked.approve(Decimal(500))
    assert retry_spends() == 1
    assert asked.retries() == ["REFUSED", "ACCEPTED"]


def test_a_retry_is_told_of_as_the_booking_that_it_is(asked: Asked) -> None:
    asked.approve(Decimal(200))
    retry_spends()
    first, _ = asked.requests
    first.refresh_from_db()
    completed = OutboxMessage.objects.get(type="TransactionCompleted", data__txn_id=str(first.retry_txn_id))
    assert (completed.data["reference_type"], completed.data["reference_id"]) == ("booking", asked.references[1])
    assert completed.data["amount"] == "120"
    assert documents_of(asked.references[1]) == [("PAYMENT", "FAILED"), ("PAYMENT", "COMPLETED")]


def test_what_breaks_in_between_is_done_the_next_time(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    asked.approve(Decimal(200))

    def fail(*arguments: Any) -> None:
        raise RuntimeError("the worker dies")

    with monkeypatch.context() as patched:
        patched.setattr(retrying, "note_retry", fail)
        with pytest.raises(RuntimeError):
            retry_spends()
    assert (asked.retries(), available(asked.scene.alices)) == (["PARKED", "PARKED"], 500)
    assert retry_spends() == 2
    assert available(asked.scene.alices) == 250


def test_one_that_fails_harms_no_other(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    asked.approve(Decimal(200))
    record, first = journal.record, asked.references[1]

    def busy(commands: Any, **more: Any) -> Any:
        if any(getattr(getattr(c, "document", None), "reference_id", "") == first for c in commands):
            raise Busy("Somebody else is at it.")
        return record(commands, **more)

    with monkeypatch.context() as patched:
        patched.setattr(journal, "record", busy)
        assert retry_spends() == 1
    assert asked.retries() == ["PARKED", "ACCEPTED"]
    assert retry_spends() == 1
    assert asked.retries() == ["ACCEPTED", "ACCEPTED"]


def test_the_other_gates_are_asked_too(asked: Asked) -> None:
    set_status(asked.scene.alices, "FROZEN", by=asked.scene.cast.conny)
    asked.approve(Decimal(200))
    with nothing_moved():
        assert retry_spends() == 0
    assert asked.retries() == ["PARKED", "PARKED"]
    set_status(asked.scene.alices, "ACTIVE", by=asked.scene.cast.conny)
    asked.approve(Decimal(1))
    assert retry_spends() == 2


def test_an_operation_that_holds_the_wallet_is_waited_for(asked: Asked) -> None:
    path = f"/v1/wallets/{asked.scene.alices.id}/lock"
    frida = api_as(asked.scene.cast.frida)
    lock = frida.post(path, {"operation": "payroll"}).json()
    asked.approve(Decimal(200))
    with nothing_moved():
        assert retry_spends() == 0
    assert frida.delete(f"{path}/{lock['lock_id']}").status_code == 204
    assert retry_spends() == 2


def test_a_spend_that_two_budgets_refused_is_paid_once(asked: Asked) -> None:
    """Each is asked for more, and each gives it: with both, 120.00 leave the wallet and not 240.00."""
    other, first = budget_of(asked.scene.alices, PeriodType.QUARTERLY), asked.requests[0]
    wanted = Ask(
        budget_id=other.id,
        kind=RequestKind.ONCE,
        amount=Decimal(400),
        reason="A test.",
        requested_by=asked.scene.cast.alice.id,
        txn_id=first.txn_id,
        is_parked=True,
    )
    twin = open_request(wanted, origin=ORIGIN)
    BudgetRequest.objects.filter(id=first.id).update(amount=Decimal(400))
    for request in (first, twin):
        approve_request(request.id, Answer(origin=ORIGIN, by=asked.scene.cast.bob.id, reason="Yes."))
    assert retry_spends() == 1
    first.refresh_from_db()
    twin.refresh_from_db()
    assert (first.retry, twin.retry) == ("ACCEPTED", "ACCEPTED")
    assert first.retry_txn_id == twin.retry_txn_id
    assert available(asked.scene.alices) == 380


def test_a_cancelled_booking_gives_back_what_the_retry_took(asked: Asked) -> None:
    asked.approve(Decimal(200))
    retry_spends()
    assert outcome_of(take(cancelled(asked.references[1]))) == ("PROCESSED", "")
    assert available(asked.scene.alices) == 370
    completed = Transaction.objects.get(reference_id=asked.references[1], state="COMPLETED", type="PAYMENT")
    assert completed.refunded_amount == 120


def test_a_booking_cancelled_before_is_not_tried_again(asked: Asked) -> None:
    assert outcome_of(take(cancelled(asked.references[1]))) == ("PROCESSED", "")
    asked.approve(Decimal(400))
    assert retry_spends() == 1
    assert asked.retries() == ["NONE", "ACCEPTED"]
    assert available(asked.scene.alices) == 370


def test_five_who_try_at_once_pay_once(committed_db: None) -> None:
    asked = Asked()
    asked.approve(Decimal(200))
    answers(together([retry_spends] * 5))
    assert asked.retries() == ["ACCEPTED", "ACCEPTED"]
    assert available(asked.scene.alices) == 250
    assert [len(documents_of(reference)) for reference in asked.references] == [1, 2, 2]


def test_three_who_approve_at_once_give_once(committed_db: None) -> None:
    asked = Asked()
    first, _ = asked.requests

    def approve() -> str:
        try:
            approve_request(first.id, Answer(origin=ORIGIN, by=asked.scene.cast.bob.id, reason="Yes."))
        except RequestClosed:
            return "closed"
        return "approved"

    assert sorted(answers(together([approve] * 3))) == ["approved", "closed", "closed"]
    period = asked.budget.periods.get(adjustments__gt=0)
    assert period.adjustments == 1
    told = OutboxMessage.objects.filter(aggregate_id=asked.budget.id, type="BudgetRequestDecided")
    assert told.count() == 1
