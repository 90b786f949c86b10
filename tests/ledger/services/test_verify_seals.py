"""The checker of seals: for every kind of harm a database that it must refuse, naming the row; and the file outside."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from ledger.core.events import posting_id
from ledger.core.findings import ANCHOR, EVENT, LEAF, NODE, POSTING, SEAL, Finding
from ledger.core.leaves import seal_parts
from ledger.core.merkle import Frontier, leaf_hash
from ledger.models import Seal, SealedLeaf
from ledger.selectors.row_texts import read_rows
from ledger.services.seal_verification import verify_seals
from tests.ledger.connecting import tampering
from tests.ledger.sealing import last_seal, leaf_of, seal_everything
from tests.ledger.services.conftest import Story


@dataclass(frozen=True, slots=True)
class Harm:
    """An act of a superuser, and how the finding names it."""

    what: str
    sql: str
    found: Finding


UNSIGNED = "was changed, or is not signed by a trusted key"
HARMS = [
    Harm("an amount was changed", "UPDATE ledger_posting SET amount = amount + 1 WHERE id = '{posting}'",
         Finding(POSTING, "{posting}", "changed")),
    Harm("two amounts were swapped",
         "UPDATE ledger_posting SET amount = -amount WHERE event_id = '{deposit}'",
         Finding(POSTING, "{deposit_posting}", "changed")),
    Harm("a line was moved to another event",
         "UPDATE ledger_posting SET id = (left('{deposit}', 32) || '0009')::uuid WHERE id = '{posting}'",
         Finding(POSTING, "{stray_posting}", "added after the seal")),
    Harm("a fact was changed", "UPDATE ledger_event SET data = data || '{{\"a\": 1}}' WHERE id = '{event}'",
         Finding(EVENT, "{event}", "changed")),
    Harm("a log-in was changed", "UPDATE ledger_event SET session_id = gen_random_uuid() WHERE id = '{event}'",
         Finding(EVENT, "{event}", "changed")),
    Harm("a time was changed",
         "UPDATE ledger_event SET recorded_at = recorded_at + interval '1 day' WHERE id = '{event}'",
         Finding(EVENT, "{event}", "changed")),
    Harm("an event was moved above the horizon", "UPDATE ledger_event SET xid = xid + 1000000 WHERE id = '{event}'",
         Finding(EVENT, "{event}", "changed")),
    Harm("a line is gone", "DELETE FROM ledger_posting WHERE id = '{posting}'",
         Finding(POSTING, "{posting}", "missing")),
    Harm("an event is gone, its lines too",
         "DELETE FROM ledger_posting WHERE event_id = '{event}'; DELETE FROM ledger_event WHERE id = '{event}'",
         Finding(EVENT, "{event}", "missing")),
    Harm("an event has other ids", "UPDATE ledger_event SET id = '{new_event}' WHERE id = '{event}'",
         Finding(EVENT, "{event}", "missing")),
    Harm("an event was added", "{add_event}", Finding(EVENT, "{new_event}", "added below the horizon of the seals")),
    Harm("a line was added to an event", "{add_posting}", Finding(POSTING, "{added_posting}", "added after the seal")),
    Harm("a line was added to no event", "{add_orphan}", Finding(POSTING, "{orphan}", "belongs to no event")),
    Harm("a leaf was changed", "UPDATE ledger_sealedleaf SET data = data || '\\x00' WHERE index = {leaf}",
         Finding(LEAF, "{leaf}", "changed")),
    Harm("a leaf got another hash", "UPDATE ledger_sealedleaf SET hash = sha256('x') WHERE index = {leaf}",
         Finding(LEAF, "{leaf}", "changed")),
    Harm("a leaf got another secret",
         "UPDATE ledger_sealedleaf SET secret = substr(sha256('x'), 1, 16) WHERE index = {leaf}",
         Finding(LEAF, "{leaf}", "changed")),
    Harm("a leaf was given to another event",
         "UPDATE ledger_sealedleaf SET event_id = gen_random_uuid() WHERE index = {leaf}",
         Finding(LEAF, "{leaf}", "changed")),
    Harm("a leaf was rewritten with its hash",
         "UPDATE ledger_sealedleaf SET data = overlay(data placing sha256('x') from 45),"
         " hash = sha256('\\x00' || overlay(data placing sha256('x') from 45)) WHERE index = {leaf}",
         Finding(LEAF, "{leaf}", "changed, or rewritten with its rows")),
    Harm("a leaf is gone", "DELETE FROM ledger_sealedleaf WHERE index = {leaf}", Finding(LEAF, "{leaf}", "missing")),
    Harm("the last leaf is gone", "DELETE FROM ledger_sealedleaf WHERE index = {size} - 1",
         Finding(LEAF, "{last_leaf}", "missing")),
    Harm("two leaves were swapped",
         "UPDATE ledger_sealedleaf SET index = -9 WHERE index = {leaf};"
         "UPDATE ledger_sealedleaf SET index = {leaf} WHERE index = {leaf} + 1;"
         "UPDATE ledger_sealedleaf SET index = {leaf} + 1 WHERE index = -9",
         Finding(LEAF, "{leaf}", "changed")),
    Harm("a leaf was added", "INSERT INTO ledger_sealedleaf (index, event_id, data, secret, hash)"
         " SELECT {size} + 5, gen_random_uuid(), data, secret, hash FROM ledger_sealedleaf WHERE index = {leaf}",
         Finding(LEAF, "{beyond}", "belongs to no seal")),
    Harm("a node was changed", "UPDATE ledger_sealnode SET hash = sha256('x') WHERE level = 1 AND index = 0",
         Finding(NODE, "1/0", "changed")),
    Harm("a node higher up was changed", "UPDATE ledger_sealnode SET hash = sha256('x') WHERE level = 2 AND index = 0",
         Finding(NODE, "2/0", "changed")),
    Harm("a node is gone", "DELETE FROM ledger_sealnode WHERE level = 1 AND index = 1",
         Finding(NODE, "1/1", "missing")),
    Harm("a node was added", "INSERT INTO ledger_sealnode (level, index, hash) VALUES (40, 0, sha256('x'))",
         Finding(NODE, "40/0", "belongs to no seal")),
    *(
        Harm(f"a seal has another {column}", f"UPDATE ledger_seal SET {column} = {value} WHERE id = '{{seal}}'",
             Finding(SEAL, "{seal}", "seal {number} " + UNSIGNED))
        for column, value in {
            "first_index": "first_index - 1",
            "tree_size": "tree_size + 1",
            "root": "sha256('x')",
            "previous_root": "sha256('x')",
            "horizon_xid": "horizon_xid + 1",
            "sealed_at": "sealed_at + interval '1 microsecond'",
            "key_id": "'other'",
            "algorithm": "'none'",
            "signature": "sha256('x') || sha256('y')",
        }.items()
    ),
    Harm("a seal in the middle is gone", "DELETE FROM ledger_seal WHERE id = '{seal}'",
         Finding(SEAL, "number {number}", "missing")),
    Harm("a seal has another number", "UPDATE ledger_seal SET number = 1000000 WHERE id = '{seal}'",
         Finding(SEAL, "number {number}", "missing")),
    Harm("the last seal is gone", "DELETE FROM ledger_seal WHERE number = {last_number}",
         Finding(SEAL, "number {last_number}", "missing, but in the anchor file")),
    Harm("the last seal is gone without a trace",
         "DELETE FROM ledger_seal WHERE number = {last_number};"
         "DELETE FROM ledger_sealedleaf WHERE index >= {first_of_last};"
         "DELETE FROM ledger_sealnode WHERE (index + 1) << level > {first_of_last}",
         Finding(SEAL, "number {last_number}", "missing, but in the anchor file")),
]  # fmt: skip
EVENT_COLUMNS = (
    "type, stream, stream_id, seq, schema_version, data, command_id, actor_type, actor_id, session_id,"
    " correlation_id, effective_at, recorded_at, xid"
)
POSTING_COLUMNS = "account_id, amount, account_seq, balance_after, effective_at, recorded_at"


@pytest.fixture
def anchored(story: Story, settings: Settings, tmp_path: Path) -> Path:
    """The story under a seal with others after it, all of them in a file outside."""
    settings.SEAL_ANCHOR_FILE = str(tmp_path / "seals.ndjson")
    seal_everything()
    for _ in range(2):
        story.books.wallet("1")
        seal_everything()
    return tmp_path / "seals.ndjson"


def names(story: Story) -> dict[str, object]:
    """What the statements call the rows."""
    event, deposit = story.transfer.event_id, story.deposit.event_id
    posting, leaf, last = posting_id(event, 1), leaf_of(event).index, last_seal()
    seal = Seal.objects.filter(tree_size__gt=leaf).order_by("number").first()
    assert seal is not None
    assert seal.number < last.number
    new_event = UUID(int=event.int + (7 << 16))
    known: dict[str, object] = {
        "event": event,
        "deposit": deposit,
        "posting": posting,
        "deposit_posting": posting_id(deposit, 1),
        "stray_posting": posting_id(deposit, 9),
        "new_event": new_event,
        "added_posting": posting_id(event, 9),
        "orphan": posting_id(new_event, 1),
        "leaf": leaf,
        "size": last.tree_size,
        "last_leaf": last.tree_size - 1,
        "beyond": last.tree_size + 5,
        "seal": seal.id,
        "number": seal.number,
        "last_number": last.number,
        "first_of_last": last.first_index,
    }
    copy_posting = (
        f"INSERT INTO ledger_posting (id, event_id, {POSTING_COLUMNS})"
        f" SELECT '{{}}', '{{}}', {POSTING_COLUMNS} FROM ledger_posting WHERE id = '{posting}'"
    )
    known["add_posting"] = copy_posting.format(posting_id(event, 9), event)
    known["add_orphan"] = copy_posting.format(posting_id(new_event, 1), new_event)
    known["add_event"] = (
        f"INSERT INTO ledger_event (id, {EVENT_COLUMNS})"
        f" SELECT '{new_event}', {EVENT_COLUMNS} FROM ledger_event WHERE id = '{event}'"
    )
    return known


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.what)
def test_harm_is_found_and_the_row_named(story: Story, anchored: Path, harm: Harm) -> None:
    named = names(story)
    with tampering() as cursor:
        cursor.execute("ALTER TABLE ledger_sealedleaf DROP CONSTRAINT sealed_leaf_index")
        cursor.execute("ALTER TABLE ledger_seal DROP CONSTRAINT seal_adds_leaves")
        cursor.execute(harm.sql.format(**named))
        finding = verify_seals().finding
    expected = harm.found
    assert finding == Finding(expected.table, *(text.format(**named) for text in (expected.id, expected.what)))


def test_nothing_is_found_where_nothing_is_broken(story: Story, anchored: Path) -> None:
    seen: list[tuple[int, int]] = []
    report = verify_seals(lambda done, total: seen.append((done, total)))
    assert report.finding is None
    assert (report.seals, report.leaves) == (Seal.objects.count(), SealedLeaf.objects.count())
    assert seen[-1] == (report.leaves, report.leaves)


def test_chunks_hide_nothing(story: Story, anchored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nodes above leaves of two chunks, and seals in between."""
    monkeypatch.setattr("ledger.services.seal_verification.CHUNK", 3)
    assert verify_seals().finding is None
    for harm in HARMS:
        if harm.found.table in {LEAF, NODE, POSTING}:
            test_harm_is_found_and_the_row_named(story, anchored, harm)


