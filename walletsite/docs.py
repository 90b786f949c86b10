"""The interface explained: the OpenAPI document, Swagger UI from local files, and a page per error code."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from walletsite.codes import CODES, example_of


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
def error_index(request: HttpRequest) -> HttpResponse:
    return render(request, "docs/errors.html", {"codes": CODES})


@require_safe
def error_page(request: HttpRequest, code: str) -> HttpResponse:
    if code not in CODES:
        raise Http404
    example = json.dumps(example_of(code), indent=2)
    return render(request, "docs/error.html", {"name": code, "code": CODES[code], "example": example})
