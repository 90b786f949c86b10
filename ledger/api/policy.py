"""Who may call what: every view names its policy per method; what is not named is denied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast
from uuid import UUID

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

if TYPE_CHECKING:
    from rest_framework.views import APIView  # it imports this module, by way of the settings

PEOPLE = frozenset({"EMPLOYEE", "MANAGER", "FINANCE", "COMPLIANCE", "AUDITOR"})
SYSTEM = "SYSTEM"


class Caller(Protocol):
    """Who calls, as every floor knows them: a person or a service account (`scopes` are the latter's)."""

    @property
    def id(self) -> UUID: ...
    @property
    def role(self) -> str: ...
    @property
    def company_id(self) -> UUID: ...
    @property
    def team_id(self) -> UUID | None: ...
    @property
    def scopes(self) -> frozenset[str]: ...
    @property
    def is_authenticated(self) -> bool: ...


def caller_of(request: Request) -> Caller | None:
    """Who calls; None when nobody is logged in."""
    return cast("Caller | None", request.user)


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may call one method of one view. Which rows they then see is for the selectors to say.

    Attributes:
        roles: the people's roles that are let in.
        scope: the scope with which a service account is let in; None keeps service accounts out.
        is_public: whether nobody has to be logged in.
    """

    roles: frozenset[str] = frozenset()
    scope: str | None = None
    is_public: bool = False

    def admits(self, role: str, scopes: frozenset[str]) -> bool:
        if role == SYSTEM:
            return self.scope is not None and self.scope in scopes
        return role in self.roles


def allow(*roles: str, scope: str | None = None) -> Policy:
    """Let these roles in, and service accounts that hold `scope`.

    `SYSTEM` may be named among the roles for the reader's sake, but never without a scope.
    """
    unknown = set(roles) - PEOPLE - {SYSTEM}
    assert not unknown, f"no such role: {unknown}"
    assert SYSTEM not in roles or scope is not None, "a service account is let in by a scope"
    return Policy(roles=frozenset(roles) & PEOPLE, scope=scope)


def anyone() -> Policy:
    """Nobody has to be logged in."""
    return Policy(is_public=True)


class HasPolicy(BasePermission):
    """Deny unless the view's policy for this method admits the caller."""

    message = "Your role may not do this."

    def has_permission(self, request: Request, view: APIView) -> bool:
        policy = policy_of(view, request.method or "") or Policy()
        if policy.is_public:
            return True
        caller = caller_of(request)
        if caller is None or not caller.is_authenticated:
            raise NotAuthenticated
        return policy.admits(caller.role, caller.scopes)


def policy_of(view: APIView, method: str) -> Policy | None:
    """The policy of a view's method; HEAD is a GET without a body."""
    policies: dict[str, Policy] = getattr(view, "policy", {})
    return policies.get("GET" if method == "HEAD" else method)
