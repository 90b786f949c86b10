"""A wallet's balance over the last weeks, drawn as SVG on the server: no script, nothing from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from ledger.admin.cells import money_cell
from ledger.money import EXACT, ZERO
from ledger.selectors.series import Holder, SeriesPoint, balance_series
from ledger.selectors.steps import Calendar, Step, points_between
from wallets.models import Wallet

SPAN = timedelta(days=90)
WIDTH, HEIGHT = 900, 120
"""In the drawing's own units; it is as wide as the page."""


@dataclass(frozen=True, slots=True)
class Chart:
    """`line` and `area` are the points of the drawing; the texts say the same to who does not see it."""

    line: str
    area: str
    start: datetime
    end: datetime
    lowest: str
    highest: str


def balance_chart(wallet: Wallet, now: datetime) -> Chart:
    """What was available at the end of each of the last ninety days, and now."""
    calendar = Calendar(ZoneInfo(wallet.user.company.timezone))
    points = list(points_between(now - SPAN, now, Step.DAY, calendar))
    series = balance_series([Holder(wallet.id, wallet.currency)], points)[wallet.currency]
    amounts = [_available(point) for point in series]
    lowest, highest = min(amounts), max(amounts)
    across = [WIDTH * place // (len(points) - 1) for place in range(len(points))]
    down = [_height(amount, min(lowest, ZERO), highest) for amount in amounts]
    line = " ".join(f"{x},{y}" for x, y in zip(across, down, strict=True))
    return Chart(
        line=line,
        area=f"0,{HEIGHT} {line} {WIDTH},{HEIGHT}",
        start=points[0],
        end=points[-1],
        lowest=money_cell(lowest, wallet.currency),
        highest=money_cell(highest, wallet.currency),
    )


def _available(point: SeriesPoint) -> Decimal:
    return next(amount for bucket, amount in point.amounts.items() if bucket == "AVAILABLE")


def _height(amount: Decimal, lowest: Decimal, highest: Decimal) -> int:
    """How far below the upper edge a point lies, a hair's breadth within the edges."""
    if highest == lowest:
        return HEIGHT - 2
    share = EXACT.divide_int(EXACT.multiply(EXACT.subtract(highest, amount), HEIGHT - 4), highest - lowest)
    return 2 + int(share)
