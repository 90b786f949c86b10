"""Requests as bytes that no decent client sends, put together by chance over every route that is served."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.api.routes import Route, api_routes
from tests.api.test_raw_requests import BODIES, TYPES

NUMBERS = (
    "0",
    "-1",
    "1",
    "101",
    "99999999999999999999",
    "1e9",
    "0x10",
    "٣",
    "NaN",
    "",
    "true",
    "9" * 4301,
    "1.5",
    "+1",
)
TEXTS = (
    "",
    " ",
    "%00",
    "%ff",
    "%ed%a0%80",
    "a" * 5000,
    "../../etc/passwd",
    "'; DROP TABLE x",
    "{}",
    "=1+1",
    "%0d%0aX: y",
)
TIMES = ("2024-13-45", "x", "9999-12-31T23:59:60Z", "2026-01-01T00:00:00+23:59", "-1", "0000-00-00", "2026-02-30")
QUERY = (
    "limit",
    "cursor",
    "offset",
    "page",
    "since",
    "from",
    "to",
    "status",
    "name",
    "currency",
    "at",
    "order",
    "dry_run",
)
CARDS = ("4111111111111111", "5555-5555-5555-4444", "378282246310005")
PASSWORD = "a-password-that-nobody-may-keep"
BOMB = gzip.compress(bytes(100 * 1024 * 1024), 9)
"""100 MiB in 100 KiB."""


@dataclass(frozen=True)
class Wish:
    """One request. `is_http`: whether it is at least framed as one, so that it has to be answered properly."""

    kind: str
    method: str
    data: bytes = field(repr=False)
    is_http: bool = True


@dataclass
class Maker:
    """Makes requests for somebody with a token, who knows some real things.

    Attributes:
        things: real ids by the name that paths have for them.
        bodies: good bodies, to change a little.
    """

    random: Random
    token: str
    things: Mapping[str, Sequence[str]]
    bodies: Sequence[dict[str, Any]]
    routes: Sequence[Route] = field(default_factory=api_routes)
    _bad_bodies: Sequence[bytes] = field(default_factory=lambda: [body for body, _ in BODIES.values()])

    def next(self) -> Wish:
        kinds = (
            self._query,
            self._query,
            self._body,
            self._body,
            self._changed_body,
            self._types,
            self._headers,
            self._log_in,
        )
        rare = (self._bomb, self._many_headers, self._framing, self._line)
        return self.random.choice(rare if self.random.random() < 0.1 else kinds)()

    def _query(self) -> Wish:
        """Pages that there are not, and everything else behind the question mark."""
        chance = self.random
        pairs = [
            f"{chance.choice(QUERY)}={chance.choice((*NUMBERS, *TEXTS, *TIMES))}" for _ in range(chance.randint(1, 4))
        ]
        route = chance.choice([route for route in self.routes if route.method == "GET"])
        return self._wish("query", route.method, f"{self._path(route)}?{'&'.join(pairs)}")

    def _body(self) -> Wish:
        body = self.random.choice(self._bad_bodies)
        return self._posted("body", body)

    def _changed_body(self) -> Wish:
        """A good body with something exchanged: a value, a type, a byte, a secret where none belongs."""
        chance = self.random
        body = dict(chance.choice(self.bodies))
        odd: list[Any] = [*NUMBERS, *TEXTS, *TIMES, *CARDS, None, True, 1.5, 10**400, [], {}, [[]]]
        for _ in range(chance.randint(1, 3)):
            body[chance.choice([*body, "metadata", "description", "id", "is_staff"])] = chance.choice(odd)
        written = bytearray(json.dumps(body).encode())
        if chance.random() < 0.3:
            written[chance.randrange(len(written))] = chance.randrange(256)
        return self._posted("changed body", bytes(written))

    def _types(self) -> Wish:
        body = json.dumps(self.random.choice(self.bodies)).encode()
        return self._posted("types", body, self.random.choice(list(TYPES.values())))

    def _headers(self) -> Wish:
        chance = self.random
        name = chance.choice(
            ("Idempotency-Key", "If-Match", "Accept", "Range", "Cookie", "X-Forwarded-For", "X-Request-Id")
        )
        value = chance.choice((*NUMBERS, *TEXTS, "\xff\xfe", "a" * 9000, "*/*;q=x", '"', "W/", "bytes=0-"))
        return self._posted("headers", json.dumps(chance.choice(self.bodies)).encode(), {name: value})

    def _log_in(self) -> Wish:
        """With a wrong password, which is nobody's business."""
        path = self.random.choice(("/v1/auth/token", f"/v1/auth/token?password={PASSWORD}"))
        given = {"email": "alice@nordwind.example", "password": PASSWORD, self.random.choice(("x", "email")): 1}
        return self._wish("log-in", "POST", path, json.dumps(given).encode(), {"Content-Type": "application/json"})

    def _bomb(self) -> Wish:
        return self._posted("gzip bomb", BOMB, {"Content-Encoding": "gzip"})

    def _many_headers(self) -> Wish:
        many = {f"X-{number}": "y" for number in range(self.random.choice((90, 110, 5_000, 100_000)))}
        return self._wish("many headers", "GET", "/v1/me", headers=many, is_http=False)

    def _framing(self) -> Wish:
        """A length that is not true, chunks that are none: nobody has to answer, but nothing may break."""
        body = json.dumps(self.random.choice(self.bodies)).encode()
        odd = {"Transfer-Encoding": self.random.choice(("chunked", "gzip, chunked", "x", "chunked, identity"))}
        return self._posted(
            "framing", self.random.choice((body, b"5\r\nhello\r\n0\r\n\r\n", b"zz\r\n\r\n0\r\n\r\n")), odd, False
        )

    def _line(self) -> Wish:
        line = bytearray(b"GET /v1/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        for _ in range(self.random.randint(1, 5)):
            line[self.random.randrange(len(line) - 4)] = self.random.randrange(256)
        return Wish("line", "GET", bytes(line), is_http=False)

    def _posted(self, kind: str, body: bytes, headers: Mapping[str, str] | None = None, is_http: bool = True) -> Wish:
        route = self.random.choice([route for route in self.routes if route.method != "GET"])
        given = {
            "Content-Type": "application/json",
            "Idempotency-Key": f"fuzz-{self.random.getrandbits(64):x}",
            **(headers or {}),
        }
        return self._wish(kind, route.method, self._path(route), body, given, is_http=is_http)

    def _path(self, route: Route) -> str:
        names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
        odd = (*TEXTS[2:7], *CARDS, "0", "x")
        named = {
            name: self.random.choice(odd if self.random.random() < 0.2 else self.things.get(name, odd))
            for name in names
        }
        return route.url(**named).replace(" ", "%20")

    def _wish(
        self,
        kind: str,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        is_http: bool = True,
    ) -> Wish:
        token = self.token if self.random.random() < 0.9 else self.token[:-1]
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        lines.append(f"Content-Length: {len(body)}")
        is_plain = all(" " not in path and character.isascii() for character in path)
        head = "\r\n".join(lines).encode("utf-8", "replace")
        return Wish(kind, method, head + b"\r\n\r\n" + body, is_http and is_plain)
