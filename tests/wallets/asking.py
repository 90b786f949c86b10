"""Asking budgets for more over the interface, and answering that."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from budgets.models import Budget, BudgetRequest
from budgets.models.vocabulary import RequestKind
from budgets.services.requests import Answer, Ask, approve_request, open_request
from compliance.models import Caller
from ledger.models import Transaction
from ledger.selectors.clock import database_now
from tests.api.budget_things import budget_of
from tests.compliance.clients import api_as
from tests.wallets.incoming import booked, row_of, take
from tests.wallets.scene import ORIGIN, Scene, book, make_scene

EVERY_FIELD = {
    *("request_id", "budget_id", "kind", "amount", "currency", "reason", "status", "requested_by", "txn_id", "retry"),
    *("retry_txn_id", "retried_at", "decided_by", "decided_at", "decision_reason", "expires_at", "created_at"),
    "version",
}


def ask(by: Caller, kind: str = "THIS_PERIOD", **more: Any) -> dict[str, Any]:
    """Ask for more, and return the answer."""
    response: Any = api_as(by).post("/v1/budget-requests", {"kind": kind, "reason": "It is worth it.", **more})
    body: dict[str, Any] = response.json()
    assert response.status_code == 201, body
    assert body.keys() == EVERY_FIELD
    return body


def say(by: Caller, word: str, request: dict[str, Any], **headers: str) -> Any:
    """approve, reject or withdraw."""
    path = f"/v1/budget-requests/{request['request_id']}/{word}"
    return api_as(by).post(path, {"reason": "So be it."}, headers=headers)


def approve(by: Caller, request: dict[str, Any]) -> dict[str, Any]:
    response = say(by, "approve", request)
    body: dict[str, Any] = response.json()
    assert response.status_code == 200, body
    return body


def row(request: dict[str, Any]) -> BudgetRequest:
    return BudgetRequest.objects.get(id=request["request_id"])


def refused_txn(answer: Any) -> str:
    """The document of a spend that was refused."""
    body = answer.json()
    assert (answer.status_code, body["code"]) == (422, "budget.exceeded"), body
    return str(body["txn_id"])


def documents_of(reference: str) -> list[tuple[str, str]]:
    """State and type of each document of a booking, in order."""
    found = Transaction.objects.filter(reference_id=reference).order_by("created_at", "id")
    return list(found.values_list("type", "state"))


class Asked:
    """alice has 1,000.00 and may spend 600.00 a year; 500.00 are spent. Bookings of 120.00 and 130.00 were refused, and
    for each of them she has asked for room."""

    def __init__(self) -> None:
        self.scene: Scene = make_scene()
        book(self.scene.alices, "900", key="plenty")
        self.budget: Budget = budget_of(self.scene.alices)
        self.references = [f"{self.budget.id}-{number}" for number in range(3)]
        self.book("500", 0)
        self.requests = [self.ask(self.book("120", 1)), self.ask(self.book("130", 2))]

    def book(self, amount: str, number: int) -> UUID:
        envelope = booked(self.scene.cast.alice, amount, booking=self.references[number])
        assert take(envelope).status == "PROCESSED"
        txn_id: UUID | None = row_of(envelope).transaction_id
        assert txn_id is not None
        return txn_id

    def ask(self, txn_id: UUID | None, kind: RequestKind = RequestKind.ONCE, amount: str = "1") -> BudgetRequest:
        asked = Ask(
            budget_id=self.budget.id,
            kind=kind,
            amount=Decimal(amount),
            reason="A test.",
            requested_by=self.scene.cast.alice.id,
            txn_id=txn_id,
            is_parked=txn_id is not None,
        )
        return open_request(asked, origin=ORIGIN)

    def approve(self, amount: Decimal) -> None:
        """The period gets more, and nobody has tried anything again yet."""
        given = self.ask(None, RequestKind.THIS_PERIOD, str(amount))
        approve_request(given.id, Answer(origin=ORIGIN, by=self.scene.cast.bob.id, reason="Yes."))

    def wait_too_long(self) -> BudgetRequest:
        """A request more, whose time is up."""
        late = self.ask(None, RequestKind.PERMANENT)
        BudgetRequest.objects.filter(id=late.id).update(expires_at=database_now())
        return late

    def retries(self) -> list[str]:
        """What became of the two bookings."""
        ids = [request.id for request in self.requests]
        return list(BudgetRequest.objects.filter(id__in=ids).order_by("created_at").values_list("retry", flat=True))
