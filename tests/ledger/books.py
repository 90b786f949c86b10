"""The books of one company, for tests that post: wallets opened and funded, commands in one line.

Every `Books` is a company of its own, so that tests which commit never meet.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from ledger.core.accounts import Account, Bucket
from ledger.core.commands import (
    Advance,
    AnyCommand,
    Capture,
    Extend,
    Leg,
    OpenAccounts,
    Release,
    Reserve,
    SetAccountStatus,
    Undo,
)
from ledger.core.stages import TransactionState
from ledger.core.state import Hold
from ledger.ids import new_id
from ledger.models import Transaction
from ledger.selectors.accounts import read_accounts
from ledger.selectors.balances import system_balances
from ledger.selectors.holds import read_holds
from ledger.selectors.originals import read_originals, touched_by
from ledger.services import holds, journal, undoing
from ledger.services.accounts import (
    digest,
    ensure_system_accounts,
    open_wallet_accounts,
    set_wallet_accounts_status,
    wallet_account_id,
)
from ledger.services.claims import Reply
from ledger.services.invariants import check_invariants
from ledger.services.journal import Outcome, Result
from ledger.services.movements import (
    AccountStatus,
    Claim,
    Details,
    Origin,
    Side,
    SystemAccount,
    Transfer,
    Wish,
    deposit,
    payment,
    transfer,
)
from ledger.services.replay import replay

ORIGIN = Origin(actor_type="FINANCE", actor_id=UUID(int=7), correlation_id="request-1")


@dataclass(frozen=True, slots=True)
class Books:
    company_id: UUID = field(default_factory=new_id)
    currency: str = "EUR"
    purpose: str = "COMPANY_FUNDING"

    @property
    def funding(self) -> SystemAccount:
        return SystemAccount(self.purpose, self.company_id, self.currency)

    @property
    def fees(self) -> SystemAccount:
        return SystemAccount("FEE_INCOME", self.company_id, self.currency)

    @property
    def expected(self) -> SystemAccount:
        return holds.expected_money(self.company_id, self.currency)

    @property
    def payees(self) -> SystemAccount:
        return holds.payee_clearing(self.company_id, self.currency)

    @property
    def system_accounts(self) -> tuple[SystemAccount, ...]:
        return self.funding, self.fees, self.expected, self.payees

    def open(self) -> Books:
        ensure_system_accounts(self.system_accounts)
        return self

    def wallet(self, balance: str = "0") -> Side:
        """Open a wallet and fund it."""
        wallet = Side(new_id(), self.currency)
        commands: list[AnyCommand] = [self.opening(wallet)]
        if Decimal(balance):
            commands.append(self.deposit(wallet, balance))
        assert not [outcome for outcome in journal.post(commands) if outcome.result is None or outcome.result.refusal]
        return wallet

    def opening(self, wallet: Side) -> OpenAccounts:
        announcement = {"user_id": str(new_id()), "initial_balance": "0", "currency": wallet.currency}
        return open_wallet_accounts(
            wallet_id=wallet.wallet_id, asset=wallet.currency, origin=ORIGIN, announcement=announcement
        )

    def deposit(self, wallet: Side, amount: str, key: str | None = None, **details: Any) -> Transfer:
        return deposit(self.funding, wallet, self._details(amount, key, ["deposit", wallet], **details))

    def payment(self, wallet: Side, amount: str, key: str | None = None, **details: Any) -> Transfer:
        return payment(wallet, self.funding, self._details(amount, key, ["payment", wallet], **details))

    def transfer(
        self,
        source: Side,
        destination: Side,
        amount: str,
        key: str | None = None,
        wish: Wish | None = None,
        **details: Any,
    ) -> Transfer:
        asked = ["transfer", source, destination, wish]
        return transfer(source, destination, self._details(amount, key, asked, **details), wish)

    def transfer_with_fee(
        self, source: Side, destination: Side, amount: str, fee: str, key: str | None = None, **details: Any
    ) -> Transfer:
        """The payer pays the fee besides the amount; three legs."""
        asked = ["transfer", source, destination, fee]
        plain = transfer(source, destination, self._details(amount, key, asked, **details))
        legs = (
            Leg(source.account_id, self.currency, -(Decimal(amount) + Decimal(fee))),
            Leg(destination.account_id, self.currency, Decimal(amount)),
            Leg(self.fees.id, self.currency, Decimal(fee)),
        )
        return replace(plain, legs=legs, document=replace(plain.document, fee_amount=Decimal(fee)))

    def reserve(
        self,
        wallet: Side,
        amount: str,
        key: str | None = None,
        *,
        destination: Side | None = None,
        expires_in: timedelta = timedelta(minutes=30),
        **texts: Any,
    ) -> Reserve:
        details = self._details(amount, key, ["reserve", wallet, destination], **texts)
        return holds.reserve(wallet, destination, details, holds.Deadline(expires_in=expires_in))

    def hold(self, wallet: Side, amount: str, **wishes: Any) -> Hold:
        """Hold a wallet's money, as it is stored then."""
        command = self.reserve(wallet, amount, **wishes)
        assert code_of(post(command)[0]) is None
        return stored_hold(command.hold_id)

    def capture(
        self,
        hold: Hold,
        amount: str | None = None,
        key: str | None = None,
        *,
        final: bool = True,
        destination: Side | None = None,
    ) -> Capture:
        step = self._step(key, "capture", hold.id, amount, final, destination)
        wanted = None if amount is None else Decimal(amount)
        return holds.capture(
            hold, step, company_id=self.company_id, amount=wanted, is_final=final, destination=destination
        )

    def release(self, hold: Hold, key: str | None = None) -> Release:
        return holds.release(hold, self._step(key, "release", hold.id), reason="no longer needed")

    def extend(self, hold: Hold, expires_in: timedelta, key: str | None = None) -> Extend:
        return holds.extend(hold, self._step(key, "extend", hold.id, expires_in), expires_in=expires_in)

    def advance(self, hold: Hold, state: TransactionState, key: str | None = None) -> Advance:
        return holds.advance(hold, self._step(key, "advance", hold.id, state), state=state)

    def refund(self, document_id: UUID, amount: str, key: str | None = None, **details: Any) -> Undo:
        original, undo = self._undoing(document_id, key, "refund", amount, **details)
        return undoing.refund(original, undo, amount=Decimal(amount))

    def reverse(self, document_id: UUID, key: str | None = None, **details: Any) -> Undo:
        return undoing.reverse(*self._undoing(document_id, key, "reversal", **details))

    def _undoing(
        self, document_id: UUID, key: str | None, *asked: Any, **wishes: Any
    ) -> tuple[Transaction, undoing.UndoDetails]:
        accounts = touched_by(read_originals([document_id]).values())[document_id].account_ids
        step = self._step(key, document_id, *asked)
        details = undoing.UndoDetails(
            claim=step.claim, origin=step.origin, account_ids=accounts, reason="It did not work.", **wishes
        )
        return Transaction.objects.get(id=document_id), details

    def _step(self, key: str | None, *asked: Any) -> holds.Step:
        claim = Claim(scope=f"books:{self.company_id}", key=key or str(new_id()), request_hash=digest(*map(str, asked)))
        return holds.Step(claim=claim, origin=ORIGIN)

    def _details(
        self, amount: str, key: str | None, asked: list[Any], effective_at: datetime | None = None, **texts: Any
    ) -> Details:
        request_hash = digest(amount, *map(str, asked))
        return Details(
            claim=Claim(scope=f"books:{self.company_id}", key=key or str(new_id()), request_hash=request_hash),
            origin=ORIGIN,
            company_id=self.company_id,
            amount=Decimal(amount),
            currency=self.currency,
            effective_at=effective_at,
            **texts,
        )


