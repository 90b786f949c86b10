"""Every route that is served, read from the URL map itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from ledger.api.schema import Operation, operation_of

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Route:
    """One method of one path. `view` is None for the plain pages: health, metrics, documents."""

    method: str
    path: str
    view: Any

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def operation(self) -> Operation:
        declared = operation_of(self.view, self.method)
        assert declared is not None, f"{self.name} declares no operation"
        return declared

    def url(self, **parameters: Any) -> str:
        return self.path.format(**parameters)


def served() -> Iterator[Route]:
    """All but the admin, whose pages have tests of their own."""
    for path, callback in _walk(get_resolver().url_patterns, "/"):
        view = getattr(callback, "cls", None)
        for method in METHODS:
            if hasattr(view, method.lower()) or (view is None and method == "GET"):
                yield Route(method, path, view)


def api_routes() -> list[Route]:
    """The routes of the interface proper, under /v1; `test_authorisation` shows that the bare ones are the same."""
    return [route for route in served() if route.view is not None and route.path.startswith("/v1/")]


def _walk(patterns: list[Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        path = prefix + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
        if path.startswith("/admin"):
            continue
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            yield path, pattern.callback
