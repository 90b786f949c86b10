"""Setting and ending limits for somebody: who may, and the audit record of it (R133, R247)."""

from __future__ import annotations

from typing import Any

from budgets.models import Limit
from budgets.selectors.limits import active_limit
from budgets.services.limits import LimitSpec, end_limit, set_limit
from compliance.core.origin import Origin
from compliance.models import Caller
from compliance.services.audit import record_change
from ledger.money import plain
from ledger.services import journal
from wallets.services.budgets import require_may_set
from wallets.services.wallets import ledger_origin


def put_limit(*, caller: Caller, spec: LimitSpec, reason: str, origin: Origin) -> Limit:
    """Set a limit of somebody whom the caller sees, or change the one of the same kind. The same again changes nothing.

    Args:
        reason: kept in the event and the audit trail for ever.

    Raises:
        Forbidden: it is not this caller's to set; nobody's own is.
        InvalidInput: it says nothing, or says how often for each spend alone.
    """
    require_may_set(caller, spec.user_id)
    with journal.use_case():
        known = active_limit(
            user_id=spec.user_id,
            wallet_id=spec.wallet_id,
            limited_type=spec.limited_type,
            window=spec.window,
            currency=spec.currency,
        )
        limit = set_limit(spec, origin=ledger_origin(origin), created_by=caller.id, reason=reason)
        if known is None or known.version != limit.version:
            before, kind = (_figures(known), "limit.changed") if known else ({}, "limit.created")
            record_change(
                origin=origin, entity=limit, event_type=kind, before=before, after=_figures(limit), reason=reason
            )
    return limit


def stop_limit(*, caller: Caller, limit: Limit, reason: str, origin: Origin) -> Limit:
    """End a limit that the caller sees: nothing asks it any more. Once more changes nothing.

    Raises:
        Forbidden: it is not this caller's to end.
    """
    require_may_set(caller, limit.user_id)
    with journal.use_case():
        ended = end_limit(limit.id, origin=ledger_origin(origin), ended_by=caller.id, reason=reason)
        if ended.version != limit.version:
            record_change(origin=origin, entity=ended, event_type="limit.ended", before=_figures(limit), reason=reason)
    return ended


def _figures(limit: Limit) -> dict[str, Any]:
    return {
        "limited_type": limit.limited_type,
        "window": limit.window,
        "currency": limit.currency,
        "max_amount": None if limit.max_amount is None else plain(limit.max_amount),
        "max_count": limit.max_count,
    }
