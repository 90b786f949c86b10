"""Movements between the buckets of a wallet, for tests of what was held where."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from ledger.core.accounts import Bucket
from ledger.core.commands import Leg
from ledger.ids import new_id
from ledger.services.accounts import wallet_account_id
from ledger.services.movements import Side
from tests.ledger.books import Books, post


def move(wallet: Side, source: Bucket, destination: Bucket, amount: str, effective_at: datetime | None = None) -> None:
    """Post an amount from one bucket of a wallet to another."""
    books = Books(company_id=new_id())
    command = books.transfer(wallet, Side(new_id(), wallet.currency), amount, effective_at=effective_at)
    legs = tuple(
        Leg(wallet_account_id(wallet.wallet_id, wallet.currency, bucket), wallet.currency, signed)
        for bucket, signed in ((source, -Decimal(amount)), (destination, Decimal(amount)))
    )
    (outcome,) = post(replace(command, legs=legs))
    assert outcome.result is not None
    assert outcome.result.refusal is None
