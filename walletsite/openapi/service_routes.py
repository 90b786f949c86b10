"""The routes that are not part of the API proper: health, metrics and the documents themselves."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from walletsite.codes import CODES
from walletsite.docs import message_schemas
from walletsite.openapi.sharing import PROBLEM_JSON

_NOT_FOUND = {
    "schema": {"$ref": "#/components/schemas/Problem"},
    "examples": {"not_found": {"$ref": "#/components/examples/not_found"}},
}


def complete(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add the routes that are not part of the API proper: health, metrics and the documents themselves."""
    result["paths"] = dict(sorted({**result["paths"], **_plain_paths()}.items()))
    return result


def _plain_paths() -> dict[str, Any]:
    parts = ("database", "migrations", "months", "cache", "broker")
    checks = {"status": "ok", "checks": dict.fromkeys(parts, "ok")}
    return {
        "/health": _plain("health", "Whether the process lives", "application/json", {"status": "ok"}),
        "/ready": _plain("ready", "Whether the service can work", "application/json", checks, also=503),
        "/metrics": _plain("metrics", "Prometheus metrics, for loopback or with the metrics token", "text/plain"),
        "/v1/openapi.json": _plain("openapi", "This document", "application/json"),
        "/v1/docs": _plain("docs", "This document for people", "text/html"),
        "/v1/docs/events": _plain("messages", "All messages, with examples", "text/html"),
        "/v1/docs/events/{name}": _plain(
            "message",
            "The JSON Schema of one message",
            "application/schema+json",
            json.loads(message_schemas()["WebhookTest.v1.json"]),
            parameter=("name", message_schemas()),
        ),
        "/v1/errors": _plain("errors", "All error codes", "text/html"),
        "/v1/errors/{code}": _plain("error", "One error code", "text/html", parameter=("code", CODES)),
    }


def _plain(
    id: str,
    summary: str,
    media_type: str,
    example: Any = None,
    *,
    also: int | None = None,
    parameter: tuple[str, Iterable[str]] | None = None,
) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {} if media_type.endswith("json") else {"type": "string"}}
    if example is not None:
        content["examples"] = {summary: {"value": example}}
    statuses = [status for status in (200, also) if status]
    operation: dict[str, Any] = {
        "operationId": id,
        "summary": summary,
        "tags": ["service"],
        "responses": {str(status): {"description": summary, "content": {media_type: content}} for status in statuses},
    }
    if parameter:
        name, values = parameter
        known = {"type": "string", "enum": sorted(values)}
        operation["parameters"] = [{"name": name, "in": "path", "required": True, "schema": known}]
        operation["responses"]["404"] = {"description": "`not_found`", "content": {PROBLEM_JSON: _NOT_FOUND}}
    return {"get": operation}
