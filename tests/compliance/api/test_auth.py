from __future__ import annotations

from typing import Any

import jwt
import pytest

from compliance.models import LoginFailure, LoginSession, User
from tests.compliance.clients import anonymous, api_as, api_with, tokens_of
from tests.compliance.factories import PASSWORD, SECRET, Cast


def post(path: str, body: Any, *, address: str = "192.0.2.7") -> Any:
    return anonymous(address=address).post(f"/v1/auth/{path}", body, format="json")


def is_problem(response: Any, status: int, code: str) -> bool:
    assert response["Content-Type"] == "application/problem+json"
    return (response.status_code, response.json()["code"]) == (status, code)


def test_a_person_logs_in(alice: User) -> None:
    response = post("token", {"email": alice.email, "password": PASSWORD})
    assert response.status_code == 200
    answer = response.json()
    assert answer.keys() == {"access", "refresh", "expires_in", "token_type"}
    assert (answer["expires_in"], answer["token_type"]) == (900, "Bearer")
    assert response["Cache-Control"] == "no-store"
    claims = jwt.decode(answer["access"], options={"verify_signature": False})
    session = LoginSession.objects.get()
    assert claims["sub"] == str(alice.id)
    assert (claims["role"], claims["company_id"], claims["scope"]) == ("EMPLOYEE", str(alice.company_id), "")
    assert (claims["sid"], session.ip_address) == (str(session.id), "192.0.2.7")
    assert {"aud", "iss", "jti", "exp"} <= claims.keys()
    assert claims["exp"] - claims["iat"] == 900
    assert api_with(answer["access"]).get(f"/v1/users/{alice.id}").status_code == 200


def test_a_service_logs_in(cast: Cast) -> None:
    response = post("token", {"client_id": cast.bookings.client_id, "client_secret": SECRET})
    assert response.status_code == 200
    assert response.json().keys() == {"access", "expires_in", "token_type"}
    claims = jwt.decode(response.json()["access"], options={"verify_signature": False})
    assert claims["role"] == "SYSTEM"
    assert "transfers:write" in claims["scope"].split()


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/email", "/password"]),
        ({"email": "a@b.example"}, ["/password"]),
        ({"client_id": "x"}, ["/client_secret"]),
        ({"client_secret": "x"}, ["/client_id"]),
        ({"email": "a@b.example", "password": "x", "client_id": "x", "client_secret": "x"}, ["/email", "/password"]),
        ({"email": "a@b.example", "password": "x", "otp": "1"}, ["/otp"]),
        ({"email": 7, "password": ["x"]}, ["/email", "/password"]),
        ({"email": None, "password": "x"}, ["/email"]),
        ({"email": "a@b.example", "password": "x" * 5000}, ["/password"]),
    ],
)
def test_neither_person_nor_service(db: None, body: dict[str, Any], pointers: list[str]) -> None:
    response = post("token", body)
    assert is_problem(response, 400, "request.validation")
    assert sorted(error["pointer"] for error in response.json()["errors"]) == pointers


def test_unknown_wrong_and_suspended_look_the_same(cast: Cast) -> None:
    User.objects.filter(id=cast.charlie.id).update(status="SUSPENDED")
    tries = [
        {"email": "nobody@nordwind.example", "password": PASSWORD},
        {"email": cast.alice.email, "password": "wrong"},
        {"email": cast.charlie.email, "password": PASSWORD},
        {"client_id": "svc-nobody", "client_secret": SECRET},
        {"client_id": cast.bookings.client_id, "client_secret": "wrong"},
    ]
    answers = []
    for body in tries:
        response = post("token", body)
        assert response["WWW-Authenticate"] == "Bearer"
        answers.append({**response.json(), "request_id": None})
    assert answers[0]["code"] == "auth.invalid_credentials"
    assert answers[0]["status"] == 401
    assert all(answer == answers[0] for answer in answers)


def test_the_eleventh_failure_is_not_heard(alice: User) -> None:
    for _ in range(10):
        assert is_problem(post("token", {"email": alice.email, "password": "no"}), 401, "auth.invalid_credentials")
    response = post("token", {"email": alice.email, "password": PASSWORD}, address="198.51.100.9")
    assert is_problem(response, 429, "rate.limited")
    assert 0 < int(response["Retry-After"]) <= 900
    assert LoginFailure.objects.count() == 10


