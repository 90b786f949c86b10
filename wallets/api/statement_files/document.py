"""What every form of a statement is made from: the ledger's figures, and whose they are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from ledger.api.times import rfc3339
from ledger.errors import InvalidInput
from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from ledger.selectors.statements import Statement, wallet_statement
from wallets.models import Wallet

LONGEST = timedelta(days=366)
HOLDER_FIELDS = ("first_name", "last_name")
"""The personal data that a form with the holder's name shows."""
_SMALLEST = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Document:
    """A drawn statement with its wallet (and the wallet's user and company).

    Attributes:
        scale: decimals that people see of this currency; an amount that is finer shows all it has.
        zone: the company's, in which days begin.
    """

    wallet: Wallet
    statement: Statement
    scale: int
    zone: ZoneInfo

    @property
    def id(self) -> str:
        """32 characters: the same for the same period of the same wallet at the same version."""
        period = [rfc3339(moment) for moment in (self.statement.start, self.statement.end)]
        named = "|".join(map(str, (self.wallet.id, *period, self.statement.ledger_version)))
        return hashlib.sha256(named.encode()).hexdigest()[:32]

    @property
    def holder(self) -> str:
        return self.wallet.user.get_full_name()

    @property
    def company(self) -> str:
        return self.wallet.user.company.name

    @property
    def first_day(self) -> date:
        return self.local(self.statement.start).date()

    @property
    def last_day(self) -> date:
        """The day of the period's last moment: the end itself is not in it."""
        end = max(self.statement.start, self.statement.end - _SMALLEST)
        return self.local(end).date()

    @property
    def file_name(self) -> str:
        """Without an extension, and without anybody's name."""
        return f"statement-{self.wallet.id.hex[-8:]}-{self.first_day}-{self.last_day}"

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone)

    def amount(self, value: Decimal) -> str:
        return format_amount(value, self.scale)


def draw_document(wallet: Wallet, *, start: datetime, end: datetime) -> Document:
    """Draw a wallet's statement over [start, end).

    Raises:
        InvalidInput: the period is too long.
    """
    if end - start > LONGEST:
        raise InvalidInput("A statement covers at most 366 days.", pointer="/to")
    return Document(
        wallet=wallet,
        statement=wallet_statement(wallet_id=wallet.id, asset=wallet.currency, start=start, end=end),
        scale=get_asset(wallet.currency).cash_scale,
        zone=ZoneInfo(wallet.user.company.timezone),
    )
