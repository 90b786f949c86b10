"""A wallet's balance over the last weeks."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from ledger.selectors.series import Holder, SeriesPoint, balance_series
from ledger.selectors.steps import Calendar, Step, points_between
from wallets.admin.budgets.bars import signed
from wallets.admin.drawings import Chart, Line, draw_lines
from wallets.models import Wallet

SPAN = timedelta(days=90)


def balance_chart(wallet: Wallet, now: datetime) -> Chart:
    """What was available at the end of each of the last ninety days, and now.

    Raises:
        OperationalError: there is more to add up than in a moment.
    """
    zone, currency = ZoneInfo(wallet.user.company.timezone), wallet.currency
    points = list(points_between(now - SPAN, now, Step.DAY, Calendar(zone)))
    series = balance_series([Holder(wallet.id, currency)], points)[currency]
    amounts, scale = [_available(point) for point in series], get_asset(currency).cash_scale

    def written(amount: Decimal) -> str:
        return f"{signed(amount, scale)} {currency}"

    words = f"Available in the last 90 days: between {written(min(amounts))} and {written(max(amounts))}."
    return Chart(
        name="balance",
        title="Available, day by day",
        words=words,
        drawing=draw_lines(
            [Line("area", amounts), Line("line", amounts)],
            len(points) - 1,
            name=words,
            ends=(f"{points[0].astimezone(zone):%-d %b}", "now"),
            written=written,
        ),
        columns=("at", "currency", "available"),
        rows=[
            (f"{point.astimezone(zone):%Y-%m-%d %H:%M}", currency, format_amount(amount, scale))
            for point, amount in zip(points, amounts, strict=True)
        ],
        texts=2,
    )


def _available(point: SeriesPoint) -> Decimal:
    return next(amount for bucket, amount in point.amounts.items() if bucket == "AVAILABLE")
