"""`/v1/me` and `/v1/users`: people together with the wallets that come with them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.authentication import caller_of
from compliance.api.origin import origin_of as person_origin_of
from compliance.api.serializers import USER_EXAMPLE, CreateUser, UserAnswer, UserFilters, UserList, user_view
from compliance.api.users import record_shown
from compliance.models import User
from compliance.selectors.users import find_users
from compliance.services.access import require_may_add
from ledger.api.pagination import paginate
from ledger.api.policy import PEOPLE, allow
from ledger.api.schema import operation
from ledger.api.views import ServiceView, tagged
from wallets.api.replies import origin_of
from wallets.api.wallets import EXAMPLE as WALLET_EXAMPLE
from wallets.api.wallets import WalletAnswer, wallet_views
from wallets.selectors.wallets import find_wallets
from wallets.services.people import join


class MeAnswer(serializers.Serializer[Any]):
    user = UserAnswer()
    wallets = WalletAnswer(many=True)


class MeView(ServiceView):
    policy = {"GET": allow(*PEOPLE)}

    @operation(
        "Show yourself and your wallets",
        answer=MeAnswer,
        example={"user": USER_EXAMPLE, "wallets": [WALLET_EXAMPLE]},
    )
    def get(self, request: Request) -> Response:
        user = caller_of(request)
        assert isinstance(user, User), "services have no wallets"
        wallets = list(find_wallets(user, {"user_id": user.id}).order_by("created_at", "id"))
        return Response({"user": user_view(user), "wallets": wallet_views(wallets)})


class UsersView(ServiceView):
    policy = {"GET": allow(*PEOPLE, scope="users:read"), "POST": allow("FINANCE", scope="users:write")}

    @operation(
        "List users",
        query=UserFilters,
        answer=UserList,
        codes=("pagination.invalid",),
        example={"data": [USER_EXAMPLE], "page": {"next_cursor": None, "has_more": False}},
        description="Employees see themselves, managers their team, everybody else the company.",
    )
    def get(self, request: Request) -> Response:
        query = self.query(UserFilters)
        filters = {name: query.get(name) for name in ("team_id", "role", "status")}
        page = paginate(find_users(caller=caller_of(request), **filters), query)
        record_shown(request, page.rows)
        return Response(page.body(user_view))

    @operation(
        "Create a user, and with a currency the user's PRIMARY wallet",
        body=CreateUser,
        answer=UserAnswer,
        status=201,
        codes=("currency.unsupported",),
        body_example={
            "email": "alice@nordwind.example",
            "first_name": "Alice",
            "last_name": "Winter",
            "currency": "EUR",
        },
        example=USER_EXAMPLE,
        is_tagged=True,
        description=(
            "Where a company has somebody who administers access, FINANCE adds employees only: roles with rights over "
            "others are given in the back office."
        ),
    )
    def post(self, request: Request) -> Response:
        wanted = self.body(CreateUser)
        require_may_add(caller_of(request), wanted["role"])
        user = join(
            person={
                "email": wanted["email"],
                "first_name": wanted["first_name"],
                "last_name": wanted["last_name"],
                "role": wanted["role"],
                "team_id": wanted.get("team_id"),
                "company_id": caller_of(request).company_id,
            },
            wallet_currency=wanted.get("currency"),
            person_origin=person_origin_of(request),
            origin=origin_of(request),
        )
        user.refresh_from_db()
        record_shown(request, [user])
        return tagged(user_view(user), user.version, status=201)
