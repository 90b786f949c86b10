"""What an operation takes and answers, said once: the service holds requests to it and OpenAPI prints it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rest_framework.serializers import BaseSerializer

from ledger.api.serializers import StrictQuery, StrictSerializer

Handler = TypeVar("Handler", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one view.

    Attributes:
        summary: the operation in half a sentence.
        body: what the request's JSON must look like; None = no body, and one that comes is refused.
        query: the query parameters; others are refused.
        answer: the JSON of a success; None = an empty answer.
        status: of a success.
        codes: the problems that this operation may answer besides those that every operation may.
        example: a success as JSON, with all members. `body_example`: the request that led to it.
        other_bodies: further forms of the request by media type, each a serializer and an example.
        takes_key: "required" or "optional" when `Idempotency-Key` means something here.
        takes_version: "required" or "optional" when `If-Match` means something here.
        is_tagged: whether the answer bears an `ETag`.
        media_types: further forms of the answer, chosen by `Accept`.
        headers: further request headers, each a JSON schema with its description.
        other_answers: further successes by status, each a serializer and an example.
    """

    summary: str
    body: type[StrictSerializer] | None = None
    query: type[StrictQuery] = StrictQuery
    answer: type[BaseSerializer[Any]] | None = None
    status: int = 200
    codes: tuple[str, ...] = ()
    example: Any = None
    body_example: Any = None
    other_bodies: dict[str, tuple[type[StrictSerializer], Any]] = field(default_factory=dict)
    takes_key: str | None = None
    takes_version: str | None = None
    is_tagged: bool = False
    description: str = ""
    media_types: tuple[str, ...] = ()
    headers: dict[str, dict[str, Any]] = field(default_factory=dict)
    other_answers: dict[int, tuple[type[BaseSerializer[Any]], Any]] = field(default_factory=dict)


def operation(summary: str, **details: Any) -> Callable[[Handler], Handler]:
    """Declare a view's method. See `Operation` for the details."""

    def declare(handler: Handler) -> Handler:
        handler.operation = Operation(summary=summary, **details)  # type: ignore[attr-defined]
        return handler

    return declare


def operation_of(view: Any, method: str) -> Operation | None:
    """What a view says about one of its methods."""
    handler = getattr(view, method.lower(), None)
    return getattr(handler, "operation", None)
