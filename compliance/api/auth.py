"""`/auth/…`: tokens. These routes ask for no access token, and look at none."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.origin import client_address, origin_of_anybody, user_agent
from compliance.services import sessions
from ledger.api.fields import FlagField, SecretField, TextField
from ledger.api.policy import anyone
from ledger.api.schema import operation
from ledger.api.serializers import StrictSerializer
from ledger.api.views import ServiceView

_TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIuLi4ifQ.c2lnbmF0dXJl"  # noqa: S105 (an example)
_PAIR = {"access": _TOKEN, "refresh": _TOKEN, "expires_in": 900, "token_type": "Bearer"}


class LogIn(StrictSerializer):
    """Either `email` and `password`, or `client_id` and `client_secret`."""

    email = TextField(max_length=254, required=False)
    password = SecretField(required=False)
    client_id = TextField(max_length=64, required=False)
    client_secret = SecretField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        names = (
            ("client_id", "client_secret") if attrs.keys() & {"client_id", "client_secret"} else ("email", "password")
        )
        wrong: dict[str, Any] = {
            name: [ErrorDetail("This field is required.", "required")] for name in names if name not in attrs
        }
        wrong |= {
            name: [ErrorDetail("Log in as a person or as a service, not both.")] for name in attrs if name not in names
        }
        if wrong:
            raise serializers.ValidationError(wrong)
        return attrs


class Refresh(StrictSerializer):
    refresh = SecretField()


class LogOut(Refresh):
    all = FlagField(default=False, help_text="End all log-ins of the user, not only this one.")


class Tokens(serializers.Serializer[Any]):
    access = serializers.CharField(help_text="For `Authorization: Bearer`.")
    refresh = serializers.CharField(required=False, help_text="People only: services log in again.")
    expires_in = serializers.IntegerField(help_text="Seconds that `access` lives.")
    token_type = serializers.CharField()


class TokenView(ServiceView):
    policy = {"POST": anyone()}
    authentication_classes = ()

    @operation(
        "Log in",
        body=LogIn,
        answer=Tokens,
        codes=("auth.invalid_credentials", "rate.limited"),
        body_example={"email": "alice@nordwind.example", "password": "correct horse battery staple"},
        example=_PAIR,
        description="After 10 failures of an account in 15 minutes, or 50 from an address in an hour: 429.",
    )
    def post(self, request: Request) -> Response:
        wanted = self.body(LogIn)
        log_in = sessions.log_in if "email" in wanted else sessions.log_in_service
        return _answer(log_in(**wanted, address=client_address(request), user_agent=user_agent(request)))


class RefreshView(ServiceView):
    policy = {"POST": anyone()}
    authentication_classes = ()

    @operation(
        "Trade a refresh token for new tokens",
        body=Refresh,
        answer=Tokens,
        codes=("auth.invalid_token",),
        body_example={"refresh": _TOKEN},
        example=_PAIR,
        description="Every refresh token works once. Using an old one ends the log-in that it came from.",
    )
    def post(self, request: Request) -> Response:
        return _answer(sessions.refresh(refresh_token=self.body(Refresh)["refresh"]))


class LogOutView(ServiceView):
    policy = {"POST": anyone()}
    authentication_classes = ()

    @operation(
        "Log out, here or everywhere",
        body=LogOut,
        status=204,
        codes=("auth.invalid_token",),
        body_example={"refresh": _TOKEN, "all": False},
    )
    def post(self, request: Request) -> Response:
        wanted = self.body(LogOut)
        origin = origin_of_anybody(request)
        sessions.log_out(refresh_token=wanted["refresh"], everywhere=wanted["all"], origin=origin)
        return Response(status=204)


def _answer(pair: sessions.TokenPair) -> Response:
    refresh = {} if pair.refresh is None else {"refresh": pair.refresh}
    return Response({"access": pair.access, **refresh, "expires_in": pair.expires_in, "token_type": "Bearer"})