def test_a_history_that_was_rewritten_whole_meets_the_signed_root(story: Story, anchored: Path) -> None:
    """Row, leaf and all nodes agree with each other again; only the key could make the root agree too."""
    event_id = story.transfer.event_id
    with tampering() as cursor:
        cursor.execute("UPDATE ledger_posting SET amount = amount + 1 WHERE id = %s", [posting_id(event_id, 1)])
        leaf = leaf_of(event_id)
        data = seal_parts(leaf.index, event_id, read_rows([event_id])[event_id].parts(), bytes(leaf.secret)).data()
        rewrite = "UPDATE ledger_sealedleaf SET data = %s, hash = %s WHERE index = %s"
        cursor.execute(rewrite, [data, leaf_hash(data), leaf.index])
        frontier = Frontier()
        for hash in SealedLeaf.objects.order_by("index").values_list("hash", flat=True):
            for node, digest in frontier.append(bytes(hash)):
                rewrite = "UPDATE ledger_sealnode SET hash = %s WHERE level = %s AND index = %s"
                cursor.execute(rewrite, [digest, node.level, node.place])
        finding = verify_seals().finding
    seal = Seal.objects.filter(tree_size__gt=leaf.index).order_by("number").first()
    assert seal is not None
    rewritten = f"leaves and nodes below {seal.tree_size} were rewritten: they do not give the root of the seal"
    assert finding == Finding(LEAF, f"{seal.first_index}…{seal.tree_size - 1}", rewritten)


