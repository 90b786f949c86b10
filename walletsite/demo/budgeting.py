"""Nordwind's budgets and limits, and what its people have done with them: one team over its budget, thresholds reached,
a refused trip for which somebody has asked for more.

Budgets count what is spent after they were set, so the trips are booked on the day of the seeding. They are there since
the year began: a period that began today would make everybody seem to be far ahead of time. What covers people who can
log in only warns: nobody who plays with the demo is stopped by what was played before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.transaction import atomic

from budgets.models import BudgetTemplate
from budgets.models.vocabulary import Enforcement, LimitWindow, PeriodType, RequestKind, Rollover, Scope
from budgets.services.limits import LimitSpec
from budgets.services.specs import BudgetSpec
from budgets.services.templates import TemplateSpec
from compliance.core.origin import Origin
from compliance.models import Caller, Company, Role, Team, User
from ledger.selectors.clock import database_now
from wallets.models import Wallet
from wallets.selectors.wallets import Reach
from wallets.services.bookings import BookingRequest, prepare_booking, record_booking
from wallets.services.budget_requests import Wanted, ask_for_more
from wallets.services.budget_templates import give_default_budgets, set_template
from wallets.services.budgets import calendar_of_company, set_budget
from wallets.services.limits import put_limit
from wallets.services.past import occasion, origin_of
from walletsite.demo.people import ANNA, CLARA, CURRENCY, EMRE, JONAS, SOFIA, Person

REASON = "Agreed for this year."
TRIP = "NW-TRIP"
"""What the references of the trips begin with."""

TEMPLATES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("", {"name": "Monthly budget", "amount": Decimal(1500), "period_type": PeriodType.MONTHLY}),
    (Role.MANAGER, {"name": "Monthly budget", "amount": Decimal(1800), "period_type": PeriodType.MONTHLY}),
    (Role.EMPLOYEE, {"name": "Weekly budget", "amount": Decimal(600), "period_type": PeriodType.WEEKLY}),
)
"""By role; "" = all others. Not by days: the figures shall not depend on the day of the seeding."""

TEAM_BUDGETS = {"Sales": Decimal(1000), "Engineering": Decimal(3000), "Operations": Decimal(2500)}
"""A month. Sales has spent more."""
COMPANY_BUDGET = Decimal(90_000)
"""A year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """Something booked on the day of the seeding, for which the company has filled the wallet before."""

    number: int
    owner: Person
    amount: str
    category: str
    description: str

    @property
    def reference(self) -> str:
        return f"{TRIP}-{self.number}"


