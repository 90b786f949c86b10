"""Which thresholds the use of a period has newly reached."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from ledger.money import EXACT


def newly_reached(
    thresholds: Collection[int],
    *,
    allocated: Decimal,
    used: Decimal,
    used_before: Decimal | None = None,
    fired: Collection[int] = (),
) -> list[int]:
    """The thresholds to tell about, lowest first.

    A threshold is reached when use × 100 ≥ threshold × allocated, so 100 with the last cent, not only beyond it. Where
    nothing is allocated, or less, any use at all has reached every one. No use reaches none.

    Args:
        thresholds: in percent of what is allocated, as the budget lists them.
        allocated: what the period allows; zero and less are fine.
        used: after the change; negative if refunds outweigh.
        used_before: before the change, to tell only of what the change itself has crossed. None: of all that lie at or
            below `used`, which is right after a change of what is allocated too.
        fired: those told already for this revision. They stay silent if refunds took the use below them meanwhile.
    """
    return [
        threshold
        for threshold in sorted(set(thresholds) - set(fired))
        if _is_reached(threshold, allocated, used)
        and (used_before is None or not _is_reached(threshold, allocated, used_before))
    ]


def _is_reached(threshold: int, allocated: Decimal, used: Decimal) -> bool:
    return used > 0 and EXACT.multiply(used, Decimal(100)) >= EXACT.multiply(allocated, Decimal(threshold))
