"""The events alone give every figure; where they do not, the account and the first broken event are named."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.core.events import posting_id
from ledger.models import Account
from ledger.services.folding import fold_system_accounts
from ledger.services.replay import replay
from tests.ledger.books import Books, post
from tests.ledger.connecting import tampering
from tests.ledger.services.conftest import Story


class Break(NamedTuple):
    """An act of a superuser, and what the replay must then say: one of the accounts, what differs, in which event."""

    what: str
    sql: str
    accounts: str
    differs_in: str
    event: str | None


BREAKS = [
    Break(
        "a balance was raised",
        "UPDATE ledger_account SET balance = balance + 0.0001 WHERE id = '{alice}'",
        "alice", "balance", None,
    ),
    Break(
        "a status was changed",
        "UPDATE ledger_account SET status = 'ACTIVE' WHERE id = '{bob}'",
        "bob", "status", None,
    ),
    Break(
        "a number of lines was changed",
        "UPDATE ledger_account SET seq = seq - 1 WHERE id = '{alice}'",
        "alice", "seq", None,
    ),
    Break(
        "a version was changed",
        "UPDATE ledger_account SET version = version + 1 WHERE id = '{alice}'",
        "alice", "version", None,
    ),
    Break(
        "a floor was lowered",
        "UPDATE ledger_account SET min_balance = -1000 WHERE id = '{alice}'",
        "alice", "min_balance", None,
    ),
    Break(
        "an account was given to another asset",
        "UPDATE ledger_account SET asset_id = 'USD' WHERE id = '{alice}'",
        "alice", "asset", None,
    ),
    Break(
        "an account was given to another owner",
        "UPDATE ledger_account SET owner_id = gen_random_uuid() WHERE id = '{alice}'",
        "alice", "owner", None,
    ),
    Break(
        "an amount was changed, and nothing else",
        "UPDATE ledger_posting SET amount = amount - 1 WHERE id = '{posting}'",
        "alice", "balance", "event",
    ),
    Break(
        "an amount and the account's balance were changed",
        "UPDATE ledger_posting SET amount = amount - 1, balance_after = balance_after - 1 WHERE id = '{posting}';"
        "UPDATE ledger_posting SET balance_after = balance_after + 1 WHERE id = '{deposit_posting}';"
        "UPDATE ledger_account SET balance = balance + 1 WHERE id = '{alice}'",
        "alice", "balance", "deposit_event",
    ),
    Break(
        "an event is missing, its lines are not",
        "DELETE FROM ledger_event WHERE id = '{event}'",
        "alice bob fees", "balance", "event",
    ),
    Break(
        "an event and its lines are missing",
        "DELETE FROM ledger_posting WHERE event_id = '{event}'; DELETE FROM ledger_event WHERE id = '{event}'",
        "alice bob fees", "balance", None,
    ),
    Break(
        "a status change is missing",
        "DELETE FROM ledger_event WHERE id = '{suspension_event}'",
        "bob", "status", None,
    ),
    Break(
        "the opening of an account is missing",
        "DELETE FROM ledger_event WHERE stream_id = '{alice}' AND type = 'AccountsOpened'",
        "alice", "account", "deposit_event",
    ),
    Break(
        "an account is missing",
        "DELETE FROM ledger_account WHERE id = '{alice}'",
        "alice", "account", None,
    ),
    Break(
        "an account was never opened",
        "CREATE TEMP TABLE copy ON COMMIT DROP AS SELECT * FROM ledger_account WHERE id = '{alice}';"
        "UPDATE copy SET id = '{new}', owner_id = '{new}'; INSERT INTO ledger_account SELECT * FROM copy",
        "new", "account", None,
    ),
    Break(
        "a checkpoint was raised",
        "UPDATE ledger_account SET balance = balance + 1 WHERE id = '{funding}'",
        "funding", "balance", None,
    ),
]  # fmt: skip


NEW = UUID(int=0xFEED)


def names(story: Story) -> dict[str, UUID]:
    """What the statements and expectations call the rows of the story."""
    return {
        "alice": story.alice.account_id,
        "bob": story.bob.account_id,
        "funding": story.books.funding.id,
        "fees": story.books.fees.id,
        "new": NEW,
        "deposit_event": story.deposit.event_id,
        "deposit_posting": posting_id(story.deposit.event_id, 2),
        "event": story.transfer.event_id,
        "posting": posting_id(story.transfer.event_id, 1),
        "suspension_event": story.suspension.event_id,
    }


@pytest.mark.parametrize("case", BREAKS, ids=lambda case: case.what)
def test_a_difference_is_found_and_named(story: Story, case: Break) -> None:
    named = names(story)
    with tampering() as cursor:
        cursor.execute(case.sql.format(**named))
        difference = replay().difference
        assert difference is not None
        assert owner_of(difference.id) in [owner_of(named[name]) for name in case.accounts.split()]
    assert difference.what == case.differs_in
    assert difference.event_id == (named[case.event] if case.event else None)


def owner_of(account_id: UUID) -> UUID:
    """A wallet's three accounts change their status together; any of them may be the first that differs."""
    return Account.objects.filter(id=account_id).values_list("owner_id", flat=True).first() or account_id


def test_the_difference_is_told_in_figures(story: Story) -> None:
    with tampering() as cursor:
        cursor.execute("UPDATE ledger_account SET balance = 60 WHERE id = %s", [story.alice.account_id])
        difference = replay().difference
    assert difference is not None
    assert (difference.stored, difference.replayed) == ("60", "59.5")


def test_all_events_are_replayed_and_all_accounts_compared(story: Story) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM ledger_event), (SELECT count(*) FROM ledger_account)")
        events, accounts = cursor.fetchone()
    seen: list[tuple[int, int]] = []
    report = replay(lambda done, total: seen.append((done, total)))
    assert (report.events, report.accounts, report.difference) == (events, accounts, None)
    assert seen[-1] == (events, events)


def test_it_does_not_matter_what_has_been_folded(committed_books: Books) -> None:
    books = committed_books
    alice = books.wallet("100")
    post(books.payment(alice, "30"))
    fold_system_accounts()
    post(books.payment(alice, "20"))
    assert replay().difference is None


def test_a_replay_sees_one_moment_only(committed_books: Books) -> None:
    """What is posted meanwhile is not in its snapshot (and is not held up)."""
    with CaptureQueriesContext(connection) as captured:
        replay()
    statements = [query["sql"] for query in captured]
    assert "REPEATABLE READ" in statements[1]
    assert not [sql for sql in statements if " FOR " in sql and "UPDATE" in sql]
