"""A provider has charged Alice twice. Frida of finance puts it right, and cannot do it alone."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.models import AuditRecord, Role, User
from tests.compliance.clients import api_as
from tests.compliance.factories import UserFactory
from tests.ledger.books import assert_sound
from tests.scenarios.books import Books
from tests.wallets.scene import problem_of, send


def propose(books: Books, direction: str, amount: str, reason: str, *, key: str) -> Any:
    wallet = books.wallet(books.cast.alice)
    body = {"wallet_id": str(wallet.id), "direction": direction, "amount": amount, "currency": "EUR", "reason": reason}
    response = send(api_as(books.cast.frida), "/v1/adjustments", body, key=key)
    assert response.status_code == 202, response.json()
    return response.json()["approval"]


def answer(who: User, word: str, approval: dict[str, Any]) -> Any:
    return api_as(who).post(f"/v1/approvals/{approval['approval_id']}/{word}", {"reason": "Looked at it."})


@pytest.fixture
def fiona(books: Books) -> User:
    """The second one of finance."""
    second: User = UserFactory(company=books.cast.company, first_name="Fiona", role=Role.FINANCE)
    books.top_up(books.cast.alice, "100.00", on="1 March")
    return second


def test_frida_proposes_and_fiona_lets_it_happen(books: Books, fiona: User) -> None:
    alice, frida = books.cast.alice, books.cast.frida
    approval = propose(books, "CREDIT", "25.00", "provider error", key="a-1")
    assert (approval["status"], books.balance(alice)) == ("PENDING", "100.00")
    assert approval["impact"] == [{"label": "Wallet: available", "before": "100.00 EUR", "after": "125.00 EUR"}]

    problem_of(answer(frida, "approve", approval), 403, "approval.own")
    assert books.balance(alice) == "100.00"

    assert answer(fiona, "approve", approval).json()["status"] == "APPROVED"
    assert books.balance(alice) == "125.00"
    problem_of(answer(fiona, "approve", approval), 409, "approval.closed")
    assert books.balance(alice) == "125.00"
    assert_sound()


def test_not_even_a_superuser_approves_his_own(books: Books, fiona: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is none in this service; if there was one, it would change nothing."""
    monkeypatch.setattr(User, "is_superuser", True)
    approval = propose(books, "CREDIT", "25.00", "provider error", key="a-1")
    problem_of(answer(books.cast.frida, "approve", approval), 403, "approval.own")
    assert books.balance(books.cast.alice) == "100.00"


def test_money_that_has_gone_meanwhile_makes_it_stale_and_moves_nothing(books: Books, fiona: User) -> None:
    alice, bookings = books.cast.alice, books.cast.bookings
    approval = propose(books, "DEBIT", "90.00", "provider error", key="a-1")
    taxi = {"type": "DEBIT", "amount": "23.40", "currency": "EUR", "reference_type": "booking", "reference_id": "T-1"}
    path = f"/v1/wallets/{books.wallet(alice).id}/transactions"
    assert api_as(bookings).post(path, taxi).status_code == 201

    stale = answer(fiona, "approve", approval).json()
    assert (stale["status"], stale["outcome"]["code"]) == ("STALE", "funds.insufficient")
    assert books.balance(alice) == "76.60"
    assert_sound()


def test_a_rejected_one_stays_and_the_auditor_finds_who_said_what(books: Books, fiona: User) -> None:
    approval = propose(books, "CREDIT", "25.00", "provider error", key="a-1")
    assert answer(fiona, "reject", approval).json()["status"] == "REJECTED"
    assert books.balance(books.cast.alice) == "100.00"

    audrey = api_as(books.cast.audrey)
    (kept,) = audrey.get("/v1/approvals?status=REJECTED").json()["data"]
    assert kept["approval_id"] == approval["approval_id"]
    assert [(vote["voter_id"], vote["verdict"]) for vote in kept["votes"]] == [(str(fiona.id), "REJECT")]
    trail = AuditRecord.objects.filter(entity_id=approval["approval_id"]).order_by("id")
    assert [record.event_type for record in trail] == ["approval.requested", "approval.voted", "approval.rejected"]

    assert propose(books, "CREDIT", "25.00", "provider error, with its letter", key="a-2")["status"] == "PENDING"
