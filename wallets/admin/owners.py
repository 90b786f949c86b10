"""Whose budgets and limits are, for people: those floors know ids only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from budgets.models import Budget
from budgets.models.vocabulary import Scope
from compliance.admin.staff import signed_in
from compliance.api.looks import note_looks
from compliance.models import Team, User
from compliance.selectors.scope import teams_visible_to, users_visible_to
from ledger.admin.cells import EMPTY, id_cell


@dataclass(frozen=True, slots=True)
class Owners:
    """Names of those whom the member of staff may see, by id."""

    people: dict[UUID, User]
    teams: dict[UUID, Team]

    def person(self, user_id: UUID | None) -> str:
        """A name that leads to its page; the end of the id of somebody who is not for these eyes."""
        person = None if user_id is None else self.people.get(user_id)
        if person is None:
            return id_cell(user_id)
        url = reverse("admin:compliance_user_change", args=[person.id])
        return format_html('<a class="text-link" href="{}">{}</a>', url, person.get_full_name())

    def name(self, budget: Budget) -> str:
        """Whose a budget is, in words."""
        match budget.scope:
            case Scope.WALLET:
                person = self.people.get(budget.user_id) if budget.user_id else None
                return person.get_full_name() if person else "A wallet"
            case Scope.TEAM:
                team = self.teams.get(budget.team_id) if budget.team_id else None
                return f"Team {team.name}" if team else "A team"
            case _:
                return "The company"

    def cell(self, budget: Budget) -> str:
        """The same, leading to the wallet."""
        if budget.wallet_id is None:
            return self.name(budget)
        url = reverse("admin:wallets_wallet_change", args=[budget.wallet_id])
        return format_html('<a class="text-link" href="{}">{}</a>', url, self.name(budget))


def owners_for(request: HttpRequest, user_ids: Iterable[UUID | None], *, teams: Iterable[Team] = ()) -> Owners:
    """The names of people whom a page shows, in one query, with teams that were read already. That somebody's name is
    looked at is written down."""
    users = {id for id in user_ids if id}
    people = users_visible_to(signed_in(request)).in_bulk(users) if users else {}
    note_looks(request, people)
    return Owners(people, {team.id: team for team in teams})


def owners_of(request: HttpRequest, budgets: Iterable[Budget], *, others: Iterable[UUID | None] = ()) -> Owners:
    """The names of those whose budgets a page shows, and of other people on it, in two queries."""
    shown = list(budgets)
    ids = {budget.team_id for budget in shown if budget.team_id}
    teams = teams_visible_to(signed_in(request)).filter(id__in=ids) if ids else ()
    return owners_for(request, [*others, *(budget.user_id for budget in shown)], teams=teams)


def categories_cell(categories: list[str]) -> str:
    return ", ".join(categories) or EMPTY
