"""Moving what is left of one budget to another."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from budgets.locks import lock_budgets
from budgets.models import Budget
from budgets.models.vocabulary import BudgetStatus
from budgets.services.amounts import plan_adjustment
from budgets.services.checks import check_amount, check_reason
from budgets.services.history import AmountChange, Occasion, Step, announce_change
from budgets.services.opening import plan_openings
from budgets.services.timeline import Timeline, carry_out, read_timeline
from ledger.errors import InvalidInput
from ledger.selectors.clock import database_now
from ledger.services import journal
from ledger.services.allowances import Origin


def transfer_budget(
    from_id: UUID, to_id: UUID, amount: Decimal, *, origin: Origin, changed_by: UUID | None, reason: str
) -> tuple[Budget, Budget]:
    """Move an allowance from the current period of one budget to that of another, of one company and currency.

    May be called inside a transaction. What is left of the giver may not fall below zero by it, whatever its
    enforcement and buffer: nobody gives what is not there.

    Args:
        amount: positive, in their currency.

    Returns:
        The giver and the receiver.

    Raises:
        InvalidInput: not two budgets of one company and currency, or one of them is not ACTIVE now.
        NotFound: there is no such budget.
        BudgetTooSmall: `budget.exceeded`.
    """
    check_reason(reason)
    if from_id == to_id:
        raise InvalidInput("A budget gives to another one.", pointer="/to_budget_id")
    occasion = Occasion(origin, changed_by, reason)
    with journal.use_case():
        budgets = lock_budgets([from_id, to_id])
        giver, receiver = budgets[from_id], budgets[to_id]
        _require_alike(giver, receiver)
        check_amount(amount, giver.currency, "/amount")
        now = database_now()
        lines = [read_timeline(budget, now) for budget in (giver, receiver)]
        for line in lines:
            plan_openings(line, origin)
        _open_first(lines[0], lines[1])
        _plan(lines[0], lines[1], amount, occasion)
        carry_out(lines)
    return giver, receiver


def _require_alike(giver: Budget, receiver: Budget) -> None:
    if (giver.company_id, giver.currency) != (receiver.company_id, receiver.currency):
        raise InvalidInput("Both budgets are of one company and currency.", pointer="/to_budget_id")
    for budget, pointer in ((giver, "/from_budget_id"), (receiver, "/to_budget_id")):
        if budget.status != BudgetStatus.ACTIVE:
            raise InvalidInput("Only ACTIVE budgets give and take.", pointer=pointer)


def _open_first(giving: Timeline, receiving: Timeline) -> None:
    """The giver's event moves the allowance, so the receiver's period has to be there by then."""
    giving.commands[:0] = receiving.commands
    receiving.commands.clear()


def _plan(giving: Timeline, receiving: Timeline, amount: Decimal, occasion: Occasion) -> None:
    """The giver's event moves the allowance, all at once; the receiver's tells of it."""
    given = plan_adjustment(giving, -amount, "/from_budget_id")
    received = plan_adjustment(receiving, amount, "/to_budget_id")
    given.steps["moved_to"] = Step(None, receiving.budget.id)
    received.steps["moved_from"] = Step(None, giving.budget.id)
    given.moves, received.moves = [*given.moves, *received.moves], []
    given.must_be_left = True
    _tell(giving, given, occasion)
    _tell(receiving, received, occasion)


def _tell(line: Timeline, amounts: AmountChange, occasion: Occasion) -> None:
    line.budget.revision += 1
    for period in amounts.periods:
        period.revision += 1
    command, revision = announce_change(line.budget, amounts.steps, amounts, occasion, at=line.now)
    line.commands.append(command)
    line.revisions.append(revision)
