from __future__ import annotations

from typing import Any

import pytest

from ledger.api.policy import Policy, allow, anyone
from tests.ledger.api.example import Person

READER = frozenset({"notes:read"})


@pytest.mark.parametrize(
    ("policy", "role", "scopes", "admitted"),
    [
        (allow("FINANCE"), "FINANCE", frozenset(), True),
        (allow("FINANCE"), "EMPLOYEE", frozenset(), False),
        (allow("FINANCE"), "SYSTEM", READER, False),
        (allow("FINANCE", scope="notes:read"), "SYSTEM", READER, True),
        (allow("FINANCE", scope="notes:write"), "SYSTEM", READER, False),
        (allow("SYSTEM", scope="notes:read"), "SYSTEM", frozenset(), False),
        # A person who somehow carries scopes is still no service account.
        (allow(scope="notes:read"), "EMPLOYEE", READER, False),
        (Policy(), "FINANCE", frozenset(), False),
    ],
)
def test_a_policy_admits(policy: Policy, role: str, scopes: frozenset[str], admitted: bool) -> None:
    assert policy.admits(role, scopes) is admitted


def test_a_service_account_is_never_let_in_without_a_scope() -> None:
    with pytest.raises(AssertionError, match="by a scope"):
        allow("SYSTEM")


def test_a_role_that_does_not_exist_is_a_mistake() -> None:
    with pytest.raises(AssertionError, match="MANGER"):
        allow("MANGER")


def test_only_anyone_is_public() -> None:
    assert anyone().is_public
    assert not allow("FINANCE").is_public


@pytest.mark.parametrize(
    ("method", "caller", "status"),
    [
        ("GET", Person("FINANCE"), 200),
        ("HEAD", Person("FINANCE"), 200),
        ("GET", Person("EMPLOYEE"), 403),
        ("GET", Person("SYSTEM", READER), 200),
        ("GET", Person("SYSTEM"), 403),
        ("HEAD", Person("EMPLOYEE"), 403),
        ("PUT", Person("FINANCE"), 403),  # no policy: denied to everybody
        ("GET", None, 401),
        ("PUT", None, 401),
        ("PATCH", Person("FINANCE"), 405),
        ("OPTIONS", Person("FINANCE"), 405),
        ("TRACE", None, 405),
    ],
)
def test_a_view_lets_in_whom_its_policy_names(ask: Any, method: str, caller: Person | None, status: int) -> None:
    assert ask(method, caller=caller).status_code == status


def test_a_refused_method_names_the_ones_there_are(ask: Any) -> None:
    assert ask("DELETE").headers["Allow"] == "GET, POST, PUT, HEAD"