def test_tokens_are_refreshed_once(alice: User) -> None:
    first = post("token", {"email": alice.email, "password": PASSWORD}).json()
    second = post("refresh", {"refresh": first["refresh"]})
    assert second.status_code == 200
    assert second.json().keys() == {"access", "refresh", "expires_in", "token_type"}
    assert is_problem(post("refresh", {"refresh": first["refresh"]}), 401, "auth.invalid_token")
    assert is_problem(post("refresh", {"refresh": second.json()["refresh"]}), 401, "auth.invalid_token")
    assert is_problem(api_with(second.json()["access"]).get(f"/v1/users/{alice.id}"), 401, "auth.invalid_token")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é"])
@pytest.mark.parametrize("path", ["refresh", "logout"])
def test_what_is_no_refresh_token(db: None, path: str, token: str) -> None:
    assert post(path, {"refresh": token}).status_code in {400, 401}


def test_an_access_token_does_not_refresh(alice: User) -> None:
    assert is_problem(post("refresh", {"refresh": tokens_of(alice).access}), 401, "auth.invalid_token")


def test_logging_out_here(alice: User) -> None:
    here, elsewhere = tokens_of(alice), tokens_of(alice)
    response = post("logout", {"refresh": here.refresh})
    assert (response.status_code, response.content) == (204, b"")
    path = f"/v1/users/{alice.id}"
    assert is_problem(api_with(here.access).get(path), 401, "auth.invalid_token")
    assert api_with(elsewhere.access).get(path).status_code == 200


def test_logging_out_everywhere(alice: User) -> None:
    here, elsewhere = tokens_of(alice), tokens_of(alice)
    assert post("logout", {"refresh": here.refresh, "all": True}).status_code == 204
    for pair in (here, elsewhere):
        assert api_with(pair.access).get(f"/v1/users/{alice.id}").status_code == 401


def test_a_stale_access_token_does_not_hinder_a_log_in(alice: User) -> None:
    client = api_with("expired.access.token")
    body = {"email": alice.email, "password": PASSWORD}
    assert client.post("/v1/auth/token", body, format="json").status_code == 200


def test_nobody_is_asked_to_log_in(alice: User) -> None:
    response = anonymous().get(f"/v1/users/{alice.id}")
    assert is_problem(response, 401, "auth.required")
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("Bearer", "auth.invalid_token"),
        ("Bearer ", "auth.invalid_token"),
        ("Bearer x", "auth.invalid_token"),
        ("bearer a.b.c", "auth.invalid_token"),
        ("Bearer a b", "auth.invalid_token"),
        ("Bearer \xe9", "auth.invalid_token"),
        ("Bearer " + "x" * 10_000, "auth.invalid_token"),
        ("Basic YTpi", "auth.required"),
        ("Token x", "auth.required"),
        ("", "auth.required"),
    ],
)
def test_other_headers(alice: User, header: str, code: str) -> None:
    response = anonymous().get(f"/v1/users/{alice.id}", HTTP_AUTHORIZATION=header)
    assert is_problem(response, 401, code)


def test_no_token_is_read_from_the_address(alice: User) -> None:
    token = tokens_of(alice).access
    response = anonymous().get(f"/v1/users/{alice.id}?access={token}")
    assert response.status_code in {400, 401}


def test_a_refresh_token_opens_nothing(alice: User) -> None:
    response = api_with(tokens_of(alice).refresh or "").get(f"/v1/users/{alice.id}")
    assert is_problem(response, 401, "auth.invalid_token")


def test_the_scheme_may_be_written_small(alice: User) -> None:
    token = tokens_of(alice).access
    client = anonymous()
    assert client.get(f"/v1/users/{alice.id}", HTTP_AUTHORIZATION=f"bearer {token}").status_code == 200


def test_suspension_bites_at_the_next_request(cast: Cast) -> None:
    client = api_as(cast.alice)
    path = f"/v1/users/{cast.alice.id}"
    assert client.get(path).status_code == 200
    User.objects.filter(id=cast.alice.id).update(status="SUSPENDED")
    assert is_problem(client.get(path), 401, "auth.invalid_token")
