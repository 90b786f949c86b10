"""Nordwind in the database: founded once, its history posted in batches, some money held, budgets set, two wallets out
of order.

Every step may be repeated: an interrupted seeding goes on where it stopped, and a finished one changes nothing.
The history ends on the day on which the company was founded, so that a later start continues the same story.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.transaction import atomic

from compliance.core.access import SERVICE_SCOPES
from compliance.core.origin import Origin
from compliance.models import Company, ServiceAccount, User
from compliance.services.companies import create_company, create_service_account, create_team
from compliance.services.users import create_user
from ledger.selectors.transactions import Transaction
from wallets.models import Wallet, WalletStatus, WalletType
from wallets.services.approvals import create_default_rules
from wallets.services.past import PastKind, PastMovement, origin_of, post_past_movements
from wallets.services.wallets import Opening, change_status, open_wallet
from walletsite.demo.approving import ask_for_approvals
from walletsite.demo.budgeting import Keeping, set_budgets_and_spend
from walletsite.demo.history import Planned, plan_history
from walletsite.demo.holding import hold_and_undo
from walletsite.demo.people import (
    COMPANY_NAME,
    CURRENCY,
    FELIX,
    FRIDA,
    KATRIN,
    LENA,
    MIA,
    OSKAR,
    PEOPLE,
    PURSES,
    TEAMS,
    TIME_ZONE,
    Person,
    Purse,
)

BATCH = 1_000
SERVICE_NAME = "Booking service"
LAST_REFERENCE = "NW-FROZEN"
"""Of the payment that the frozen wallet refuses: when it is there, everything is there."""
_INSTALLATION = Origin()

Progress = Callable[[int, int], None]
"""Called with how many movements are posted, and how many there are."""


@dataclass(frozen=True, slots=True)
class Nordwind:
    """The company with what the history needs to know of it."""

    company: Company
    users: Mapping[str, User]
    wallets: Mapping[tuple[UUID, str], Wallet]
    service: ServiceAccount

    def user(self, person: Person) -> User:
        return self.users[person.email]

    def wallet(self, owner: Person, type: WalletType = WalletType.PRIMARY) -> Wallet:
        return self.wallets[self.user(owner).id, type]


def seed_company(progress: Progress = lambda done, total: None) -> Company:
    """Make Nordwind, or what is still missing of it.

    Returns:
        The company. Nobody can log in yet: see `credentials`.
    """
    company = find_company() or _found_company()
    if not _is_complete(company):
        nordwind = _look_up(company)
        _post_history(nordwind, progress)
        _hold_and_undo(nordwind)
        _set_budgets_and_spend(nordwind)
        _ask_for_approvals(nordwind)
        _put_two_wallets_out_of_order(nordwind)
    return company


def find_company() -> Company | None:
    return Company.objects.filter(name=COMPANY_NAME).order_by("created_at").first()


def _is_complete(company: Company) -> bool:
    return Transaction.objects.filter(company_id=company.id, reference_id=LAST_REFERENCE).exists()


def _found_company() -> Company:
    """The company, its people and their empty wallets: all of it or nothing."""
    with atomic():
        company = create_company(name=COMPANY_NAME, timezone=TIME_ZONE, currency=CURRENCY, origin=_INSTALLATION)
        create_default_rules(company)
        teams = {name: create_team(company_id=company.id, name=name, origin=_INSTALLATION) for name in TEAMS}
        users = {
            person.email: create_user(
                email=person.email,
                first_name=person.first_name,
                last_name=person.last_name,
                role=person.role,
                company_id=company.id,
                team_id=teams[person.team].id if person.team else None,
                origin=_INSTALLATION,
            )
            for person in PEOPLE
        }
        for purse in PURSES:
            opening = Opening(owner=users[purse.owner.email], currency=purse.currency, type=purse.type)
            open_wallet(opening, origin=origin_of(users[FRIDA.email]))
        create_service_account(
            company_id=company.id, name=SERVICE_NAME, scopes=SERVICE_SCOPES, origin=_INSTALLATION
        )  # its secret is thrown away; `credentials` gives it another one
    return Company.objects.get(id=company.id)  # with the instant of its founding, which the database chose


def _look_up(company: Company) -> Nordwind:
    wallets = Wallet.objects.filter(user__company=company).exclude(status=WalletStatus.CLOSED).select_related("user")
    return Nordwind(
        company=company,
        users={user.email: user for user in User.objects.filter(company=company)},
        wallets={(wallet.user_id, wallet.type): wallet for wallet in wallets},
        service=ServiceAccount.objects.get(company=company, name=SERVICE_NAME),
    )


def _post_history(nordwind: Nordwind, progress: Progress) -> None:
    founded_on = nordwind.company.created_at.astimezone(ZoneInfo(TIME_ZONE)).date()
    movements = [_movement(nordwind, planned) for planned in plan_history(founded_on)]
    progress(0, len(movements))
    for start in range(0, len(movements), BATCH):
        batch = movements[start : start + BATCH]
        post_past_movements(batch)
        progress(start + len(batch), len(movements))


REFERENCE_TYPES = {PastKind.TOP_UP: "top_up", PastKind.TRANSFER: "transfer"}
"""Of all others "booking": a refund bears its booking's reference, in the other direction."""


