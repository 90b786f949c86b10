"""Which people a caller may see. Everything else that belongs to people is scoped through this."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, Q, QuerySet

from compliance.core.roles import roles_over_all
from compliance.models import Caller, Deputy, Team, User
from compliance.selectors.access import is_access_administrator
from compliance.selectors.deputies import managers_stood_in_for

_WHOLE_COMPANY = roles_over_all("team.see")


def sees_whole_company(caller: Caller) -> bool:
    """Whether nothing of his company is hidden from a caller."""
    return caller.role in _WHOLE_COMPANY


def users_visible_to(caller: Caller) -> QuerySet[User]:
    """The users whose things a caller may see: himself, a manager also his team and, while he stands in for another
    manager, that one's team, staff and services their company.

    A deputy has what his principal has over others, not what concerns the principal himself: nobody chooses who decides
    about him. Nothing crosses companies. What is outside answers like what does not exist (docs/interface.md).
    """
    people = User.objects.filter(company_id=caller.company_id)
    if sees_whole_company(caller):
        return people
    visible = Q(id=caller.id)
    if caller.role == "MANAGER":
        standing = managers_stood_in_for(caller)
        visible |= Q(_among("team_id", standing.values("principal__team_id"))) & ~Q(
            _among("id", standing.values("principal_id"))
        )
        if caller.team_id is not None:
            visible |= Q(team_id=caller.team_id)
    return people.filter(visible)


def people_visible_to(caller: Caller) -> QuerySet[User]:
    """The users whose record a caller may see: those of `users_visible_to`, and for who administers access all people
    of the company, but nothing that is theirs."""
    if is_access_administrator(caller):
        return User.objects.filter(company_id=caller.company_id)
    return users_visible_to(caller)


def teams_visible_to(caller: Caller) -> QuerySet[Team]:
    """The teams of the caller's company; employees see only their own, managers those that they look after."""
    teams = Team.objects.filter(company_id=caller.company_id)
    if sees_whole_company(caller) or is_access_administrator(caller):
        return teams
    if caller.role == "MANAGER":
        return teams.filter(looks_after_team(caller, "id"))
    return teams.none() if caller.team_id is None else teams.filter(id=caller.team_id)


def looks_after_team(manager: Caller, column: str) -> Q:
    """The condition that a column holds the team of a manager, or of one for whom he stands in."""
    looked_after = Q(_among(column, managers_stood_in_for(manager).values("principal__team_id")))
    return looked_after if manager.team_id is None else looked_after | Q(**{column: manager.team_id})


def deputies_visible_to(caller: User) -> QuerySet[Deputy]:
    """One's own deputies and whom one stands in for; of the whole company for who sees all of its people."""
    rows = Deputy.objects.filter(company_id=caller.company_id).select_related("principal", "deputy", "given_by")
    if sees_whole_company(caller) or is_access_administrator(caller):
        return rows
    return rows.filter(Q(principal=caller) | Q(deputy=caller))


def _among(column: str, rows: QuerySet[Any]) -> Func:
    """`column IN (rows)`, but read once for the whole query, so that what is found is looked up by an index."""
    comparison = {"template": "(%(expressions)s))", "arg_joiner": " = ANY("}
    return Func(F(column), ArraySubquery(rows), output_field=BooleanField(), **comparison)
