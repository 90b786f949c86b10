"""alice's hold of thirty euros, for the machine's tests: its accounts, its envelopes and what is done to it."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from ledger.core.accounts import Account, AccountStatus, Book, Bucket, account_id
from ledger.core.allowances import Allowance, Envelope, EnvelopeKind
from ledger.core.commands import Capture, Document, Expire, Extend, Release, Reserve, TransactionType
from ledger.core.machine import Decision
from ledger.core.state import Hold, HoldStatus, Part, State
from tests.ledger.core.cast import (
    ALICE,
    BOB,
    CLAIM,
    COMMAND,
    COMPANY,
    DOCUMENT,
    EARLIER,
    EVENT,
    NOW,
    ORIGIN,
    system,
    wallet,
)

HOLD, BUDGET, LIMIT = UUID(int=0x401D), UUID(int=0xB1D6), UUID(int=0x11417)
DEADLINE = NOW + timedelta(minutes=30)
LATER = NOW + timedelta(days=20)
BERLIN = "Europe/Berlin"
MICROSECOND = timedelta(microseconds=1)
ACTIVE, SUSPENDED, FROZEN, CLOSED = AccountStatus


def envelope(owner_type: str, owner: UUID, bucket: Bucket, balance: str) -> Account:
    """One account of a budget's or a limit's envelope."""
    return Account(
        id=account_id(owner_type, owner, "EUR", bucket, Book.ALLOWANCE),
        owner_type=owner_type,
        owner_id=owner,
        book=Book.ALLOWANCE,
        asset="EUR",
        bucket=bucket,
        balance=Decimal(balance),
        seq=4,
        life_seq=1,
        version=5,
        window_starts_at=EARLIER if owner_type == "LIMIT" and bucket is not Bucket.RESERVED else None,
    )


def accounts(
    *,
    alice: str = "70",
    held: str = "30",
    bob: str = "5",
    pending: str = "30",
    budget: str = "50",
    limit: str = "50",
    alice_is: AccountStatus = ACTIVE,
    bob_is: AccountStatus = ACTIVE,
) -> dict[str, Account]:
    """Every account that a hold of alice's may touch, by the name that the tables use."""
    return {
        "alice": wallet(ALICE, alice, alice_is),
        "alice held": wallet(ALICE, held, alice_is, bucket=Bucket.RESERVED),
        "bob": wallet(BOB, bob, bob_is),
        "bob pending": wallet(BOB, pending, bob_is, bucket=Bucket.PENDING),
        "expected": system("EXPECTED_MONEY", "-30"),
        "payees": system("PAYEE_CLEARING"),
        "fees": system("FEE_INCOME"),
        "budget": envelope("BUDGET", BUDGET, Bucket.AVAILABLE, budget),
        "budget held": envelope("BUDGET", BUDGET, Bucket.RESERVED, "30"),
        "budget spent": envelope("BUDGET", BUDGET, Bucket.SPENT, "30"),
        "limit": envelope("LIMIT", LIMIT, Bucket.AVAILABLE, limit),
        "limit held": envelope("LIMIT", LIMIT, Bucket.RESERVED, "30"),
        "limit spent": envelope("LIMIT", LIMIT, Bucket.SPENT, "30"),
    }


ID = {name: account.id for name, account in accounts().items()}
NAME = {id: name for name, id in ID.items()}

TO_NOBODY = (Part(ID["alice"], ID["alice held"], None, "EUR"),)
TO_BOB = (
    Part(ID["alice"], ID["alice held"], ID["bob"], "EUR"),
    Part(ID["expected"], ID["bob pending"], ID["expected"], "EUR"),
)
ENVELOPES = (
    Part(ID["budget"], ID["budget held"], ID["budget spent"], "EUR"),
    Part(ID["limit"], ID["limit held"], ID["limit spent"], "EUR"),
)
ALLOWANCES = tuple(
    Envelope(kind=kind, rule_id=id, name=name, owner_id=id, asset="EUR", starts_at=EARLIER, ends_at=LATER, zone=BERLIN)
    for kind, id, name in (
        (EnvelopeKind.BUDGET, BUDGET, "Weekly budget"), (EnvelopeKind.LIMIT, LIMIT, "Daily limit"),
    )
)  # fmt: skip


def hold(
    *,
    parts: tuple[Part, ...] = TO_NOBODY,
    destination: UUID | None = None,
    captured: str = "0",
    released: str = "0",
    status: HoldStatus = HoldStatus.ACTIVE,
    expires_at: datetime = DEADLINE,
    seq: int = 1,
) -> Hold:
    """What is left of it is always thirty euros, unless it has ended."""
    given = Decimal(captured) + Decimal(released)
    return Hold(
        id=HOLD,
        transaction_id=DOCUMENT,
        seq=seq,
        wallet_id=ALICE,
        destination_wallet_id=destination,
        asset="EUR",
        amount=given if status is not HoldStatus.ACTIVE else given + 30,
        captured=Decimal(captured),
        released=Decimal(released),
        status=status,
        expires_at=expires_at,
        parts=parts,
    )


def for_bob(**changes: Any) -> Hold:
    wanted: dict[str, Any] = {"parts": TO_BOB, "destination": BOB} | changes
    return hold(**wanted)


def world(held: Hold | None = None, **changes: Any) -> State:
    state = State(accounts={account.id: account for account in accounts(**changes).values()})
    if held is not None:
        state.holds[held.id] = held
    return state


def reserve(
    amount: str = "30",
    parts: tuple[Part, ...] = TO_NOBODY,
    destination: UUID | None = None,
    expires_in: timedelta = timedelta(minutes=30),
    allowances: tuple[Allowance, ...] = (),
) -> Reserve:
    document = Document(
        id=DOCUMENT,
        type=TransactionType.PAYMENT,
        company_id=COMPANY,
        asset="EUR",
        amount=Decimal(amount),
        source_wallet_id=ALICE,
        destination_wallet_id=destination,
        reference_type="booking",
        reference_id="b-7",
    )
    return Reserve(
        id=COMMAND,
        event_id=EVENT,
        claim=CLAIM,
        origin=ORIGIN,
        document=document,
        hold_id=HOLD,
        parts=parts,
        account_ids=tuple(ID.values()),
        expires_in=expires_in,
        purpose="hotel",
        allowances=allowances,
    )


_STEP: dict[str, Any] = {
    "id": COMMAND, "event_id": EVENT, "claim": CLAIM, "origin": ORIGIN, "hold_id": HOLD,
    "account_ids": tuple(ID.values()),
}  # fmt: skip


def capture(
    amount: str | None = None, *, final: bool = True, to: UUID | None = None, target: UUID | None = None
) -> Capture:
    """To bob, or to payees outside of the service."""
    target = target or (ID["payees"] if to is None else account_id("WALLET", to, "EUR", Bucket.AVAILABLE))
    wanted = None if amount is None else Decimal(amount)
    return Capture(**_STEP, amount=wanted, is_final=final, target=target, destination_wallet_id=to)


RELEASE = Release(**_STEP, reason="The guest did not come.")
EXPIRE = Expire(**_STEP)
EXTEND = Extend(**_STEP, expires_in=timedelta(hours=2))


def lines(decision: Decision) -> list[tuple[str, Decimal]]:
    """What a decision posts, by name."""
    return [(NAME[p.account_id], p.amount) for event in decision.events for p in event.postings]


def wanted(text: str) -> list[tuple[str, Decimal]]:
    """`alice -30, alice held 30` as lines."""
    parts = [line.strip().rpartition(" ") for line in text.split(",") if line.strip()]
    return [(name, Decimal(amount)) for name, _, amount in parts]
