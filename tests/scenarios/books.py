"""A company's books, for stories: money moves on a day of March 2025, and statements are read as text.

Amounts are euros. Everything goes through the service's own use cases; statements come over HTTP as their owner
gets them.
"""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from textwrap import dedent
from typing import Any
from zoneinfo import ZoneInfo

from compliance.models import Caller, User
from ledger.selectors.balances import system_balances
from tests.compliance.clients import api_as
from tests.compliance.factories import Cast, make_cast
from tests.wallets.scene import available, give_wallet
from wallets.models import Wallet
from wallets.services.bookings import clearing_account
from wallets.services.past import PastKind, PastMovement, post_past_movements
from wallets.services.wallets import funding_account

YEAR = 2025
ZONE = ZoneInfo("Europe/Berlin")


class Books:
    """One company in Berlin: alice and her manager bob, charlie of another team, frida of finance."""

    def __init__(self) -> None:
        self.cast: Cast = make_cast()
        company = self.cast.company
        company.timezone = ZONE.key
        company.save()
        self.wallets = {user.id: give_wallet(user) for user in (self.cast.alice, self.cast.bob, self.cast.charlie)}
        self._references = 0

    def wallet(self, owner: User) -> Wallet:
        return self.wallets[owner.id]

    def top_up(self, owner: User, amount: str, *, on: str) -> None:
        """The company fills a wallet."""
        self._post(PastKind.TOP_UP, owner, amount, "Monthly allowance", on, actor=self.cast.frida)

    def book(self, owner: User, amount: str, what: str, *, on: str, reference: str = "") -> None:
        """A booking service takes money for something."""
        self._post(PastKind.DEBIT, owner, amount, what, on, actor=self.cast.bookings, reference=reference)

    def refund(self, owner: User, amount: str, what: str, *, on: str, reference: str = "") -> None:
        """It gives money back."""
        self._post(PastKind.CREDIT, owner, amount, what, on, actor=self.cast.bookings, reference=reference)

    def pay(self, payer: User, payee: User, amount: str, what: str, *, on: str) -> None:
        """One colleague pays another."""
        self._post(PastKind.TRANSFER, payer, amount, what, on, actor=payer, receiver=self.wallet(payee))

    def statement(self, owner: User, first: str, last: str) -> str:
        """The statement of some days, one line each, as the owner gets it."""
        query = f"from={_date(first)}&to={_date(last)}"
        response = api_as(owner).get(f"/v1/wallets/{self.wallet(owner).id}/statement?{query}")
        assert response.status_code == 200, response.content
        return _as_text(response.json(), first, last)

    def balance_on(self, owner: User, day: str) -> str:
        """What the wallet held at the end of a day."""
        at = datetime.combine(_date(day), time(23, 59, 59), tzinfo=ZONE).isoformat().replace("+", "%2B")
        response = api_as(owner).get(f"/v1/wallets/{self.wallet(owner).id}/balance?at={at}")
        assert response.status_code == 200, response.content
        balance: str = response.json()["available"]
        return balance

    def balance(self, owner: User) -> str:
        return f"{available(self.wallet(owner)):.2f}"

    def funding(self) -> str:
        """The company's funding account: what it has brought in, as a negative figure."""
        return self._own(funding_account)

    def clearing(self) -> str:
        """The booking-clearing account: what other services are owed."""
        return self._own(clearing_account)

    def _own(self, account: Any) -> str:
        id = account(self.cast.company.id, "EUR").id
        return f"{system_balances([id]).get(id, Decimal(0)):.2f}"

    def _post(
        self,
        kind: PastKind,
        owner: User,
        amount: str,
        what: str,
        on: str,
        *,
        actor: Caller,
        receiver: Wallet | None = None,
        reference: str = "",
    ) -> None:
        self._references += 1
        movement = PastMovement(
            kind=kind,
            wallet=self.wallet(owner),
            receiver=receiver,
            amount=Decimal(amount),
            description=what,
            reference_type="booking",
            reference_id=reference or f"B-{self._references}",
            effective_at=datetime.combine(_date(on), time(12), tzinfo=ZONE),
            actor=actor,
        )
        (outcome,) = post_past_movements([movement])
        assert outcome.result is not None, "references are used once"
        assert outcome.result.refusal is None, outcome.result.refusal


def _date(day: str) -> date:
    return datetime.strptime(f"{day} {YEAR}", "%d %B %Y").replace(tzinfo=ZONE).date()


def _as_text(statement: dict[str, Any], first: str, last: str) -> str:
    rows = [(_date(first), "Opening balance", "", statement["opening_balance"])]
    for line in statement["lines"]:
        day = datetime.fromisoformat(line["effective_at"]).astimezone(ZONE)
        rows.append((day, line["description"], f"{Decimal(line['amount']):+.2f}", line["balance_after"]))
    rows.append((_date(last), "Closing balance", "", statement["closing_balance"]))
    return "\n".join(f"{day:%d %b}  {text:<28}{amount:>8}{balance:>10}" for day, text, amount, balance in rows)


def lines(text: str) -> str:
    """What a story writes down as a statement."""
    return dedent(text).strip("\n")
