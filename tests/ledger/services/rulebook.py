"""The budgets and limits that a random history is under: which of them a spend meets, and how they change."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ledger.core.commands import AnyCommand
from ledger.ids import new_id
from ledger.services.allowances import COUNT, LOWEST, Allot, Allowance
from tests.ledger.envelopes import BUDGET, LIMIT, WINDOWS, Rule, ceiling

FLOORS = ("0", "-20", LOWEST, "-5.5")


@dataclass(slots=True)
class Rulebook:
    """Three periods of one budget, of which a spend meets one; a budget that only warns; two limits, one that counts.

    Each kind is opened in the beginning, except for one budget that never is.
    """

    company_id: UUID
    window: int = 0
    budgets: list[Rule] = field(init=False)
    warning: Rule = field(init=False)
    limit: Rule = field(init=False)
    count: Rule = field(init=False)
    unopened: Rule = field(init=False)

    def __post_init__(self) -> None:
        self.budgets = [Rule(BUDGET, self.company_id, name=f"Period {n}") for n in range(3)]
        self.warning, self.unopened = Rule(BUDGET, self.company_id), Rule(BUDGET, self.company_id)
        self.limit, self.count = Rule(LIMIT, self.company_id), Rule(LIMIT, self.company_id, COUNT)

    @property
    def all(self) -> list[Rule]:
        return [*self.budgets, self.warning, self.limit, self.count]

    def openings(self) -> list[AnyCommand]:
        one, other, third = self.budgets
        return [
            *(*one.opening("150"), *other.opening("90", "-20"), *third.opening("40")),
            *(*self.warning.opening("10", LOWEST), *self.limit.opening("90"), *self.count.opening("6")),
        ]

    def over(self, choice: int) -> tuple[Allowance, ...]:
        """The rules that a spend meets: none, one or many; now and then of a window that was looked up before."""
        starts_at = self._window(stale=choice % 11 == 0)
        rules: list[Allowance] = []
        if choice % 2:
            rules.append(self.budgets[self.window % len(self.budgets)].allowance())
        if choice % 3 == 0:
            rules.append(self.limit.allowance(starts_at))
        if choice % 4 < 2:
            rules.append(self.count.allowance(starts_at))
        if choice % 5 == 0:
            rules.append(self.warning.allowance())
        if choice % 7 == 0:
            rules.append(ceiling("99"))
        if choice % 29 == 28:
            rules.append(self.unopened.allowance())
        return tuple(rules)

    def go_on(self) -> None:
        self.window = min(self.window + 1, len(WINDOWS) - 1)

    def _window(self, *, stale: bool) -> datetime:
        return WINDOWS[max(self.window - 1, 0) if stale else self.window]

    def redirected(self, choice: int) -> dict[UUID, UUID]:
        """Now and then the other periods give back through the present one."""
        present = self.budgets[self.window % len(self.budgets)]
        others = [rule.id for rule in self.budgets if rule is not present]
        return dict.fromkeys(others, present.id) if choice % 3 == 0 else {}

    def floor(self, one: int, other: int) -> AnyCommand:
        rules = self.all
        return rules[one % len(rules)].floor(FLOORS[other % len(FLOORS)])

    def allotment(self, one: int, other: int, amount: str, must_be_left: bool) -> Allot:
        """More or less for one, or from one to another, where a negative amount goes the other way."""
        rule, second = self.all[one % 5], self.all[other % 5]
        moves = [rule.move(amount)]
        if second is not rule and other % 3:
            moves.append(second.move(amount.removeprefix("-") if amount.startswith("-") else f"-{amount}"))
        return rule.allot(*moves, must_be_left=must_be_left, key=str(new_id()))

    def take_back(self, command: Allot) -> None:
        next(rule for rule in self.all if rule.id == command.subject_id).version -= 1
