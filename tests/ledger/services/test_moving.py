"""A ledger is carried to another installation and goes on there as if nothing had happened (R276, I20)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from pytest_django import DjangoDbBlocker

from ledger.ids import created_at
from ledger.models import OutboxMessage
from ledger.services.folding import fold_system_accounts
from ledger.services.following import follow
from ledger.services.moving.sections import SECTIONS
from tests.databases import Installation, new_installation
from tests.ledger.books import assert_sound, balance, code_of, post
from tests.ledger.services.moves import RandomLedger, accounts, connected_to, lines_of, stored
from tests.ledger.services.test_state_machine import sent_again

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.timeout(300)]

LEDGER = RandomLedger()


@pytest.fixture(scope="module")
def old(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Installation]:
    """The installation that the ledger comes from."""
    with new_installation() as installation, django_db_blocker.unblock():
        installation.manage("prepare_database")
        with connected_to(installation):
            LEDGER.write()
        yield installation


@pytest.fixture(scope="module")
def file(old: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("moving") / "ledger.ndjson.zst"
    assert "holds" in old.manage("export_events", str(path))
    return path


@pytest.fixture(scope="module")
def new(file: Path) -> Iterator[Installation]:
    """Where it goes."""
    with new_installation() as installation:
        installation.manage("prepare_database")
        assert "all invariants hold" in installation.manage("import_events", str(file))
        yield installation


def names_of(section: str) -> tuple[str, ...]:
    return next(each.columns for each in SECTIONS if each.name == section)


def test_the_ledger_to_be_moved_has_some_of_everything(old: Installation) -> None:
    rows = stored(old)
    few = {"follower", "closing", "deliverynote", "inboxsource", "inboxevent"}
    assert {name for name, content in rows.items() if len(content) < 10} == few
    status = names_of("reservation").index("status")
    assert {row[status] for row in rows["reservation"]} >= {"ACTIVE", "COMPLETED", "RELEASED"}
    kind = names_of("event").index("type")
    assert {row[kind] for row in rows["event"]} >= {"AccountFloorChanged", "AllowanceChanged", "AllowanceTurned"}
    type = names_of("transaction").index("type")
    assert {row[type] for row in rows["transaction"]} >= {"DEPOSIT", "TRANSFER", "PAYMENT", "REFUND", "REVERSAL"}
    assert {body[:8] for _, body in LEDGER.answered} == {'{"comman', '{"code":'}
    assert len({created_at(row[0]).month for row in rows["event"]}) == 3
    with connected_to(old):
        assert set(OutboxMessage.objects.values_list("status", flat=True)) == {"PENDING", "PUBLISHED"}


def test_every_row_arrives_as_it_was(old: Installation, new: Installation) -> None:
    there, here = stored(old), stored(new)
    for name in there:
        assert here[name] == there[name], name


def test_accounts_are_made_again_to_the_last_byte(old: Installation, new: Installation) -> None:
    assert accounts(new) == accounts(old)


def test_what_arrived_exports_as_what_was_sent(new: Installation, file: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.zst"
    new.manage("export_events", str(again))
    sent, received = lines_of(file), lines_of(again)
    assert received[1:-1] == sent[1:-1]
    assert received[0]["rows"] == sent[0]["rows"]
    assert received[0]["source"]["database"] == new.name


def test_the_file_is_for_its_owner_only(file: Path) -> None:
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_events_bear_the_import_and_nothing_is_left_to_fold(new: Installation) -> None:
    with new.superuser() as connection:
        xids = connection.execute("SELECT DISTINCT xid FROM ledger_event").fetchall()
        folded = connection.execute("SELECT DISTINCT folded_xid FROM ledger_account WHERE bucket = 'SYSTEM'").fetchall()
    assert len(xids) == 1
    assert folded == [(xids[0][0] + 1,)]


def test_it_is_sound_where_it_is_now(new: Installation) -> None:
    assert "All invariants hold." in new.manage("verify_ledger")
    assert "give exactly the" in new.manage("replay")


def test_followers_neither_repeat_nor_miss_a_message(new: Installation) -> None:
    """What was handled there is not handled again here, what comes next is, under the next positions."""
    handled: list[OutboxMessage] = []
    with connected_to(new):
        while follow("webhooks", handled.extend).is_behind:
            pass
        assert handled == []
        dora = LEDGER.europeans.wallet("5")
        while follow("webhooks", handled.extend).is_behind:
            pass
        assert [str(message.aggregate_id) for message in handled] == [str(dora.wallet_id)] * 2


def test_a_second_import_is_refused(new: Installation, file: Path) -> None:
    before = stored(new)
    assert "There is a ledger here already" in new.manage("import_events", str(file), expect=1)
    assert stored(new) == before


def test_old_keys_get_their_old_answers(new: Installation) -> None:
    with connected_to(new):
        before = OutboxMessage.objects.count()
        for command, body in LEDGER.answered:
            (outcome,) = post(sent_again(command))
            assert (outcome.replayed, outcome.reply.body) == (True, body)
        assert OutboxMessage.objects.count() == before


def test_it_goes_on(new: Installation) -> None:
    """Money moves, checkpoints fold, and messages go on counting where they had come to."""
    with connected_to(new):
        books = LEDGER.europeans
        dora = books.wallet("100")
        alice = next(wallet for wallet in LEDGER.wallets if wallet.currency == "EUR")
        last = OutboxMessage.objects.filter(aggregate_id=dora.wallet_id).latest("sequence").sequence
        funding = balance(books.funding)
        fold_system_accounts()
        paid = [code_of(outcome) for outcome in post(books.payment(dora, "10"), books.transfer(dora, alice, "1000"))]
        assert paid == [None, "funds.insufficient"]
        assert balance(books.funding) == funding + 10
        assert OutboxMessage.objects.filter(aggregate_id=dora.wallet_id).latest("sequence").sequence == last + 1
        assert_sound()


def test_every_table_of_the_ledger_moves_or_has_a_reason_not_to() -> None:
    made_again = {"Account", "Relay", "Snapshot", "SnapshotBalance", "BackDatedDay"}
    views = {"ReadModel", "BalanceSummary", "TransactionSummary"}
    signed_there = {"Seal", "SealedLeaf", "SealNode", "RecordSeal", "SealedRecord", "RecordNode", "JobRun"}
    moving = {section.model.__name__ for section in SECTIONS}
    assert {
        model.__name__ for model in apps.get_app_config("ledger").get_models()
    } == moving | made_again | views | signed_there
