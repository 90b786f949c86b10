"""The only place of budgets that locks rows: budgets before limits, each sorted by id, and both before the ledger's
accounts."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from budgets.models import Budget, BudgetTemplate, Limit
from ledger.errors import NotFound


def lock_budgets(ids: Iterable[UUID]) -> dict[UUID, Budget]:
    """Lock budgets until the end of the transaction, in the order of their ids, and return them as they are then.

    Whoever emits anything about a budget holds its row: `version` counts its events without a gap.

    Raises:
        NotFound: one of them does not exist.
        OperationalError: SQLSTATE 55P03 after `lock_timeout`.
    """
    wanted = set(ids)
    rows = Budget.objects.select_for_update(no_key=True).filter(id__in=wanted).order_by("id")
    budgets = {budget.id: budget for budget in rows}
    if budgets.keys() != wanted:
        raise NotFound
    return budgets


def lock_budget(id: UUID) -> Budget:
    """`lock_budgets` for one."""
    return lock_budgets([id])[id]


def lock_idle_budget(id: UUID) -> Budget | None:
    """A budget, locked until the end of the transaction; None when somebody else is busy with it."""
    return Budget.objects.select_for_update(no_key=True, skip_locked=True).filter(id=id).first()


_KIND = "SELECT pg_advisory_xact_lock(hashtext('budgets_kind'), hashtext(%s))"


def lock_kind(owner_id: UUID) -> None:
    """Let nobody else set or revive a budget of a wallet, team or company until the end of the transaction: two that
    overlap would wait for each other's constraint. Comes before all rows."""
    with connection.cursor() as cursor:
        cursor.execute(_KIND, [str(owner_id)])


_SPEND = "SELECT pg_advisory_xact_lock(hashtext('budgets_spend'), hashtext(%s))"


def lock_spend(document_id: UUID) -> None:
    """Let nobody else try a refused spend again until the end of the transaction: several budgets may have refused it,
    and it is paid once. Comes before all rows.

    Raises:
        OperationalError: SQLSTATE 55P03 after `lock_timeout`.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SPEND, [str(document_id)])


_TEMPLATES = "SELECT pg_advisory_xact_lock(hashtext('budgets_templates'), hashtext(%s))"


def lock_templates(company_id: UUID) -> dict[UUID, BudgetTemplate]:
    """Let nobody else change the templates of a company until the end of the transaction: no two of them may give the
    same people the same. Nothing else is locked with them.

    Returns:
        All of them by id, as they are then.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TEMPLATES, [str(company_id)])
    return {template.id: template for template in BudgetTemplate.objects.filter(company_id=company_id)}


def lock_limit(id: UUID) -> Limit:
    """Lock a limit until the end of the transaction, and return it as it is then. As with budgets, `version` counts its
    events without a gap.

    Raises:
        NotFound: it does not exist.
        OperationalError: SQLSTATE 55P03 after `lock_timeout`.
    """
    limit = Limit.objects.select_for_update(no_key=True).filter(id=id).first()
    if limit is None:
        raise NotFound
    return limit
