"""The copy of the seals outside of the database: whole after every run, never ahead, never rewritten."""

from __future__ import annotations

import json
from functools import partial
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from ledger.core.heads import head_from_json
from ledger.models import Seal, SealedLeaf
from ledger.selectors.sealed_logs import EVENTS
from ledger.selectors.seals import head_of
from ledger.services import sealing
from ledger.services.anchoring import AnchorMismatch, append_missing
from ledger.services.seal_verification import verify_seals
from ledger.tasks import seal_task
from tests.ledger.books import Books
from tests.ledger.connecting import tampering
from tests.ledger.sealing import last_seal, seal_everything, wait_for_horizon
from tests.ledger.sessions import answers, together


@pytest.fixture
def anchor(committed_books: Books, settings: Settings, tmp_path: Path) -> Path:
    """A file that does not exist yet, with some seals waiting for it."""
    for _ in range(2):
        committed_books.wallet("1")
        seal_everything()
    file = tmp_path / "outside" / "seals.ndjson"
    settings.SEAL_ANCHOR_FILE = str(file)
    return file


def numbers(file: Path) -> list[int]:
    return [json.loads(line)["number"] for line in file.read_text().splitlines()]


def test_each_seal_is_a_line(committed_books: Books, anchor: Path) -> None:
    committed_books.wallet("1")
    seal_everything()
    assert numbers(anchor) == list(range(1, last_seal().number + 1))
    head, signature = head_from_json(json.loads(anchor.read_text().splitlines()[-1]))
    assert (head, signature) == (head_of(last_seal()), bytes(last_seal().signature))


def test_what_a_crash_left_out_is_appended_by_the_next_run(
    committed_books: Books, anchor: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append_missing(EVENTS)
    committed_books.wallet("1")
    wait_for_horizon()
    calls = iter([0])
    with monkeypatch.context() as crash:
        crash.setattr(sealing, "append_missing", lambda log: next(calls))  # the second call is the end of the process
        with pytest.raises(StopIteration):
            sealing.seal_log(EVENTS)
    committed = last_seal().number
    assert numbers(anchor) == list(range(1, committed))
    assert str(verify_seals().finding).startswith(f"anchor file {committed}: missing there")
    sealing.seal_log(EVENTS)
    assert numbers(anchor) == list(range(1, committed + 1))
    assert verify_seals().finding is None


def test_a_line_that_a_crash_cut_off_is_written_again(committed_books: Books, anchor: Path) -> None:
    append_missing(EVENTS)
    whole = anchor.read_bytes()
    anchor.write_bytes(whole[:-40])
    assert append_missing(EVENTS) == 1
    assert anchor.read_bytes() == whole
    assert append_missing(EVENTS) == 0
    anchor.write_bytes(whole[:10])
    assert append_missing(EVENTS) == last_seal().number
    assert anchor.read_bytes() == whole


def test_a_file_that_knows_more_stops_sealing(committed_books: Books, anchor: Path) -> None:
    """The database was set back, by a restore or by somebody: a person has to look."""
    append_missing(EVENTS)
    committed_books.wallet("1")
    wait_for_horizon()
    before, last = anchor.read_bytes(), last_seal()
    with tampering() as cursor:
        cursor.execute("DELETE FROM ledger_seal WHERE id = %s", [last.id])
        with pytest.raises(AnchorMismatch, match=f"knows seal {last.number}, the database does not"):
            sealing.seal_log(EVENTS)
    assert anchor.read_bytes() == before


def test_a_last_line_that_says_something_else_stops_sealing(committed_books: Books, anchor: Path) -> None:
    append_missing(EVENTS)
    leaves = SealedLeaf.objects.count()
    committed_books.wallet("1")
    wait_for_horizon()
    anchor.write_text(anchor.read_text().replace(last_seal().root.hex(), "00" * 32))
    with pytest.raises(CommandError, match="is not what the anchor file says. Nothing more is sealed"):
        call_command("seal")
    assert SealedLeaf.objects.count() == leaves


def test_a_file_that_cannot_be_written_is_made_up_for_later(
    committed_books: Books, anchor: Path, settings: Settings
) -> None:
    settings.SEAL_ANCHOR_FILE = str(anchor.parent.parent)  # a folder
    committed_books.wallet("1")
    with pytest.raises(OSError, match="Is a directory"):
        seal_everything()
    settings.SEAL_ANCHOR_FILE = str(anchor)
    seal_everything()
    assert numbers(anchor) == list(range(1, last_seal().number + 1))


def test_many_at_once_write_each_line_once(committed_books: Books, anchor: Path) -> None:
    answers(together([partial(append_missing, EVENTS)] * 4))
    assert numbers(anchor) == list(range(1, last_seal().number + 1))


def test_no_file_is_no_anchor(committed_books: Books, settings: Settings) -> None:
    settings.SEAL_ANCHOR_FILE = ""
    committed_books.wallet("1")
    seal_everything()
    assert append_missing(EVENTS) == 0
    assert verify_seals().finding is None


def test_task_and_command_seal(committed_books: Books) -> None:
    committed_books.wallet("1")
    wait_for_horizon()
    before, output = Seal.objects.count(), StringIO()
    seal_task()
    assert Seal.objects.count() == before + 1
    committed_books.wallet("1")
    wait_for_horizon()
    call_command("seal", stdout=output)
    assert Seal.objects.count() == before + 2
    assert output.getvalue().startswith("2 events and their postings sealed by 1 seals.\n")
