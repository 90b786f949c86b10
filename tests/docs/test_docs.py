"""What the documents say is so: links lead somewhere, names exist, lists are complete."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.core.management import get_commands
from django.test import Client
from django.urls import resolve

from ledger import events
from ledger.core.events import EventType
from ledger.services.invariants import INVARIANTS
from tests.docs.pages import (
    APPS,
    PAGES,
    RECORDS,
    ROOT,
    SOURCES,
    anchors,
    blocks,
    everything,
    name_of,
    prose,
    quoted,
    read,
    section,
)
from wallets.services.approvals import OPERATIONS
from walletsite.codes import CODES

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
LINES_OF_A_PAGE = 45
MOVING_NOTHING = {"ReservationAdvanced", "ReservationExtended", "ReservationRefused"}
"""Steps of holds that no message tells of."""
TABLES = {
    model._meta.db_table: [field.column for field in model._meta.concrete_fields]
    for model in apps.get_models()
    if model._meta.app_label in APPS
}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(prose(page)):
        target, _, anchor = link.partition("#")
        if ":" in target:
            continue  # another site's
        found = (page.parent / target).resolve() if target else page
        assert found.exists(), f"{link} leads nowhere"
        assert not anchor or anchor in anchors(found), f"{link} names no heading"


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, open_pages = set(), [ROOT / "README.md"]
    while open_pages:
        page = open_pages.pop()
        reached.add(page)
        targets = {
            (page.parent / link.partition("#")[0]).resolve() for link in LINK.findall(prose(page)) if ":" not in link
        }
        open_pages += [target for target in targets if target.suffix == ".md" and target not in reached]
    assert set(PAGES) <= reached


def test_every_decision_record_is_in_the_index_once() -> None:
    listed = re.findall(r"^\| \[(\d{4})\]\((\d{4}-[a-z0-9-]+\.md)\)", read("docs/adr/README.md"), re.MULTILINE)
    assert [name for _, name in listed] == [record.name for record in RECORDS]
    assert [number for number, _ in listed] == [f"{n:04}" for n in range(1, len(RECORDS) + 1)]


@pytest.mark.parametrize("record", RECORDS, ids=name_of)
def test_a_decision_record_is_a_page_of_one_form(record: Path) -> None:
    text = record.read_text(encoding="utf-8")
    assert text.startswith(f"# {record.name[:4]} ")
    assert len(text.splitlines()) <= LINES_OF_A_PAGE
    parts = re.findall(r"^\*\*(Context|Decision|Consequences|Not taken)\.\*\*", text, re.MULTILINE)
    assert parts == ["Context", "Decision", "Consequences", "Not taken"]


@pytest.mark.parametrize(("file", "heading"), [("requirements.in", "To run"), ("requirements-dev.in", "To develop")])
def test_every_dependency_has_its_reason(file: str, heading: str) -> None:
    wanted = [line.partition("==")[0] for line in read(file).splitlines() if "==" in line]
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \|$", section(read("docs/dependencies.md"), heading), re.MULTILINE)
    assert [name for name, _ in rows] == wanted
    assert all(reason.strip() for _, reason in rows)


@pytest.mark.parametrize("table", TABLES)
def test_every_column_is_in_the_data_model(table: str) -> None:
    described = quoted(section(read("docs/data-model.md"), table))
    assert not [column for column in TABLES[table] if column not in described]


def test_the_data_model_has_no_table_that_is_not_there() -> None:
    described = re.findall(rf"^### ((?:{'|'.join(APPS)})_\w+|\w+_summary)$", read("docs/data-model.md"), re.MULTILINE)
    assert sorted(described) == sorted(TABLES)


def test_every_error_code_has_a_page_and_documents_name_no_other() -> None:
    index = Client().get("/v1/errors").content.decode()
    assert not [code for code in CODES if code not in index]
    families = {code.partition(".")[0] for code in CODES if "." in code}
    named = {word for word in quoted(everything()) if re.fullmatch(r"[a-z_]+\.[a-z_]+", word)}
    assert (
        not {word for word in named if word.partition(".")[0] in families}
        - CODES.keys()
        - OPERATIONS.keys()
        - {"wallet.events"}
    )


def test_commands_are_named_and_exist() -> None:
    named = set(re.findall(r"manage\.py ([a-z_]+)", everything()))
    known = get_commands()
    ours = {name for name, app in known.items() if app in APPS}
    assert not named - known.keys(), "these do not exist"
    assert not ours - named, "these are not described"


def test_targets_are_named_and_exist() -> None:
    lines = [line for block in blocks(everything(), "sh") for line in block.splitlines()]
    calls = [re.match(r"(?:PORT=\d+ )?make ([a-z-]+)", text) for text in [*lines, *quoted(everything())]]
    named = {call[1] for call in calls if call}
    known = set(re.findall(r"^([a-z-]+):.*## ", read("Makefile"), re.MULTILINE))
    assert named == known - {"help"}


def test_every_name_in_capitals_is_in_the_code() -> None:
    """Variables of the environment, settings, states, flags: whatever is quoted has to be there."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES) + read(".env.example")
    named = {word for word in quoted(everything()) if re.fullmatch(r"[A-Z]+_[A-Z_]+", word)}
    assert not {name for name in named if not re.search(rf"\b{name}\b", code)}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_that_is_named_exists(page: Path) -> None:
    first = (*APPS, "tests", "docs", "templates", "deploy", ".ci")
    named = {word for word in quoted(prose(page)) if word.split("/")[0] in first and "/" in word and "<" not in word}
    assert not [name for name in named if not (ROOT / name).exists()]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_route_that_is_named_is_served(page: Path) -> None:
    for path in re.findall(r"`(?:GET|POST|PUT|PATCH) (/[^`?]*)`", prose(page)):
        resolve(re.sub(r"\{\w+\}", str(uuid4()), path))


