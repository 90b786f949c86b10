"""`/users/{user_id}` and `/teams`. The list and the creation of users stand with the wallets that come with them."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from compliance.api.origin import origin_of
from compliance.api.serializers import (
    PERSONAL_FIELDS,
    TEAM_EXAMPLE,
    USER_EXAMPLE,
    ChangeUser,
    TeamList,
    UserAnswer,
    team_view,
    user_view,
)
from compliance.models import User
from compliance.selectors.scope import teams_visible_to
from compliance.selectors.users import get_user
from compliance.services.audit import record_look
from compliance.services.users import require_may_change, update_user
from ledger.api.pagination import PageQuery, paginate
from ledger.api.policy import PEOPLE, allow
from ledger.api.schema import operation
from ledger.api.views import ServiceView, tagged

EVERYBODY = allow(*PEOPLE, scope="users:read")


def record_shown(request: Request, users: Iterable[User], fields: Iterable[str] = PERSONAL_FIELDS) -> None:
    """Record that the caller is shown these users. Call it for every answer that contains `user_view`, or these
    fields of it."""
    route = request.resolver_match.route if request.resolver_match else request.path
    record_look(
        origin=origin_of(request),
        subject_ids=[user.id for user in users],
        fields=fields,
        context=f"{request.method} {route}",
    )


class UserView(ServiceView):
    policy = {"GET": EVERYBODY, "PATCH": allow("EMPLOYEE", "MANAGER", "FINANCE", "COMPLIANCE")}

    @operation(
        "Show a user",
        answer=UserAnswer,
        codes=("not_found",),
        example=USER_EXAMPLE,
        is_tagged=True,
        description="A look at somebody else's personal data is recorded.",
    )
    def get(self, request: Request, user_id: UUID) -> Response:
        user = get_user(caller=caller_of(request), user_id=user_id)
        record_shown(request, [user])
        return tagged(user_view(user), user.version)

    @operation(
        "Change a user",
        body=ChangeUser,
        answer=UserAnswer,
        codes=("not_found", "precondition.failed", "precondition.required"),
        body_example={"role": "MANAGER", "reason": "Leads the team from April."},
        example={**USER_EXAMPLE, "role": "MANAGER", "version": 2},
        takes_version="required",
        is_tagged=True,
        description=(
            "Everybody may change his own names. FINANCE changes names, team and status of others, COMPLIANCE their "
            "status. Roles, and the teams of managers, are changed by who administers access; by FINANCE as long as "
            "nobody of the company does. A new role and every status but ACTIVE end all sessions of the user."
        ),
    )
    def patch(self, request: Request, user_id: UUID) -> Response:
        caller = caller_of(request)
        require_may_change(caller=caller, user=get_user(caller=caller, user_id=user_id))
        expected_version = self.expected_version(required=True)
        changes = self.body(ChangeUser)
        user = update_user(
            caller=caller,
            user_id=user_id,
            reason=changes.pop("reason", ""),
            changes=changes,
            expected_version=expected_version,
            origin=origin_of(request),
        )
        record_shown(request, [user])
        return tagged(user_view(user), user.version)


class TeamsView(ServiceView):
    policy = {"GET": EVERYBODY}

    @operation(
        "List teams",
        query=PageQuery,
        answer=TeamList,
        codes=("pagination.invalid",),
        example={"data": [TEAM_EXAMPLE], "page": {"next_cursor": None, "has_more": False}},
        description="Employees and managers see their own team, everybody else all teams of the company.",
    )
    def get(self, request: Request) -> Response:
        page = paginate(teams_visible_to(caller_of(request)), self.query(PageQuery))
        return Response(page.body(team_view))
