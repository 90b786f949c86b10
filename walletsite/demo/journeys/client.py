"""HTTP as the journeys speak it: JSON in, JSON out, every status is an answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from typing import Any, Protocol
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked.

    Attributes:
        key: the `Idempotency-Key`, for requests that need one.
        if_match: the ETag that the resource must still have.
    """

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    key: str = ""
    if_match: str = ""

    @property
    def headers(self) -> dict[str, str]:
        sent = {"Content-Type": "application/json", "Idempotency-Key": self.key, "If-Match": self.if_match}
        return {name: value for name, value in sent.items() if value}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `headers` in lower case."""

    status: int
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def is_replay(self) -> bool:
        return self.headers.get("idempotent-replayed") == "true"


class Sender(Protocol):
    """Takes a request and brings the answer."""

    def send(self, request: Request) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody who talks to the service; without a token a stranger."""

    base_url: str
    token: str = ""

    def send(self, request: Request) -> Answer:
        """Send a request on a connection of its own.

        Raises:
            OSError: nobody answers.
        """
        parts = urlsplit(self.base_url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = kind(parts.netloc, timeout=TIMEOUT_SECONDS)
        headers = request.headers | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        body = None if request.body is None else json.dumps(request.body)
        try:
            connection.request(request.method, f"{parts.path}{request.path}", body, headers)
            response = connection.getresponse()
            content = response.read()
            received = {name.lower(): value for name, value in response.getheaders()}
        finally:
            connection.close()
        return Answer(response.status, received, json.loads(content) if content else {})

    def log_in(self, log_in: Mapping[str, str]) -> Answer:
        """Ask for a token with `email` and `password`, or `client_id` and `client_secret`."""
        return self.send(Request("POST", "/v1/auth/token", log_in))
