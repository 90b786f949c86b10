"""Fourteen months of Nordwind's money, made up: the same people and amounts every time, ending on a given day.

A month here starts on the day of the month that the given day is. What a month spends is covered by what was
there when it began and its top-up, so no order of its bookings overdraws a wallet; what comes in during a month
is spent from the next one on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from random import Random
from zoneinfo import ZoneInfo

from wallets.services.past import PastKind
from walletsite.demo.people import COMPANY_NAME, PURSES, TIME_ZONE, Purse
from walletsite.demo.spending import COLLEAGUES_SHARE, UNAFFORDABLE, Item

MONTHS = 14
DAYS_IN_USE = 20
"""Bookings start on the days 1 to 20 of a month: with weekends, trips and refunds all of it ends before day 28."""
ONE_IN_REFUNDED = 12
SHARES_IN_TEN = 4
_ZONE = ZoneInfo(TIME_ZONE)
_COLLEAGUES = [purse for purse in PURSES if purse.owner.team and purse.owner.habit is purse.habit]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A movement to be. `reference` is unique among those of its kind; a refund bears that of its booking."""

    kind: PastKind
    purse: Purse
    receiver: Purse | None = None
    cents: int
    description: str
    category: str = ""
    reference: str
    at: datetime


def plan_history(last_day: date) -> list[Planned]:
    """Everything that happened in the months before a day, in order of time."""
    author = _Author(last_day)
    planned = [movement for month in range(MONTHS) for movement in author.write_month(month)]
    return sorted(planned, key=lambda movement: movement.at)


class _Author:
    """Writes month after month and keeps count of what is left in each purse."""

    def __init__(self, last_day: date) -> None:
        self._last_day = last_day
        self._chance = Random(COMPANY_NAME)  # noqa: S311 - the same story every time
        self._left: Counter[Purse] = Counter()
        self._arriving: Counter[Purse] = Counter()
        self._numbers = count(1)

    def write_month(self, month: int) -> Iterator[Planned]:
        start = _months_before(self._last_day, MONTHS - month)
        for purse in PURSES:
            if month % purse.habit.every_months == 0:
                yield from self._top_up(purse, start)
            yield from self._spend(purse, start)
        for purse in _COLLEAGUES:
            yield from self._share(purse, start)
        if month % 3 == 1:
            yield self._overreach(UNAFFORDABLE[month // 3], start)
        self._left.update(self._arriving)
        self._arriving.clear()

    def _top_up(self, purse: Purse, start: date) -> Iterator[Planned]:
        habit = purse.habit
        cents = habit.top_up if habit.is_saving else habit.top_up - self._left[purse]
        if cents > 0:
            self._left[purse] += cents
            yield Planned(
                kind=PastKind.TOP_UP,
                purse=purse,
                cents=cents,
                description=habit.top_up_description,
                reference=self._next_reference(),
                at=_moment(start, 7, 0),
            )

    def _spend(self, purse: Purse, start: date) -> Iterator[Planned]:
        catalogue, often = purse.habit.catalogue, [item.often for item in purse.habit.catalogue.everyday]
        for item in self._chance.choices(catalogue.everyday, often, k=self._between(purse.habit.everyday)):
            yield from self._book(purse, item, self._day(start))
        for _ in range(self._between(purse.habit.trips)):
            city, day = self._chance.choice(catalogue.cities), self._day(start)
            for item in (*catalogue.trip, catalogue.trip[-1]):
                yield from self._book(purse, item, day, city)

    def _book(self, purse: Purse, item: Item, day: date, city: str = "") -> Iterator[Planned]:
        """A booking, if there is money for it, and sometimes its refund two days later."""
        cents, hour = self._between(item.prices), self._between(item.hours)
        is_refunded = item.is_refundable and self._chance.randrange(ONE_IN_REFUNDED) == 0
        booking = Planned(
            kind=PastKind.DEBIT,
            purse=purse,
            cents=cents,
            description=item.description.format(city=city),
            category=item.category,
            reference=self._next_reference(),
            at=_moment(day, hour, self._chance.randrange(60)),
        )
        if cents > self._left[purse]:
            return
        self._left[purse] -= cents
        yield booking
        if is_refunded:
            self._arriving[purse] += cents
            back = _moment(_workday(day + timedelta(days=2)), 10, 15)
            yield replace(booking, kind=PastKind.CREDIT, description=f"Refund: {booking.description}", at=back)

    def _share(self, purse: Purse, start: date) -> Iterator[Planned]:
        """Some money for a colleague of the same team, in some months."""
        mates = [mate for mate in _COLLEAGUES if mate.owner.team == purse.owner.team and mate is not purse]
        receiver, cents = self._chance.choice(mates), self._between((6_00, 25_00))
        description, day = self._chance.choice(COLLEAGUES_SHARE), self._day(start)
        if self._chance.randrange(10) < SHARES_IN_TEN and cents <= self._left[purse]:
            self._left[purse] -= cents
            self._arriving[receiver] += cents
            yield Planned(
                kind=PastKind.TRANSFER,
                purse=purse,
                receiver=receiver,
                cents=cents,
                description=description,
                reference=self._next_reference(),
                at=_moment(day, 16, self._chance.randrange(60)),
            )

    def _overreach(self, wish: tuple[str, int], start: date) -> Planned:
        """More than there is: the ledger will refuse it, so nothing is taken here."""
        description, cents = wish
        return Planned(
            kind=PastKind.DEBIT,
            purse=self._chance.choice(_COLLEAGUES),
            cents=cents,
            description=description,
            reference=self._next_reference(),
            at=_moment(self._day(start), 11, 30),
        )

    def _next_reference(self) -> str:
        return f"NW-{next(self._numbers):05}"

    def _between(self, bounds: tuple[int, int]) -> int:
        return self._chance.randint(*bounds)

    def _day(self, start: date) -> date:
        return _workday(start + timedelta(days=self._chance.randint(1, DAYS_IN_USE)))


def _workday(day: date) -> date:
    """The day itself, or the Monday after."""
    return day + timedelta(days=7 - day.weekday()) if day.weekday() >= 5 else day


def _months_before(day: date, months: int) -> date:
    """The same day of an earlier month; the 28th stands for the days that not every month has."""
    total = day.year * 12 + day.month - 1 - months
    return date(total // 12, total % 12 + 1, min(day.day, 28))


def _moment(day: date, hour: int, minute: int) -> datetime:
    """The company's wall clock as an instant."""
    return datetime.combine(day, time(hour, minute), tzinfo=_ZONE).astimezone(UTC)
