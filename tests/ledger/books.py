"""The books of one company, for tests that post: wallets opened and funded, commands in one line.

Every `Books` is a company of its own, so that tests which commit never meet.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from ledger.core.accounts import Account
from ledger.core.commands import AnyCommand, Leg, OpenAccounts, SetAccountStatus
from ledger.ids import new_id
from ledger.selectors.accounts import read_accounts
from ledger.selectors.balances import system_balances
from ledger.services import journal
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

    def open(self) -> Books:
        ensure_system_accounts([self.funding, self.fees])
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
        self, source: Side, destination: Side, amount: str, fee: str, key: str | None = None
    ) -> Transfer:
        """The payer pays the fee besides the amount; three legs."""
        asked = ["transfer", source, destination, fee]
        plain = transfer(source, destination, self._details(amount, key, asked))
        legs = (
            Leg(source.account_id, self.currency, -(Decimal(amount) + Decimal(fee))),
            Leg(destination.account_id, self.currency, Decimal(amount)),
            Leg(self.fees.id, self.currency, Decimal(fee)),
        )
        return replace(plain, legs=legs, document=replace(plain.document, fee_amount=Decimal(fee)))

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


def balance(wallet: Side | SystemAccount) -> Decimal:
    """What is stored: a wallet's AVAILABLE balance, or a system account's checkpoint and tail."""
    if isinstance(wallet, SystemAccount):
        return system_balances([wallet.id])[wallet.id]
    return account(wallet).balance


def account(wallet: Side) -> Account:
    """A wallet's AVAILABLE account as it is stored."""
    id = wallet_account_id(wallet.wallet_id, wallet.currency)
    return read_accounts([id])[0][id]


LEDGER_TABLES = (
    "ledger_account",
    "ledger_command",
    "ledger_event",
    "ledger_posting",
    "ledger_transaction",
    "ledger_outboxmessage",
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
