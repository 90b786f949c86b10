"""Nordwind of Berlin with its budgets, for stories told over HTTP and by events: Lena manages Sales, Mia joins it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from rest_framework.test import APIClient

from budgets.services.alerts import follow_alerts
from compliance.models import Caller, User
from ledger.ids import new_id
from ledger.models import OutboxMessage
from ledger.services.following import follow
from ledger.services.inbox import Receipt
from tests.compliance.clients import api_as
from tests.compliance.factories import PASSWORD, Cast, make_cast
from tests.scenarios.clock import ZONE, Clock
from tests.wallets.incoming import booked, cancelled, joined, take
from tests.wallets.scene import send
from wallets.models import Wallet


class Nordwind:
    """lena is the manager of Sales, frida does finance, tom is an employee of another team, mia is not here yet."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.cast: Cast = make_cast()
        company = self.cast.company
        company.timezone = ZONE.key
        company.save()
        self.lena, self.frida, self.tom = self.cast.bob, self.cast.frida, self.cast.charlie
        self.mia = User(id=new_id())
        self._clients: dict[UUID, APIClient] = {}
        while follow("budget-alerts", lambda _: None).is_behind:
            pass  # what other tests have left

    def as_(self, caller: Caller) -> APIClient:
        if caller.id not in self._clients:
            self._clients[caller.id] = api_as(caller)
        return self._clients[caller.id]

    # What other services tell.

    def join(self) -> Receipt:
        """The people service tells that Mia is here, always the same way."""
        names = {"first_name": "Mia", "last_name": "Petersen"}
        envelope = joined(self.cast.company.id, user_id=self.mia.id, timestamp=self.clock.told())
        envelope["data"] |= names
        receipt = take(envelope)
        User.objects.filter(id=self.mia.id).update(password=make_password(PASSWORD))  # by the mail that invites her
        self.mia = User.objects.get(id=self.mia.id)
        return receipt

    def book(self, amount: str, booking: str, **more: Any) -> Receipt:
        """The booking service tells that Mia has booked something."""
        envelope = booked(self.mia, amount, booking=booking, timestamp=self.clock.told())
        envelope["data"] |= more
        return take(envelope)

    def cancel(self, booking: str, amount: str | None = None) -> Receipt:
        return take(cancelled(booking, amount, timestamp=self.clock.told()))

    # What is there.

    @property
    def wallet(self) -> Wallet:
        """Mia's."""
        return Wallet.objects.select_related("user").get(user_id=self.mia.id)

    def available(self) -> str:
        balance = self.get(self.mia, f"/v1/wallets/{self.wallet.id}/balance")
        told: str = balance["available"]
        return told

    def budgets(self) -> dict[str, dict[str, Any]]:
        """Mia's, by their names, as she sees them."""
        return {budget["name"]: budget for budget in self.get(self.mia, f"/budgets/{self.mia.id}")["budgets"]}

    def figures(self, name: str) -> tuple[str, str, str]:
        """Used, reserved and left of a budget of Mia's."""
        return figures_of(self.budgets()[name])

    def periods(self, name: str) -> dict[str, tuple[str, str, str]]:
        """The same of each of its periods, by their keys."""
        id = self.budgets()[name]["budget_id"]
        return {row["key"]: figures_of(row) for row in self.get(self.mia, f"/v1/budgets/{id}/periods")["data"]}

    def told(self, type: str) -> list[dict[str, Any]]:
        """The messages of a type about budgets of Mia's, in the order in which they were told; alerts looked first."""
        while follow_alerts().is_behind:
            pass
        rows = OutboxMessage.objects.filter(type=type, aggregate_type="budget", data__user_id=str(self.mia.id))
        return [row.data for row in rows.order_by("created_at", "sequence")]

    # What people do.

    def get(self, caller: Caller, path: str, *, status: int = 200) -> dict[str, Any]:
        return _read(self.as_(caller).get(path), status)

    def post(
        self, caller: Caller, path: str, body: Mapping[str, Any], *, key: str | None = None, status: int = 201
    ) -> dict[str, Any]:
        return _read(send(self.as_(caller), path, dict(body), key=key), status)

    def put(self, caller: Caller, path: str, body: Mapping[str, Any], *, status: int = 200) -> dict[str, Any]:
        return _read(self.as_(caller).put(path, dict(body)), status)

    def fill(self, amount: str) -> None:
        """Money of the company for Mia's wallet."""
        body = {"type": "CREDIT", "amount": amount, "currency": "EUR", "description": "Travel money"}
        reference = {"reference_type": "top_up", "reference_id": str(new_id())}
        self.post(self.cast.bookings, f"/v1/wallets/{self.wallet.id}/transactions", {**body, **reference})

    def spend(self, amount: str, reference: str, *, status: int = 201) -> dict[str, Any]:
        """The booking service debits Mia over HTTP, where it is answered at once."""
        body = {"type": "DEBIT", "amount": amount, "currency": "EUR", "description": "Train to Hamburg"}
        path = f"/v1/wallets/{self.wallet.id}/transactions"
        wanted = {**body, "reference_type": "trip", "reference_id": reference}
        return self.post(self.cast.bookings, path, wanted, status=status)

    def set_budget(self, amount: str, *, status: int = 201, **more: Any) -> dict[str, Any]:
        """Lena sets one for Mia's wallet."""
        body = {"wallet_id": str(self.wallet.id), "total_amount": amount, **more}
        return self.post(self.lena, "/v1/budgets", body, status=status)


def figures_of(view: Mapping[str, str]) -> tuple[str, str, str]:
    return view["used_amount"], view["reserved_amount"], view["remaining_amount"]


def _read(response: Any, status: int) -> dict[str, Any]:
    body: dict[str, Any] = response.json()
    assert response.status_code == status, body
    return body
