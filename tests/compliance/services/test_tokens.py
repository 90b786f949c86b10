"""Tokens that others made, or that were never meant for this use, are refused and never an error of ours."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from pytest_django import Settings

from compliance.errors import InvalidToken
from compliance.services.tokens import Claims, TokenType, read_token, write_token

KEY = "first-key-first-key-first-key-first-key-first-key"
OTHER_KEY = "other-key-other-key-other-key-other-key-other-key"


@pytest.fixture(autouse=True)
def _keys(settings: Settings) -> None:
    settings.JWT_SIGNING_KEYS = [KEY]


def claims() -> Claims:
    return Claims(
        subject=UUID(int=1), token_id=uuid4(), session_id=UUID(int=2), role="EMPLOYEE", company_id=UUID(int=3), scope=""
    )


def written(type: TokenType = TokenType.ACCESS) -> str:
    now = timezone.now()
    return write_token(claims(), type, issued_at=now, expires_at=now + timedelta(minutes=5))


def payload(**changes: Any) -> dict[str, Any]:
    """What we write ourselves, with changes; `...` takes a claim away."""
    whole = jwt.decode(written(), options={"verify_signature": False}) | changes
    return {name: value for name, value in whole.items() if value is not ...}


def signed(claims: Any, *, key: str = KEY, algorithm: str = "HS256", headers: dict[str, Any] | None = None) -> str:
    """A token of any shape with a right signature, also where a decent library would refuse to write it."""
    head = {"alg": algorithm, "typ": "JWT", **(headers or {})}
    segments = b".".join(
        _segment(part if isinstance(part, bytes) else json.dumps(part).encode()) for part in (head, claims)
    )
    signature = jwt.algorithms.get_default_algorithms()[algorithm].sign(segments, key.encode())
    return (segments + b"." + _segment(signature)).decode()


def _segment(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def test_what_is_written_can_be_read() -> None:
    now = timezone.now()
    said = claims()
    token = write_token(said, TokenType.ACCESS, issued_at=now, expires_at=now + timedelta(minutes=5))
    assert read_token(token, TokenType.ACCESS) == said


def test_the_corpus_is_refused_for_its_flaws_only() -> None:
    assert read_token(signed(payload()), TokenType.ACCESS).subject == UUID(int=1)


NOW = 1_800_000_000
BAD_CLAIMS: list[tuple[str, dict[str, Any]]] = [
    ("expired", {"iat": 1_600_000_000, "nbf": 1_600_000_000, "exp": 1_600_000_900}),
    ("expires far ahead", {"exp": 2_000_000_000 * 2}),
    ("huge exp", {"exp": 10**30}),
    ("huge exp and iat", {"exp": 10**30 + 900, "iat": 10**30, "nbf": 0}),
    ("infinite exp", {"exp": float("inf")}),
    ("exp not a number", {"exp": float("nan")}),
    ("fractional exp", {"exp": 2_000_000_000.5}),
    ("exp as text", {"exp": "soon"}),
    ("exp as digits", {"exp": "4000000000"}),
    ("exp true", {"exp": True}),
    ("exp null", {"exp": None}),
    ("exp a list", {"exp": [4_000_000_000]}),
    ("negative exp", {"exp": -1}),
    ("not yet valid", {"nbf": 4_000_000_000}),
    ("nbf a list", {"nbf": []}),
    ("issued in the future", {"iat": 4_000_000_000, "exp": 4_000_000_900}),
    ("iat as text", {"iat": "yesterday"}),
    ("iat true", {"iat": True}),
    ("other audience", {"aud": "another-service"}),
    ("several audiences", {"aud": ["wallet-service", "another-service"]}),
    ("one audience in a list", {"aud": ["wallet-service"]}),
    ("audience a number", {"aud": 7}),
    ("audience an object", {"aud": {"wallet-service": 1}}),
    ("other issuer", {"iss": "another-service"}),
    ("issuer a list", {"iss": ["wallet-service"]}),
    ("issuer null", {"iss": None}),
    ("refresh as access", {"token_type": "refresh"}),
    ("unknown type", {"token_type": "id"}),
    ("type a list", {"token_type": ["access"]}),
    ("sub a number", {"sub": 1}),
    ("sub a list", {"sub": [str(UUID(int=1))]}),
    ("sub an object", {"sub": {}}),
    ("sub null", {"sub": None}),
    ("sub empty", {"sub": ""}),
    ("sub an e-mail", {"sub": "alice@nordwind.example"}),
    ("sub with NUL", {"sub": "\x00"}),
    ("sub a lone surrogate", {"sub": "\ud800"}),
    ("sub very long", {"sub": "1" * 100_000}),
    ("jti a number", {"jti": 5}),
    ("jti no uuid", {"jti": "x"}),
    ("sid no uuid", {"sid": "x"}),
    ("sid an object", {"sid": {"id": 1}}),
    ("company no uuid", {"company_id": "x"}),
    ("company null", {"company_id": None}),
]
BAD_CLAIMS += [
    (f"no {name}", {name: ...})
    for name in ("aud", "iss", "exp", "nbf", "iat", "jti", "sid", "sub", "token_type", "role", "company_id", "scope")
]


@pytest.mark.parametrize("changes", [pytest.param(changes, id=name) for name, changes in BAD_CLAIMS])
def test_rightly_signed_but_wrong(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidToken):
        read_token(signed(payload(**changes)), TokenType.ACCESS)


ODD_PAYLOADS: list[Any] = [[], "text", 7, None, b"", b"{", b"\xff\xfe", b"[" * 50_000, b'{"exp":1e999}']
ODD_ALGORITHMS: list[Any] = ["RS256", "ES256", "HS256 ", "hs256", "", None, 7, [], {}, ["HS256"]]
ODD_HEADERS: list[tuple[str, Any]] = [
    ("kid", 7),
    ("kid", ["x"]),
    ("kid", {}),
    ("crit", ["exp"]),
    ("crit", "x"),
    ("b64", False),
]


def forgeries() -> Iterator[tuple[str, str]]:
    good = written()
    head, body, signature = good.split(".")
    yield "empty", ""
    yield "one word", "token"
    yield "two parts", f"{head}.{body}"
    yield "no signature", f"{head}.{body}."
    yield "four parts", f"{good}.{signature}"
    yield "five parts", f"{good}.{signature}.{signature}"
    yield "only dots", ".." * 1000
    yield "padding", f"{good}="
    yield "junk that decoders skip", f"{good}!"
    yield "line break", f"{good}\n"
    yield "not ASCII", f"{good}é"
    yield "lone surrogate", f"{good}\ud800"
    yield "other key", signed(payload(), key=OTHER_KEY)
    yield "empty key", signed(payload(), key="")
    yield "none", f"{_segment(json.dumps({'alg': 'none'}).encode()).decode()}.{body}."
    yield "None", f"{_segment(json.dumps({'alg': 'None'}).encode()).decode()}.{body}.{signature}"
    for algorithm in ("HS384", "HS512"):
        yield algorithm, signed(payload(), algorithm=algorithm)
    for algorithm_name in ODD_ALGORITHMS:
        yield f"alg {algorithm_name!r}", signed(payload(), headers={"alg": algorithm_name})
    for name, value in ODD_HEADERS:
        yield f"{name} {value!r}", signed(payload(), headers={name: value})
    for content in ODD_PAYLOADS:
        yield f"payload {str(content)[:20]}", signed(content)


def is_accepted(token: str) -> bool:
    try:
        read_token(token, TokenType.ACCESS)
    except InvalidToken:
        return False
    return True


def test_forged() -> None:
    assert [name for name, token in forgeries() if is_accepted(token)] == []


def test_an_unknown_key_id_alone_decides_nothing() -> None:
    """Keys are tried, not looked up, so a `kid` can neither choose a key nor a file nor a URL."""
    assert is_accepted(signed(payload(), headers={"kid": "../../etc/passwd"}))


def test_no_single_character_can_be_changed() -> None:
    good = written()
    for place, character in enumerate(good):
        for other in {"A", "B", "x", "_", "."} - {character}:
            assert not is_accepted(good[:place] + other + good[place + 1 :]), (place, other)


def test_an_access_token_does_not_refresh() -> None:
    with pytest.raises(InvalidToken):
        read_token(written(TokenType.ACCESS), TokenType.REFRESH)
    assert read_token(written(TokenType.REFRESH), TokenType.REFRESH).subject == UUID(int=1)


def test_while_keys_rotate_both_verify_and_the_first_signs(settings: Settings) -> None:
    old = written()
    settings.JWT_SIGNING_KEYS = [OTHER_KEY, KEY]
    assert is_accepted(old)
    assert jwt.decode(written(), OTHER_KEY, algorithms=["HS256"], audience="wallet-service")
    settings.JWT_SIGNING_KEYS = [OTHER_KEY]
    assert not is_accepted(old)


@pytest.mark.parametrize("keys", [[], ["short"], [KEY, "short"]])
def test_weak_keys_sign_nothing(settings: Settings, keys: list[str]) -> None:
    settings.JWT_SIGNING_KEYS = keys
    with pytest.raises(ImproperlyConfigured):
        written()


def test_the_secret_key_is_no_signing_key(settings: Settings) -> None:
    settings.JWT_SIGNING_KEYS = [settings.SECRET_KEY]
    with pytest.raises(ImproperlyConfigured):
        written()
