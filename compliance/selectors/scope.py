"""Which people a caller may see. Everything else that belongs to people is scoped through this."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from compliance.models import Caller, Team, User

_WHOLE_COMPANY = frozenset({"FINANCE", "COMPLIANCE", "AUDITOR", "SYSTEM"})


def sees_whole_company(caller: Caller) -> bool:
    """Whether nothing of his company is hidden from a caller."""
    return caller.role in _WHOLE_COMPANY


def users_visible_to(caller: Caller) -> QuerySet[User]:
    """The users whom a caller may see: himself, a manager also his team, staff and services their company.

    Nothing crosses companies. What is outside answers like what does not exist (docs/interface.md).
    """
    people = User.objects.filter(company_id=caller.company_id)
    if sees_whole_company(caller):
        return people
    if caller.role == "MANAGER" and caller.team_id is not None:
        return people.filter(Q(id=caller.id) | Q(team_id=caller.team_id))
    return people.filter(id=caller.id)


def teams_visible_to(caller: Caller) -> QuerySet[Team]:
    """The teams of the caller's company, or for employees and managers only their own."""
    teams = Team.objects.filter(company_id=caller.company_id)
    if sees_whole_company(caller):
        return teams
    return teams.none() if caller.team_id is None else teams.filter(id=caller.team_id)
