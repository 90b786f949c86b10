"""Settings of REST framework and drf-spectacular, apart because settings must not import either."""

from __future__ import annotations

from typing import Any


def _text(description: str, **details: Any) -> dict[str, Any]:
    return {"type": "string", "description": description, **details}


def _figure(description: str) -> dict[str, Any]:
    return {"type": ["string", "null"], "description": description}


def _object(*optional: str, **properties: dict[str, Any]) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "required": required, "properties": properties}


_MISTAKE = _object(
    pointer=_text("Where in the body (JSON pointer), or which parameter."),
    code=_text("What is wrong there."),
    detail=_text("The same in a sentence."),
)
_GATE = _object(
    gate=_text(
        "What kind of gate.", enum=["wallet", "currency", "kyc", "risk", "funds", "budget", "limit", "condition"]
    ),
    id=_text("Whose gate it is."),
    name={"type": ["string", "null"], "description": "What people call the budget or limit."},
    required=_figure("What was asked."),
    available=_figure("What was there."),
    shortfall=_figure("The difference."),
    resets_at={"type": ["string", "null"], "format": "date-time", "description": "When there is room again."},
)
_PROBLEM = _object(
    "errors",
    "gates",
    "txn_id",
    type=_text("The page that explains the code.", format="uri-reference"),
    title=_text("What the code means, in words."),
    status={"type": "integer", "minimum": 400, "maximum": 599},
    detail=_text("What happened, in a sentence."),
    instance=_text("The path that was asked."),
    code=_text("Stable: decide by this and nothing else."),
    request_id=_text("The id of the request, in every log line about it."),
    retryable={"type": "boolean", "description": "Whether the same request may succeed later as it is."},
    errors={"type": "array", "items": _MISTAKE},
    gates={"type": "array", "items": _GATE, "description": "Every gate that failed."},
    txn_id=_text("The refused transaction, where one was kept.", format="uuid"),
)

SPECTACULAR_SETTINGS = {
    "TITLE": "Wallet, budget and ledger service",
    "DESCRIPTION": (
        "Money moves here. Amounts are decimal strings, times are RFC 3339 in UTC, errors are problem details "
        "(RFC 9457) with a stable `code`, and every request that moves money is safe to repeat under its "
        "`Idempotency-Key`."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "(/v1)?",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": ["walletsite.openapi.sharing.share", "walletsite.openapi.service_routes.complete"],
    "APPEND_COMPONENTS": {"schemas": {"Problem": _PROBLEM}},
}

INTERFACE: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["compliance.api.authentication.SessionTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["ledger.api.policy.HasPolicy"],
    "DEFAULT_PARSER_CLASSES": ["ledger.api.parsing.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "walletsite.problems.exception_handler",
    "DEFAULT_SCHEMA_CLASS": "walletsite.openapi.operations.ServiceSchema",
    "URL_FORMAT_OVERRIDE": None,  # the form of an answer is chosen by Accept, and `format` is no parameter
    "UNAUTHENTICATED_USER": None,
}
