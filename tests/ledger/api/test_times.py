from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rest_framework.exceptions import ValidationError

from ledger.api.times import DateField, InstantField, InstantOrDateField, bounds, rfc3339
from ledger.errors import InvalidInput

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-21T09:30:00Z", datetime(2026, 11, 21, 9, 30, tzinfo=UTC)),
        ("2026-11-21t09:30:00z", datetime(2026, 11, 21, 9, 30, tzinfo=UTC)),
        ("2026-11-21T09:30:00.123456Z", datetime(2026, 11, 21, 9, 30, 0, 123456, tzinfo=UTC)),
        ("2026-11-21T09:30:00+05:30", datetime(2026, 11, 21, 4, 0, tzinfo=UTC)),
        ("2026-11-21T09:30:00-12:00", datetime(2026, 11, 21, 21, 30, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_into_utc(text: str, moment: datetime) -> None:
    read = InstantField().run_validation(text)
    assert read == moment
    assert read.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            "x",
            "2026-11-21",
            "2026-11-21T09:30:00",
            "2026-11-21 09:30:00Z",
            "2026-11-21T09:30Z",
            "20261121T093000Z",
        ),
        *(
            "2026-11-21T09:30:00+23:59",
            "2026-11-21T09:30:00+05:17",
            "2026-11-21T09:30:00 02:00",
            "2026-11-21T09:30:60Z",
        ),
        *("2024-13-45T00:00:00Z", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"),
        *("1969-12-31T23:59:59Z", "2026-11-21T24:00:00Z", "2026-11-21T09:30:00.1234567Z", "２０２６-11-21T09:30:00Z"),
        *(0, 1732190000, True, None, [], {}),
    ],
    ids=repr,
)
def test_what_is_no_instant_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError):
        InstantField().run_validation(value)


@pytest.mark.parametrize(
    "value", ["2024-13-45", "2026-02-29", "20261121", "2026-W47-6", "0000-01-01", "9999-12-31", "", 1]
)
def test_what_is_no_day_is_refused(value: Any) -> None:
    for field in (DateField(), InstantOrDateField()):
        with pytest.raises(ValidationError):
            field.run_validation(value)


def test_either_is_told_from_the_other() -> None:
    field = InstantOrDateField()
    assert field.run_validation("2026-11-21") == date(2026, 11, 21)
    assert field.run_validation("2026-11-21T00:00:00Z") == datetime(2026, 11, 21, tzinfo=UTC)


def test_days_are_the_companys_days_and_both_inclusive() -> None:
    start, end = bounds(date(2026, 3, 29), date(2026, 3, 29), BERLIN)
    assert start == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert end == datetime(2026, 3, 29, 22, tzinfo=UTC)  # 23 hours: the clocks go forward


def test_instants_are_taken_as_they_are() -> None:
    moment = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    assert bounds(moment, moment, BERLIN) == (moment, moment)
    assert bounds(None, None, BERLIN) == (None, None)


def test_an_end_before_the_start_is_a_mistake() -> None:
    with pytest.raises(InvalidInput) as refusal:
        bounds(date(2026, 11, 22), date(2026, 11, 20), BERLIN, end_name="end_date")
    assert refusal.value.data["errors"][0]["pointer"] == "/end_date"


def test_moments_are_written_with_z() -> None:
    assert rfc3339(datetime(2026, 11, 21, 10, 30, tzinfo=BERLIN)) == "2026-11-21T09:30:00.000000Z"
    assert rfc3339(None) is None