def _movement(nordwind: Nordwind, planned: Planned) -> PastMovement:
    return PastMovement(
        kind=planned.kind,
        wallet=_wallet(nordwind, planned.purse),
        receiver=_wallet(nordwind, planned.receiver) if planned.receiver else None,
        amount=Decimal(planned.cents) / 100,
        description=planned.description,
        reference_type=REFERENCE_TYPES.get(planned.kind, "booking"),
        reference_id=planned.reference,
        metadata={"category": planned.category} if planned.category else {},
        effective_at=planned.at,
        actor=_actor(nordwind, planned),
    )


def _wallet(nordwind: Nordwind, purse: Purse) -> Wallet:
    return nordwind.wallet(purse.owner, purse.type)


def _actor(nordwind: Nordwind, planned: Planned) -> User | ServiceAccount:
    match planned.kind:
        case PastKind.TOP_UP:
            return nordwind.user(FRIDA)
        case PastKind.TRANSFER:
            return nordwind.user(planned.purse.owner)
        case PastKind.DEBIT | PastKind.CREDIT:
            return nordwind.service


def _hold_and_undo(nordwind: Nordwind) -> None:
    wallets = {person: nordwind.wallet(person) for person in (MIA, LENA, KATRIN)}
    hold_and_undo(wallets, finance=nordwind.user(FRIDA), service=nordwind.service)


def _set_budgets_and_spend(nordwind: Nordwind) -> None:
    wallets = {person: nordwind.wallet(person) for person in PEOPLE}
    set_budgets_and_spend(Keeping(nordwind.company, nordwind.user(FRIDA), nordwind.service, wallets))


def _ask_for_approvals(nordwind: Nordwind) -> None:
    wallets = {person: nordwind.wallet(person) for person in (MIA,)}
    ask_for_approvals(wallets, finance=nordwind.user(FRIDA), manager=nordwind.user(LENA))


def _put_two_wallets_out_of_order(nordwind: Nordwind) -> None:
    """A suspended one, and a frozen one that has refused a payment since."""
    _set_status(nordwind, OSKAR, WalletStatus.SUSPENDED, by=FRIDA, reason="Receipts of two months are missing.")
    _set_status(nordwind, FELIX, WalletStatus.FROZEN, by=KATRIN, reason="Phone lost on the train.")
    refused = _refused_taxi(nordwind, at=nordwind.company.created_at)
    post_past_movements([refused])


def _set_status(nordwind: Nordwind, owner: Person, status: WalletStatus, *, by: Person, reason: str) -> None:
    keeper = nordwind.user(by)
    wallet_id = nordwind.wallet(owner).id
    origin = Origin(actor_id=keeper.id, actor_role=keeper.role)
    change_status(caller=keeper, wallet_id=wallet_id, status=status, reason=reason, origin=origin)


def _refused_taxi(nordwind: Nordwind, *, at: datetime) -> PastMovement:
    return PastMovement(
        kind=PastKind.DEBIT,
        wallet=nordwind.wallet(FELIX),
        amount=Decimal("18.60"),
        description="Taxi to the station",
        reference_type="booking",
        reference_id=LAST_REFERENCE,
        metadata={"category": "TAXI"},
        effective_at=at,
        actor=nordwind.service,
    )
