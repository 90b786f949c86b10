"""A ledger with some of everything in it, in an installation of its own, and what one can ask of such a ledger."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import time_ns
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
import uuid_utils
import zstandard
from django.db import connection

from ledger import ids
from ledger.core.commands import AnyCommand
from ledger.models import OutboxMessage, Reservation, Transaction
from ledger.selectors.holds import hold_of
from ledger.selectors.originals import read_originals, touched_by
from ledger.services.accounts import ensure_system_accounts
from ledger.services.allowances import Allowance
from ledger.services.folding import fold_system_accounts
from ledger.services.following import follow
from ledger.services.holds import Deadline, Step, capture, expected_money, payee_clearing, release, reserve
from ledger.services.movements import AccountStatus, Claim, Side
from ledger.services.moving.sections import SECTIONS
from ledger.services.partitions import ensure_partitions
from ledger.services.undoing import UndoDetails, refund, reverse
from tests.databases import Installation
from tests.ledger.books import ORIGIN, Books, post, status_change
from tests.ledger.connecting import connected_with
from tests.ledger.envelopes import WINDOWS, Rule, budget, count, limit
from walletsite.database import Purpose, database_settings

ODD_TEXT = 'tab\t, line\n, "quote", \\back\\slash, {brace}, \\N, ünï😀'


@contextmanager
def connected_to(installation: Installation) -> Iterator[None]:
    with connected_with(database_settings(installation.url, Purpose.MANAGE, pool_size=1)):
        yield


@contextmanager
def ids_made(days_ago: int) -> Iterator[None]:
    """As if the clocks of the processes that make ids went wrong: rows go to an older month."""
    lag = days_ago * 24 * 60 * 60 * 10**9
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ids, "uuid_utils", SimpleNamespace(uuid7=lambda: uuid_utils.uuid7(nanoseconds=time_ns() - lag)))
        yield


@dataclass(slots=True)
class RandomLedger:
    """Two companies' books and everything that was sent to them, with what was answered. The same at each run."""

    seed: int = 7
    europeans: Books = field(default_factory=Books)
    americans: Books = field(default_factory=lambda: Books(currency="USD"))
    wallets: list[Side] = field(default_factory=list)
    answered: list[tuple[AnyCommand, str]] = field(default_factory=list)
    budget: Rule = field(init=False)
    daily: Rule = field(init=False)
    payments: Rule = field(init=False)

    def write(self, *, commands: int = 200) -> None:
        """Into the present database; three months of it."""
        ensure_partitions((datetime.now(UTC) - timedelta(days=70)).date())
        for books in (self.europeans, self.americans):
            books.open()
            expected = expected_money(books.company_id, books.currency)
            ensure_system_accounts([expected, payee_clearing(books.company_id, books.currency)])
        chance = random.Random(self.seed)
        with ids_made(days_ago=70):
            self.wallets += [self.europeans.wallet("500") for _ in range(6)]
            company = self.europeans.company_id
            self.budget, self.daily, self.payments = budget(company, "900"), limit(company, "120"), count(company, "9")
            self._send(commands // 4, chance)
        fold_system_accounts()
        with ids_made(days_ago=35):
            self.wallets += [self.americans.wallet("500.0001") for _ in range(3)]
            self._send(commands // 4, chance)
        self._publish_half()
        self._send(commands // 2, chance)
        while follow("webhooks", lambda _: None).is_behind:
            pass

    def _send(self, number: int, chance: random.Random) -> None:
        while number:
            batch = [self._command(chance) for _ in range(min(number, chance.randint(1, 9)))]
            number -= len(batch)
            for command, outcome in zip(batch, post(*batch), strict=True):
                self.answered.append((command, outcome.reply.body))

    def _command(self, chance: random.Random) -> AnyCommand:
        one, other = chance.choices(self.wallets, k=2)
        books = self.europeans if one.currency == "EUR" else self.americans
        amount = chance.choice(["0.0001", "1", "2.5", "99.99", "400", "1000000"])
        match chance.randrange(12):
            case 0:
                return books.deposit(one, amount, description=ODD_TEXT, metadata={ODD_TEXT: [1.50, None, ODD_TEXT]})
            case 1:
                rules = self._rules(books, chance)
                return books.payment(
                    one, amount, reference_type="BOOKING", reference_id=f"b-{chance.randrange(99)}", allowances=rules
                )
            case 2:
                late = datetime.now(UTC) - timedelta(days=chance.randrange(60))
                return books.transfer(one, other, amount, effective_at=late)
            case 3 if one != other and one.currency == other.currency:
                return books.transfer_with_fee(one, other, amount, "0.5")
            case 4:
                return self._life(one, chance)
            case 5:
                self.wallets.append(Side(ids.new_id(), one.currency))
                return books.opening(self.wallets[-1])
            case 6 | 7:
                rules = self._rules(books, chance)
                details = books._details(amount, None, ["reserve", one, other], allowances=rules)
                destination = other if one.currency == other.currency else None
                return reserve(one, destination, details, Deadline(expires_in=timedelta(hours=1), purpose=ODD_TEXT))
            case 8 if (held := self._open_hold(chance)) is not None:
                return self._step_of(held, chance)
            case 9 if (original := self._completed(chance)) is not None:
                return self._refund_of(original, chance)
            case _:
                return books.transfer(one, other, amount)

    def _life(self, one: Side, chance: random.Random) -> AnyCommand:
        match chance.randrange(4):
            case 0:
                return self.budget.floor(chance.randrange(-9, 1))
            case 1:
                return self.daily.more("1")
            case _:
                return status_change(one, chance.choice([AccountStatus.SUSPENDED, *[AccountStatus.ACTIVE] * 4]))

    def _rules(self, books: Books, chance: random.Random) -> tuple[Allowance, ...]:
        """Europeans are under a budget and two limits, whose windows go on."""
        if books is not self.europeans or chance.random() < 0.2:
            return ()
        window = WINDOWS[min(len(self.answered) // 50, len(WINDOWS) - 1)]
        return self.budget.allowance(), self.daily.allowance(window), self.payments.allowance(window)

    def _open_hold(self, chance: random.Random) -> Reservation | None:
        rows = list(Reservation.objects.filter(status="ACTIVE").order_by("created_at"))
        return chance.choice(rows) if rows else None

    def _step_of(self, row: Reservation, chance: random.Random) -> AnyCommand:
        step = Step(claim=self._claim(), origin=ORIGIN)
        if chance.random() < 0.3:
            return release(hold_of(row), step, reason="A test.")
        amount = None if chance.random() < 0.5 else Decimal("0.5")
        company_id = Transaction.objects.get(id=row.transaction_id).company_id
        return capture(
            hold_of(row), step, company_id=company_id, amount=amount, is_final=chance.random() < 0.5, destination=None
        )

    def _completed(self, chance: random.Random) -> Transaction | None:
        rows = list(Transaction.objects.filter(type__in=["TRANSFER", "PAYMENT"], state="COMPLETED").order_by("id"))
        return chance.choice(rows) if rows else None

    def _refund_of(self, original: Transaction, chance: random.Random) -> AnyCommand:
        account_ids = touched_by(read_originals([original.id]).values())[original.id].account_ids
        details = UndoDetails(claim=self._claim(), origin=ORIGIN, account_ids=account_ids, reason="A test.")
        if chance.random() < 0.5:
            return reverse(original, details)
        return refund(original, details, amount=original.amount)

    def _claim(self) -> Claim:
        return Claim(scope="moves", key=str(ids.new_id()), request_hash=bytes(32))

    def _publish_half(self) -> None:
        first = OutboxMessage.objects.order_by("created_at", "sequence").values("id")[:100]
        OutboxMessage.objects.filter(id__in=list(first.values_list("id", flat=True))).update(
            status="PUBLISHED", published_at=datetime.now(UTC), attempts=1
        )


def stored(installation: Installation) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of what moves, without what belongs to its cluster."""
    with installation.superuser() as connection:
        return {
            section.name: connection.execute(
                psycopg.sql.SQL("SELECT {} FROM {} ORDER BY 1").format(
                    psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, section.columns)),
                    psycopg.sql.Identifier(section.table),
                )
            ).fetchall()
            for section in SECTIONS
        }


ACCOUNTS = """
    SELECT to_jsonb(a) - CASE WHEN bucket = 'SYSTEM' THEN '{balance,folded_xid,updated_at}'::text[] ELSE '{}' END
           || jsonb_build_object('balance', (SELECT coalesce(sum(amount), 0) FROM ledger_posting
                                             WHERE account_id = a.id)::text)
    FROM ledger_account AS a ORDER BY id
"""


def accounts(installation: Installation) -> list[tuple[Any, ...]]:
    """Every account with all of its columns; of system accounts not where their checkpoints happen to be."""
    with installation.superuser() as connection:
        return connection.execute(ACCOUNTS).fetchall()


def row_count() -> int:
    """All rows of a ledger in the present database, besides what every installation has."""
    total = 0
    with connection.cursor() as cursor:
        for table in [section.table for section in SECTIONS if not section.is_given] + ["ledger_account"]:
            cursor.execute(f"SELECT count(*) FROM {table}")
            total += cursor.fetchone()[0]
    return total


def lines_of(file: Path) -> list[Any]:
    content = zstandard.ZstdDecompressor().decompressobj().decompress(file.read_bytes())
    return [json.loads(line) for line in content.splitlines()]
