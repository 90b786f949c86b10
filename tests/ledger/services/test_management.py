"""The commands that people and cron call: what they say, and what their exit codes say."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from tests.ledger.books import Books
from tests.ledger.connecting import connected_as_owner, superuser, tampering
from tests.ledger.services.conftest import Story

ROOT = Path(__file__).parents[3]


def said(command: str, *arguments: str) -> str:
    output = StringIO()
    call_command(command, *arguments, stdout=output)
    return output.getvalue()


def test_a_sound_ledger_passes(story: Story) -> None:
    assert "All invariants hold." in said("verify_ledger")
    assert "give exactly the" in said("replay")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("verify_ledger", "I3 is broken (the balance of each account is the sum of its postings): account_id={alice}"),
        ("replay", "Account {alice} differs in balance: stored 60.5, replayed 59.5; its postings fit"),
    ],
)
def test_a_broken_ledger_is_told_with_the_first_broken_row(story: Story, command: str, message: str) -> None:
    with tampering() as cursor:
        cursor.execute("UPDATE ledger_account SET balance = balance + 1 WHERE id = %s", [story.alice.account_id])
        with pytest.raises(CommandError) as refused:
            said(command)
    assert message.format(alice=story.alice.account_id) in str(refused.value)
    assert refused.value.returncode == 1


def test_a_broken_event_is_named(story: Story) -> None:
    event_id, bob = story.transfer.event_id, story.bob.account_id
    with tampering() as cursor:
        cursor.execute("UPDATE ledger_posting SET amount = 7 WHERE event_id = %s AND account_id = %s", [event_id, bob])
        with pytest.raises(CommandError, match=f"first broken event: {event_id}"):
            said("replay")


@contextmanager
def one_cent_more(account_id: UUID) -> Iterator[None]:
    """For everybody to see, and taken back."""
    change = "UPDATE ledger_account SET balance = balance + %s WHERE id = %s"
    with superuser() as other:
        other.execute("SET session_replication_role = replica")
        other.execute(change, ["0.01", account_id])
        try:
            yield
        finally:
            other.execute(change, ["-0.01", account_id])


def test_the_exit_codes_tell(story: Story) -> None:
    def run(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", command], cwd=ROOT, capture_output=True, text=True, check=False
        )

    with one_cent_more(story.alice.account_id), ThreadPoolExecutor() as pool:
        broken = list(pool.map(run, ["verify_ledger", "replay"]))
    assert [process.returncode for process in broken] == [1, 1]
    assert all(str(story.alice.account_id) in process.stderr for process in broken)
    assert run("verify_ledger").returncode == 0


def test_folding_by_hand(committed_books: Books) -> None:
    assert "checkpoints moved" in said("fold_system_accounts")
    assert "snapshots taken" in said("snapshot_balances")


@pytest.mark.usefixtures("db")
def test_making_months_by_hand() -> None:
    assert said("ensure_partitions") == "Nothing was missing.\n"


@pytest.mark.usefixtures("committed_db")
def test_granting_by_hand() -> None:
    with connected_as_owner():
        assert "wallet_test_app may use" in said("grant_privileges")


@pytest.mark.usefixtures("committed_db")
def test_granting_needs_a_role() -> None:
    with override_settings(APP_DATABASE_ROLE=""), pytest.raises(CommandError, match="APP_DATABASE_ROLE"):
        said("grant_privileges")
