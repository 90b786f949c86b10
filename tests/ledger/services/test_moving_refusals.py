"""What is not a whole and true ledger is not imported, and nothing of it stays."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import zstandard
from pytest_django import DjangoDbBlocker

from ledger.services.movements import AccountStatus
from ledger.services.moving.exporting import export_ledger
from ledger.services.moving.files import ImportRefused
from ledger.services.moving.importing import import_ledger
from tests.databases import Installation, new_installation
from tests.ledger.books import Books, post, status_change
from tests.ledger.services.moves import ODD_TEXT, connected_to, lines_of, row_count

pytestmark = pytest.mark.timeout(300)
Lines = list[Any]


@pytest.fixture(scope="module")
def empty(django_db_setup: None) -> Iterator[Installation]:
    """Where nothing may arrive."""
    with new_installation() as installation:
        installation.manage("prepare_database")
        yield installation


@pytest.fixture(scope="module")
def file(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small ledger: two wallets, one of them closed, a payment and one that was refused."""
    path = tmp_path_factory.mktemp("refusals") / "ledger.zst"
    with new_installation() as installation, django_db_blocker.unblock():
        installation.manage("prepare_database")
        with connected_to(installation):
            books = Books().open()
            alice, bob = books.wallet("100"), books.wallet()
            post(books.transfer(alice, bob, "12.34", description=ODD_TEXT), books.transfer(alice, bob, "1000"))
            post(books.payment(bob, "12.34"), status_change(bob, AccountStatus.CLOSED))
            export_ledger(path)
    return path


@pytest.fixture(autouse=True)
def inside(committed_db: None, empty: Installation) -> Iterator[None]:
    """Nothing of a refused file stays."""
    with connected_to(empty):
        yield
        assert row_count() == 0


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "changed.zst"
    path.write_bytes(zstandard.ZstdCompressor().compress(content))
    return path


def raw(lines: Lines) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def sealed(lines: Lines) -> bytes:
    """With the right hash: whoever can change a file can also do that."""
    content = raw(lines)
    return content + raw([{"sha256": hashlib.sha256(content).hexdigest()}])


def refusal_of(path: Path) -> str:
    with pytest.raises(ImportRefused) as refused:
        import_ledger(path)
    return str(refused.value)


def places(lines: Lines, section: str) -> list[int]:
    return [place for place, line in enumerate(lines) if isinstance(line, list) and line[0] == section]


def test_the_file_as_it_is_would_be_taken(file: Path, tmp_path: Path) -> None:
    """That the refusals below are about what was changed: this one is refused for its one wrong digit only."""
    lines = lines_of(file)
    wrong = lines[-1]["sha256"].translate(str.maketrans("0123456789", "1234567890"))
    assert "altered" in refusal_of(written(tmp_path, raw([*lines[:-1], {"sha256": wrong}])))


@pytest.mark.parametrize("bytes_left", [0, 3, 100, 1000, -5, -1])
def test_a_compressed_file_that_was_cut_off(file: Path, tmp_path: Path, bytes_left: int) -> None:
    content = file.read_bytes()
    cut = tmp_path / "cut.zst"
    cut.write_bytes(content[:bytes_left])
    assert "cut off" in refusal_of(cut)


@pytest.mark.parametrize("lines_left", [1, 2, 20, -1])
def test_content_that_was_cut_off(file: Path, tmp_path: Path, lines_left: int) -> None:
    assert "It ends too early." in refusal_of(written(tmp_path, raw(lines_of(file)[:lines_left])))
    assert "It is cut off." in refusal_of(written(tmp_path, raw(lines_of(file)[:lines_left])[:-1]))