def test_without_a_file_a_lost_seal_is_found_by_its_leaves(story: Story, anchored: Path, settings: Settings) -> None:
    settings.SEAL_ANCHOR_FILE = ""
    last = last_seal()
    with tampering() as cursor:
        cursor.execute("DELETE FROM ledger_seal WHERE id = %s", [last.id])
        assert verify_seals().finding == Finding(LEAF, str(last.first_index), "belongs to no seal")


def test_the_command_tells_and_its_exit_code_too(story: Story, anchored: Path) -> None:
    output = StringIO()
    call_command("seal", stdout=StringIO())  # records of other tests too, and into this test's own anchor
    call_command("verify_seals", stdout=output)
    assert f"{SealedLeaf.objects.count()} events and their postings are as" in output.getvalue()
    posting = posting_id(story.transfer.event_id, 1)
    with tampering() as cursor:
        cursor.execute("UPDATE ledger_posting SET amount = amount + 1 WHERE id = %s", [posting])
        with pytest.raises(CommandError) as refused:
            call_command("verify_seals")
    assert str(refused.value) == f"Broken: ledger_posting {posting}: changed"
    assert refused.value.returncode == 1


def test_the_anchor_file_is_held_against_every_seal(story: Story, anchored: Path) -> None:
    lines = anchored.read_text().splitlines(keepends=True)
    assert len(lines) == Seal.objects.count()
    second = lines[1].replace('"number":2', '"number": 2')
    first, other = '"tree_size":', '"tree_size":1'
    cases = {
        "".join([lines[0], second, *lines[2:]]): Finding(ANCHOR, "2", "says something else than ledger_seal"),
        "".join([lines[0].replace(first, other), *lines[1:]]): Finding(ANCHOR, "1", "says something else"),
        "".join([lines[1], lines[0], *lines[2:]]): Finding(ANCHOR, "1", "says something else"),
        "".join(lines[1:]): Finding(ANCHOR, "1", "says something else"),
        "".join([*lines, "{}\n"]): Finding(ANCHOR, str(anchored), "The anchor file has a line"),
        "".join([*lines, "not JSON\n"]): Finding(ANCHOR, str(anchored), "The anchor file has a line"),
        "".join(lines[:-1]): Finding(ANCHOR, str(len(lines)), "missing there"),
        lines[0] * 0: Finding(ANCHOR, "1", "missing there"),
    }
    for text, expected in cases.items():
        anchored.write_text(text)
        finding = verify_seals().finding
        assert finding is not None
        assert (finding.table, finding.id) == (expected.table, expected.id)
        assert finding.what.startswith(expected.what)
    anchored.write_text("".join(lines))
    assert verify_seals().finding is None