def test_numbers_and_documents_that_the_code_names_are_there() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    named = set(re.findall(r"(?<![\w.'\"])[RC]\d{1,3}(?![\w'\"])", code))
    assert not named - explained_numbers(), "docs/requirements.md does not say what these are"
    assert not [name for name in re.findall(r"docs/[\w/.-]+\.md", code) if not (ROOT / name).exists()]
    assert set(re.findall(r"\bADR (\d{4})\b", code)) <= {record.name[:4] for record in RECORDS}


def explained_numbers() -> set[str]:
    """The numbers on the page, those within a range included."""
    page = read("docs/requirements.md")
    ranges = re.findall(r"\b([RC])(\d+)–[RC](\d+)\b", page)
    within = {f"{kind}{n}" for kind, first, last in ranges for n in range(int(first), int(last) + 1)}
    return within | set(re.findall(r"\b[RC]\d+\b", page))


def test_every_invariant_is_described() -> None:
    described = section(read("docs/operations.md"), "Verify")
    assert not [invariant.id for invariant in INVARIANTS if not re.search(rf"\b{invariant.id}\b", described)]


def test_every_message_is_described() -> None:
    sent = set(re.findall(r'"((?:Wallet|Transaction|Booking)[A-Za-z]+)"', read("ledger/services/messages.py")))
    sent |= {type.value for type in EventType if type.is_of_hold} - MOVING_NOTHING
    sent |= set(re.findall(r'"(Limit(?:Created|Changed))"', read("budgets/services/limits.py")))
    modules = ("creating", "history", "opening", "alerts", "requests")
    of_budgets = "".join(read(f"budgets/services/{module}.py") for module in modules)
    sent |= set(re.findall(r'"(Budget[A-Z][A-Za-z]+)"', of_budgets))
    described = set(re.findall(r"^\| `(\w+)` \|", read("docs/events.md"), re.MULTILINE))
    assert sent == described


def test_the_example_of_a_message_is_what_is_sent() -> None:
    (block,) = blocks(read("docs/events.md"), "json")
    example: dict[str, Any] = json.loads(block)
    fields = {name: value for name, value in example["data"].items() if name not in {"event_type", "timestamp"}}
    sent = events.envelope(
        id=UUID(example["id"]),
        type=example["type"],
        version=1,
        aggregate_id=UUID(example["subject"]),
        sequence=int(example["sequence"]),
        recorded_at=datetime(2026, 3, 14, 16, 5, 12, tzinfo=UTC),
        data=fields,
    )
    assert json.loads(sent) == example