def test_what_is_something_else_altogether(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no ledger")
    assert "not readable" in refusal_of(path)
    assert "not JSON" in refusal_of(written(tmp_path, b"no ledger\n"))
    assert "not an exported ledger" in refusal_of(written(tmp_path, b"[]\n"))
    assert "not a header" in refusal_of(written(tmp_path, b'{"format": "wallet-ledger", "version": 1}\n'))
    with pytest.raises(FileNotFoundError):
        import_ledger(tmp_path / "nothing")


def test_a_line_that_never_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.services.moving.files.LONGEST_LINE", 1000)
    assert "longer than any row" in refusal_of(written(tmp_path, b"x" * 10_000))


def flipped(lines: Lines) -> None:
    lines[30][-1] = (lines[30][-1] or "") + "0"


def swapped(lines: Lines) -> None:
    one, other = places(lines, "command")[:2]
    lines[one], lines[other] = lines[other], lines[one]


def dropped(lines: Lines) -> None:
    del lines[places(lines, "outboxmessage")[-1]]


def doubled(lines: Lines) -> None:
    lines.insert(-1, lines[-2])


def with_a_number(lines: Lines) -> None:
    lines[places(lines, "command")[0]][1] = 7


@pytest.mark.parametrize("change", [flipped, swapped, dropped, doubled, with_a_number])
def test_a_changed_line(file: Path, tmp_path: Path, change: Callable[[Lines], None]) -> None:
    lines = lines_of(file)
    change(lines)
    assert any(words in refusal_of(written(tmp_path, raw(lines))) for words in ("altered", "not the"))


def test_what_follows_the_end(file: Path, tmp_path: Path) -> None:
    lines = lines_of(file)[:-1]
    assert "Something follows" in refusal_of(written(tmp_path, sealed(lines) + b"{}\n"))
    longer = tmp_path / "longer.zst"
    longer.write_bytes(file.read_bytes() + b"more")
    assert "Something follows" in refusal_of(longer)


def header_with(**changed: Any) -> Callable[[Lines], None]:
    def change(lines: Lines) -> None:
        lines[0] |= changed

    return change


def less_a_column(lines: Lines) -> None:
    lines[0]["columns"]["posting"].remove("account_seq")


def money_made(lines: Lines) -> None:
    place, column = places(lines, "posting")[0], lines[0]["columns"]["posting"].index("amount") + 1
    lines[place][column] = "1000000.000000000000000000"


def money_moved_elsewhere(lines: Lines) -> None:
    """Balanced, but from one who had none."""
    of_posting = lines[0]["columns"]["posting"]
    amount, account = of_posting.index("amount") + 1, of_posting.index("account_id") + 1
    one, other = places(lines, "posting")[2:4]
    lines[one][amount], lines[other][amount] = lines[other][amount], lines[one][amount]
    assert lines[one][account] != lines[other][account]


def figure_changed(lines: Lines) -> None:
    """What a replay does not look at, but an invariant does: the figure after each line."""
    place = places(lines, "posting")[2]
    lines[place][lines[0]["columns"]["posting"].index("balance_after") + 1] = "1.000000000000000000"


def state_changed(lines: Lines) -> None:
    state = lines[0]["columns"]["transaction"].index("state") + 1
    refused = next(place for place in places(lines, "transaction") if lines[place][state] == "FAILED")
    lines[refused][state] = "PENDING"


def opening_lost(lines: Lines) -> None:
    type = lines[0]["columns"]["event"].index("type") + 1
    place = [place for place in places(lines, "event") if lines[place][type] == "AccountsOpened"][-1]
    del lines[place]
    lines[0]["rows"]["event"] -= 1


def message_lost(lines: Lines) -> None:
    del lines[places(lines, "outboxmessage")[0]]
    lines[0]["rows"]["outboxmessage"] -= 1


def asset_of_another_grain(lines: Lines) -> None:
    lines[places(lines, "asset")[0]][lines[0]["columns"]["asset"].index("scale") + 1] = "3"


def senseless(lines: Lines) -> None:
    lines[places(lines, "event")[0]][lines[0]["columns"]["event"].index("data") + 1] = "{"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (header_with(version=2), "has version 2"),
        (header_with(version="1"), "has version '1'"),
        (header_with(format="other"), "not an exported ledger"),
        (header_with(since="2026-01-01"), "an extract"),
        (header_with(behind=["webhooks"]), "webhooks had messages left to handle"),
        (header_with(surprise=1), "not a header"),
        (header_with(rows={"event": 1}), "not a header"),
        (less_a_column, "not those of this release"),
        (money_made, "not to zero"),
        (money_moved_elsewhere, "account_floor"),
        (figure_changed, "I6 is broken"),
        (state_changed, "violates check constraint"),
        (opening_lost, "violates foreign key"),
        (message_lost, "I17"),
        (asset_of_another_grain, "not the same here"),
        (senseless, "invalid input syntax"),
    ],
    ids=lambda part: getattr(part, "__name__", "") or "_",
)
def test_a_false_ledger_with_the_right_hash(
    file: Path, tmp_path: Path, change: Callable[[Lines], None], words: str
) -> None:
    lines = lines_of(file)[:-1]
    change(lines)
    assert words in refusal_of(written(tmp_path, sealed(lines)))


def test_while_somebody_else_writes(file: Path, empty: Installation) -> None:
    """A transaction that is older than the import and posts after it would be missed by the checkpoints."""
    with psycopg.connect(empty.url) as other:
        other.execute("SELECT pg_current_xact_id()")
        assert "stop the service first" in refusal_of(file)


def test_an_extract_is_for_reading(empty: Installation, tmp_path: Path) -> None:
    path = tmp_path / "extract.zst"
    empty.manage("export_events", str(path), "--since", "2026-01-31")
    assert lines_of(path)[0]["since"] == "2026-01-31"
    assert "extract" in empty.manage("import_events", str(path), expect=1)


def test_nothing_is_overwritten(empty: Installation, tmp_path: Path) -> None:
    path = tmp_path / "there.zst"
    path.write_text("something dear")
    assert "it is there already" in empty.manage("export_events", str(path), expect=1)
    assert path.read_text() == "something dear"
    assert "cannot be read" in empty.manage("import_events", str(tmp_path / "nothing"), expect=1)