TRIPS = (
    Trip(number=1, owner=SOFIA, amount="140.00", category="HOTEL", description="Hotel in Hamburg, one night"),
    Trip(number=2, owner=JONAS, amount="338.00", category="TRAIN", description="Trains Berlin–Vienna and back"),
    Trip(number=3, owner=EMRE, amount="312.50", category="HOTEL", description="Hotel in Copenhagen, two nights"),
    Trip(number=4, owner=CLARA, amount="329.50", category="TRAINING", description="Conference fee"),
)
REFUSED_TRIP = Trip(number=5, owner=SOFIA, amount="90.00", category="TRAIN", description="Train Berlin–Hamburg")
"""60.00 of Sofia's 200.00 for trips are left; she has asked for 40.00 more."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """Who keeps the budgets of a company, and of whom there are some. People who are not there get none."""

    company: Company
    finance: User
    service: Caller
    wallets: Mapping[Person, Wallet]

    @property
    def origin(self) -> Origin:
        return Origin(actor_id=self.finance.id, actor_role=self.finance.role)

    @property
    def first_day(self) -> date:
        """Of this year."""
        return calendar_of_company(self.company).day_of(database_now()).replace(month=1, day=1)

    def set_budget(self, name: str, amount: Decimal, **more: Any) -> None:
        usual = {"thresholds": (50, 80, 100), "start_date": self.first_day}
        spec = BudgetSpec(
            company_id=self.company.id,
            name=name,
            amount=amount,
            currency=CURRENCY,
            calendar=calendar_of_company(self.company),
            **{**usual, **more},
        )
        set_budget(caller=self.finance, spec=spec, reason=REASON, origin=self.origin)


def set_budgets_and_spend(keeping: Keeping) -> None:
    """All budgets, limits, trips and the request: all of it or nothing, and once."""
    with atomic():
        if BudgetTemplate.objects.filter(company_id=keeping.company.id).exists():
            return
        _give_defaults(keeping)
        _set_teams_and_company(keeping)
        _set_single_ones(keeping)
        for trip in TRIPS:
            if trip.owner in keeping.wallets:
                _book(keeping, trip)
        if SOFIA in keeping.wallets:
            _ask_for_more(keeping, keeping.wallets[SOFIA].user)


def _give_defaults(keeping: Keeping) -> None:
    for role, said in TEMPLATES:
        warning: dict[str, Any] = {"enforcement": Enforcement.WARN, "thresholds": (80, 100), "prorate_first": False}
        spec = TemplateSpec(company_id=keeping.company.id, role=role, currency=CURRENCY, **said, **warning)
        set_template(spec, origin=keeping.origin)
    for wallet in keeping.wallets.values():
        give_default_budgets(
            wallet.user,
            wallet,
            person_origin=keeping.origin,
            origin=origin_of(keeping.finance),
            first_day=keeping.first_day,
        )


def _set_teams_and_company(keeping: Keeping) -> None:
    teams = {team.name: team.id for team in Team.objects.filter(company=keeping.company)}
    for name, amount in TEAM_BUDGETS.items():
        scoped: dict[str, Any] = {"scope": Scope.TEAM, "team_id": teams[name], "enforcement": Enforcement.WARN}
        keeping.set_budget(f"{name}, a month", amount, **scoped)
    yearly: dict[str, Any] = {"scope": Scope.COMPANY, "period_type": PeriodType.YEARLY, "enforcement": Enforcement.WARN}
    keeping.set_budget("Nordwind, a year", COMPANY_BUDGET, **yearly)


def _set_single_ones(keeping: Keeping) -> None:
    """Rules that refuse, for people whom nobody plays."""
    trips: dict[str, Any] = {"categories": ("HOTEL", "TRAIN"), "period_type": PeriodType.WEEKLY}
    travel: dict[str, Any] = {
        "categories": ("HOTEL", "TRAIN"),
        "rollover": Rollover.SURPLUS,
        "rollover_cap": Decimal(100),
    }
    for owner, name, amount, more in (
        (SOFIA, "Weekly trips", Decimal(200), trips),
        (JONAS, "Monthly travel budget", Decimal(400), travel),
    ):
        if owner in keeping.wallets:
            wallet = keeping.wallets[owner]
            keeping.set_budget(name, amount, scope=Scope.WALLET, wallet_id=wallet.id, user_id=wallet.user_id, **more)
    for owner, window, max_amount, max_count in (
        (ANNA, LimitWindow.DAILY, Decimal(100), 5),
        (JONAS, LimitWindow.PER_TRANSACTION, Decimal(500), None),
        (EMRE, LimitWindow.WEEKLY, Decimal(800), None),
    ):
        if owner in keeping.wallets:
            _limit(keeping, keeping.wallets[owner].user_id, window, max_amount, max_count)


def _limit(keeping: Keeping, user_id: UUID, window: LimitWindow, max_amount: Decimal, max_count: int | None) -> None:
    spec = LimitSpec(
        company_id=keeping.company.id,
        user_id=user_id,
        window=window,
        currency=CURRENCY,
        max_amount=max_amount,
        max_count=max_count,
        calendar=calendar_of_company(keeping.company),
    )
    put_limit(caller=keeping.finance, spec=spec, reason=REASON, origin=keeping.origin)


def _book(keeping: Keeping, trip: Trip) -> UUID:
    """Fill the wallet with what the trip costs and let it be booked, the way the booking service does.

    Returns:
        The document's id, of a refused one too.
    """
    filled = _request(keeping, trip, "CREDIT", "trip money", "Travel money")
    wallet_id = keeping.wallets[trip.owner].id
    booked = _request(keeping, trip, "DEBIT", "booking", trip.description)
    for request in (filled, booked):
        command = prepare_booking(request, caller=keeping.service, origin=origin_of(keeping.service))
        outcome = record_booking(command, wallet_id=wallet_id)
    assert outcome.result is not None, "its reference is used once"
    assert outcome.result.transaction_id is not None, "a booking is a document"
    return outcome.result.transaction_id


def _request(keeping: Keeping, trip: Trip, direction: Any, reference_type: str, description: str) -> BookingRequest:
    return BookingRequest(
        reach=Reach(keeping.wallets[trip.owner], is_visible=True, held=None),
        direction=direction,
        amount=Decimal(trip.amount),
        currency=CURRENCY,
        reference_type=reference_type,
        reference_id=trip.reference,
        request_hash=occasion(keeping.service, f"{direction} {trip.reference}").claim.request_hash,
        description=description,
        metadata={"category": trip.category} if direction == "DEBIT" else {},
    )


def _ask_for_more(keeping: Keeping, sofia: User) -> None:
    refused = _book(keeping, REFUSED_TRIP)
    wanted = Wanted(
        kind=RequestKind.THIS_PERIOD, reason="The customer insists.", txn_id=refused, amount=Decimal("40.00")
    )
    ask_for_more(caller=sofia, wanted=wanted, origin=Origin(actor_id=sofia.id, actor_role=sofia.role))
