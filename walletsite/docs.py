"""The interface explained: the OpenAPI document, Swagger UI from local files, error codes, schemas of messages."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from walletsite.codes import CODES, example_of

_MESSAGES = Path(__file__).parents[1] / "docs" / "events"


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    return JsonResponse(document())


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document; the routes do not change while a process lives."""
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return schema


@require_safe
def swagger(request: HttpRequest) -> HttpResponse:
    return render(request, "docs/swagger.html")


@require_safe
def message_index(request: HttpRequest) -> HttpResponse:
    return render(request, "docs/messages.html", {"schemas": [(name, _example(name)) for name in message_schemas()]})


@require_safe
def message_schema(request: HttpRequest, name: str) -> HttpResponse:
    """What the `data` of a type's messages look like, by the file that `dataschema` stands for (docs/events)."""
    if name not in message_schemas():
        raise Http404
    return HttpResponse(message_schemas()[name], content_type="application/schema+json")


@cache
def message_schemas() -> dict[str, str]:
    """The schema of the envelope and those of all types and versions, by the names of their files."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(_MESSAGES.glob("*.json"))}


@cache
def _example(name: str) -> str:
    """A whole message of this schema; "" for the envelope's own."""
    path = _MESSAGES / "examples" / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


@require_safe
def error_index(request: HttpRequest) -> HttpResponse:
    return render(request, "docs/errors.html", {"codes": CODES})


@require_safe
def error_page(request: HttpRequest, code: str) -> HttpResponse:
    if code not in CODES:
        raise Http404
    example = json.dumps(example_of(code), indent=2)
    return render(request, "docs/error.html", {"name": code, "code": CODES[code], "example": example})
