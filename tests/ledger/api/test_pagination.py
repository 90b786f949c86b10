from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core import signing
from django.db.models import QuerySet
from django.http import QueryDict

from ledger.api.fields import WordField
from ledger.api.pagination import Cursor, PageQuery, Position, open_cursor, paginate
from ledger.errors import InvalidInput
from ledger.ids import new_event_id, new_id
from ledger.models import OutboxMessage

MORNING = datetime(2026, 11, 21, 9, tzinfo=UTC)


class Messages(PageQuery):
    type = WordField(("Credited", "Debited"), required=False)


def read(query: str = "", path: str = "/v1/messages", kind: type[PageQuery] = Messages) -> dict[str, Any]:
    return kind.parse(QueryDict(query), path)


def some_cursor(query: str = "", path: str = "/v1/messages") -> str:
    cursor: str = read(query, path)["next"].after(Position(MORNING, new_id()))
    return cursor


def code_of(query: str, path: str = "/v1/messages") -> str:
    with pytest.raises(InvalidInput) as refusal:
        read(query, path)
    return refusal.value.code


@pytest.mark.parametrize("limit", ["0", "201", "-1", "", "x", "1.0", "1e2", "99999999999999999999", "٣", "%00"])
def test_a_limit_is_from_1_to_200(limit: str) -> None:
    assert code_of(f"limit={limit}") in {"pagination.invalid", "request.malformed"}


def test_the_limits_themselves_are_fine() -> None:
    assert [read(f"limit={limit}")["limit"] for limit in (1, 200)] == [1, 200]
    assert read()["limit"] == 50


def tamperings() -> Iterator[str]:
    good = some_cursor()
    content, stamp, signature = good.split(":")
    yield from ("", "x", ":", "::", "a:b:c", "%00", "💶", "A" * 5000)
    yield from (content, f"{content}:{stamp}", f"{content}x:{stamp}:{signature}", f"{content}:{stamp}:{signature}x")
    yield signing.dumps([{}, MORNING.isoformat(), str(new_id())], salt="cursor:/elsewhere")
    yield signing.dumps([{}, MORNING.isoformat(), str(new_id())], salt="cursor:/messages", key="somebody else's")
    yield signing.dumps("no list", salt="django.core.signing")


@pytest.mark.parametrize("cursor", list(range(15)))
def test_a_forged_cursor_is_refused(cursor: int) -> None:
    forged = list(tamperings())
    assert len(forged) == 15
    assert code_of(QueryDict(mutable=True).urlencode() + f"cursor={forged[cursor]}") in {
        "pagination.invalid",
        "request.malformed",
    }


def test_every_single_changed_character_is_noticed() -> None:
    good = some_cursor("type=Credited")
    for index, character in enumerate(good):
        forged = good[:index] + ("A" if character != "A" else "B") + good[index + 1 :]
        assert code_of(f"cursor={forged}") == "pagination.invalid"


def test_a_cursor_belongs_to_its_list() -> None:
    assert code_of(f"cursor={some_cursor()}", path="/v1/others") == "pagination.invalid"
    assert read(f"cursor={some_cursor()}", path="/messages")["position"].created_at == MORNING  # the seeds' prefix


def test_a_cursor_carries_the_question() -> None:
    cursor = some_cursor("type=Credited&order=desc")
    for repeated in ("", "&type=Credited", "&order=desc", "&type=Credited&order=desc", "&limit=7"):
        query = read(f"cursor={cursor}{repeated}")
        assert (query["type"], query["order"]) == ("Credited", "desc")
    for changed in ("&type=Debited", "&order=asc"):
        assert code_of(f"cursor={cursor}{changed}") == "pagination.invalid"
    assert code_of(f"cursor={some_cursor()}&type=Credited") == "pagination.invalid"


def test_a_question_survives_any_number_of_pages() -> None:
    second = read(f"cursor={some_cursor('type=Credited')}")
    third = read(f"cursor={second['next'].after(Position(MORNING, new_id()))}")
    assert third["type"] == "Credited"


def test_a_position_comes_back_exactly() -> None:
    position = Position(datetime(2026, 11, 21, 9, 30, 0, 123456, tzinfo=UTC), new_id())
    assert open_cursor(Cursor({}, "s").after(position), "s") == ({}, position)


@pytest.fixture
def messages(db: None) -> list[UUID]:
    """Seven messages, three of them of the same instant."""
    instants = [0, 1, 1, 1, 2, 3, 4]
    rows = [
        OutboxMessage(
            id=new_id(),
            event_id=new_event_id(),
            aggregate_type="wallet",
            aggregate_id=new_id(),
            sequence=1,
            type="Debited" if minutes == 3 else "Credited",
            data={},
            next_attempt_at=MORNING,
            created_at=MORNING + timedelta(minutes=minutes),
        )
        for minutes in instants
    ]
    OutboxMessage.objects.bulk_create(reversed(rows))
    return [row.id for row in sorted(rows, key=lambda row: (row.created_at, row.id))]


def walk(rows: QuerySet[OutboxMessage], query: str, limit: int) -> list[list[UUID]]:
    pages = []
    cursor: str | None = ""
    while cursor is not None:
        page = paginate(rows, read(f"limit={limit}{query}" if not cursor else f"limit={limit}&cursor={cursor}"))
        pages.append([row.id for row in page.rows])
        cursor = page.next_cursor
    return pages


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_join_into_the_list_without_gap_or_double(messages: list[UUID], limit: int, order: str) -> None:
    pages = walk(OutboxMessage.objects.all(), f"&order={order}", limit)
    expected = messages if order == "asc" else messages[::-1]
    assert [id for page in pages for id in page] == expected
    assert all(len(page) == limit for page in pages[:-1])


def test_a_row_that_arrives_later_does_not_disturb(messages: list[UUID]) -> None:
    page = paginate(OutboxMessage.objects.all(), read("limit=3"))
    OutboxMessage.objects.filter(id=messages[0]).update(status="FAILED")
    after = paginate(OutboxMessage.objects.all(), read(f"limit=200&cursor={page.next_cursor}"))
    assert [row.id for row in page.rows + after.rows] == messages


def test_a_list_says_whether_there_is_more(messages: list[UUID]) -> None:
    more = paginate(OutboxMessage.objects.all(), read("limit=6")).body(lambda row: str(row.id))
    assert more["data"] == [str(id) for id in messages[:6]]
    assert more["page"]["has_more"] is True
    last = paginate(OutboxMessage.objects.all(), read("limit=7")).body(lambda row: str(row.id))
    assert last["page"] == {"next_cursor": None, "has_more": False}
    assert paginate(OutboxMessage.objects.none(), read()).body(str) == {
        "data": [],
        "page": {"next_cursor": None, "has_more": False},
    }
