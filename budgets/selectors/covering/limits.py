"""Which limits a spend counts against, and in which window (R133, R247)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from budgets.models import Limit
from budgets.models.vocabulary import LimitedType, LimitWindow
from budgets.selectors.covering.spends import Spend
from budgets.selectors.limits import limit_name, present_window
from ledger.services.allowances import COUNT, Allowance, Ceiling, Envelope, EnvelopeKind, Unevaluable


def limits_in(text: str | None) -> list[Limit]:
    """Limits from the JSON of their rows; None = there are none."""
    if text is None:
        return []
    return [
        Limit(
            id=UUID(row["id"]),
            user_id=UUID(row["user_id"]),
            wallet_id=None if row["wallet_id"] is None else UUID(row["wallet_id"]),
            max_amount=None if row["max_amount"] is None else Decimal(row["max_amount"]),
            **{name: row[name] for name in _AS_THEY_ARE},
        )
        for row in json.loads(text, parse_float=Decimal)
    ]


_AS_THEY_ARE = ("limited_type", "window", "currency", "max_count", "zone", "week_start", "month_day", "fiscal_month")


def counts(limit: Limit, spend: Spend) -> bool:
    """Whether a limit speaks of a spend: of this person or wallet, this type, in its currency."""
    return (
        limit.user_id == spend.user_id
        and limit.wallet_id in {None, spend.wallet_id}
        and limit.limited_type in {LimitedType.ANY, spend.type}
        and limit.currency == spend.currency
    )


def allowances_of(limit: Limit, now: datetime) -> Iterator[Allowance]:
    """What a spend has to fit: its amount, and that it is one more. It counts when it is decided, whenever it belongs
    to: a limit is about what somebody does in a day, and its envelope knows the present window only."""
    name = limit_name(limit)
    if limit.window == LimitWindow.PER_TRANSACTION:
        assert limit.max_amount is not None, "the database keeps a limit from saying nothing"
        yield Ceiling(rule_id=limit.id, name=name, asset=limit.currency, maximum=limit.max_amount)
        return
    window = present_window(limit, now)
    if window is None:
        yield Unevaluable(kind=EnvelopeKind.LIMIT, rule_id=limit.id, name=name)
        return
    for asset, maximum in ((limit.currency, limit.max_amount), (COUNT, limit.max_count)):
        if maximum is not None:
            yield Envelope(
                kind=EnvelopeKind.LIMIT,
                rule_id=limit.id,
                name=name,
                owner_id=limit.id,
                asset=asset,
                starts_at=window.starts_at,
                ends_at=window.ends_at,
                zone=limit.zone,
            )