def status_change(wallet: Side, status: AccountStatus, reason: str = "a good reason") -> SetAccountStatus:
    return set_wallet_accounts_status(
        wallet_id=wallet.wallet_id, asset=wallet.currency, status=status, reason=reason, origin=ORIGIN
    )


def post(*commands: AnyCommand, all_or_none: bool = False) -> list[Outcome]:
    """Post with a reply that tells the decision, as the edge does."""
    return journal.post(commands, render=render, all_or_none=all_or_none)


def render(result: Result) -> Reply:
    if result.refusal:
        return Reply(422, f'{{"code": "{result.refusal.code}", "command": "{result.command.id}"}}')
    return Reply(201, f'{{"command": "{result.command.id}"}}')


def code_of(outcome: Outcome) -> str | None:
    """The refusal's code; None when the command was accepted."""
    assert outcome.result is not None, "decided just now"
    refusal = outcome.result.refusal
    return refusal.code.value if refusal else None


def stored_hold(hold_id: UUID) -> Hold:
    """A hold as it is stored."""
    return read_holds([hold_id])[hold_id]


def balance(wallet: Side | SystemAccount) -> Decimal:
    """What is stored: a wallet's AVAILABLE balance, or a system account's checkpoint and tail."""
    if isinstance(wallet, SystemAccount):
        return system_balances([wallet.id])[wallet.id]
    return account(wallet).balance


def account(wallet: Side) -> Account:
    """A wallet's AVAILABLE account as it is stored."""
    return account_in(wallet, Bucket.AVAILABLE)


def account_in(wallet: Side, bucket: Bucket) -> Account:
    """One of a wallet's accounts as it is stored."""
    id = wallet_account_id(wallet.wallet_id, wallet.currency, bucket)
    return read_accounts([id])[0][id]


def figures(wallet: Side) -> tuple[Decimal, Decimal, Decimal]:
    """What a wallet has available, pending and reserved."""
    available, pending, reserved = (
        account_in(wallet, bucket).balance for bucket in (Bucket.AVAILABLE, Bucket.PENDING, Bucket.RESERVED)
    )
    return available, pending, reserved


LEDGER_TABLES = (
    "ledger_account",
    "ledger_command",
    "ledger_event",
    "ledger_posting",
    "ledger_transaction",
    "ledger_outboxmessage",
    "ledger_reservation",
)


def row_counts() -> dict[str, int]:
    """How many rows each table of the ledger has: what a refusal or a rehearsal must not change."""
    counts = {}
    with connection.cursor() as cursor:
        for table in LEDGER_TABLES:
            cursor.execute(f"SELECT count(*) FROM {table}")
            counts[table] = cursor.fetchone()[0]
    return counts


def assert_sound() -> None:
    """Every invariant holds and a replay gives the stored figures, in the whole database."""
    assert [finding for finding in check_invariants() if finding.broken] == []
    assert replay().difference is None
