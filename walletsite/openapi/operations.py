"""The OpenAPI 3.1 document, printed from what the views declare about themselves (`ledger.api.schema`)."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiRequest,
    OpenApiResponse,
    PolymorphicProxySerializer,
)

from ledger.api.policy import Policy, policy_of
from ledger.api.schema import Operation, operation_of
from ledger.api.serializers import StrictSerializer
from walletsite.codes import CODES, example_of
from walletsite.openapi.sharing import PROBLEM_JSON

EVERYWHERE = ("request.malformed", "request.validation", "not_acceptable", "service.unavailable")
WHEN_PRIVATE = ("auth.required", "auth.invalid_token", "auth.forbidden", "rate.limited")
WHEN_BODY = ("media_type.unsupported", "request.too_large")
WHEN_CHANGING = ("outcome.unknown",)
WHEN_KEY = ("idempotency.key_reused", "idempotency.in_progress", "lock.timeout")


class ServiceSchema(AutoSchema):
    """Reads a view's policy and operations instead of guessing from generic views."""

    @property
    def declared(self) -> Operation:
        return operation_of(self.view, self.method) or Operation(summary="")

    @property
    def view_policy(self) -> Policy:
        return policy_of(self.view, self.method) or Policy()

    def get_operation_id(self) -> str:
        words = re.sub(r"[^a-z0-9]+", "_", self.path.lower()).strip("_")
        return f"{self.method.lower()}_{words}"

    def get_summary(self) -> str:
        return self.declared.summary

    def get_description(self) -> str:  # type: ignore[override]
        return "\n\n".join(filter(None, [self.declared.description, _admission(self.view_policy)]))

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/v1").split("/")[1]]

    def get_auth(self) -> list[dict[str, Any]]:
        return [] if self.view_policy.is_public else super().get_auth()

    def get_override_parameters(self) -> list[Any]:
        headers = [*_request_headers(self.declared), *_response_headers(self.declared)]
        has_parameters = bool(self.declared.query().fields)
        return [self.declared.query, *headers] if has_parameters else headers

    def get_request_serializer(self) -> Any:
        declared = self.declared
        if declared.body is None:
            return None
        bodies = {"application/json": (declared.body, declared.body_example), **declared.other_bodies}
        return {
            media_type: OpenApiRequest(
                body, examples=[OpenApiExample(declared.summary, value=example)] if example else []
            )
            for media_type, (body, example) in bodies.items()
        }

    def get_response_serializers(self) -> Any:
        declared = self.declared
        answers: dict[Any, Any] = {declared.status: _success(declared)}
        for media_type in declared.media_types:
            binary = {"type": "string", "format": "binary"}
            answers[declared.status, media_type] = OpenApiResponse(binary, description=declared.summary)
        for status, (answer, example) in declared.other_answers.items():
            if status != declared.status:
                answers[status] = _answer(declared, answer, example)
        for status, codes in groupby(sorted(self._codes(), key=_status), key=_status):
            answers[status, PROBLEM_JSON] = _failure(list(codes))
        return answers

    def _codes(self) -> set[str]:
        declared = self.declared
        codes = {*EVERYWHERE, *declared.codes}
        if not self.view_policy.is_public:
            codes.update(WHEN_PRIVATE)
        if self.method != "GET":
            codes.update(WHEN_CHANGING)
        if declared.body is not None:
            codes.update(WHEN_BODY)
        if declared.takes_key:
            codes.update(WHEN_KEY)
        if declared.takes_key == "required":
            codes.add("idempotency.key_missing")
        if declared.takes_version:
            codes.add("precondition.failed")
        if declared.takes_version == "required":
            codes.add("precondition.required")
        if "{" in self.path:
            codes.add("not_found")
        return codes

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if type(serializer).__doc__ is None:
            schema.pop("description", None)  # it would be the base class's
        if isinstance(serializer, StrictSerializer):
            schema["additionalProperties"] = False
            if serializer.ignored:
                schema["patternProperties"] = {f"^{serializer.ignored}$": {}}
        return schema


def _admission(policy: Policy) -> str:
    if policy.is_public:
        return "Nobody has to be logged in."
    who = sorted(policy.roles)
    if policy.scope:
        who.append(f"service accounts with `{policy.scope}`")
    return f"For {', '.join(who)}."


def _status(code: str) -> int:
    return CODES[code].status


def _success(declared: Operation) -> OpenApiResponse:
    """The answer; where another one has the same status, either of them."""
    if declared.status not in declared.other_answers:
        return _answer(declared, declared.answer, declared.example)
    assert declared.answer is not None, "an empty answer has a status of its own"
    other, example = declared.other_answers[declared.status]
    either = PolymorphicProxySerializer(
        component_name=f"{declared.answer.__name__}Or{other.__name__}",
        serializers=[declared.answer, other],  # type: ignore[list-item]  # all of ours are serializers of objects
        resource_type_field_name=None,
    )
    examples = [OpenApiExample(declared.summary, value=declared.example), OpenApiExample("dry_run", value=example)]
    return OpenApiResponse(either, description=declared.summary, examples=examples)


def _answer(declared: Operation, answer: Any, example: Any) -> OpenApiResponse:
    examples = [] if example is None else [OpenApiExample(declared.summary, value=example)]
    return OpenApiResponse(answer, description=declared.summary, examples=examples)


def _failure(codes: list[str]) -> OpenApiResponse:
    """`walletsite.openapi.sharing` turns these examples into references."""
    codes.sort()
    examples = [OpenApiExample(code, value=example_of(code)) for code in codes]
    description = ", ".join(f"`{code}`" for code in codes)
    return OpenApiResponse({"$ref": "#/components/schemas/Problem"}, description=description, examples=examples)


def _header(name: str, description: str, **details: Any) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=description, **details)


def _request_headers(declared: Operation) -> list[OpenApiParameter]:
    headers = [_header("X-Request-Id", "Your own id of this request; a fresh one is made without it.")]
    if declared.takes_key:
        about = "1 to 255 visible ASCII characters. The same key with the same request never has a second effect."
        schema: Any = {"type": "string", "pattern": "^[!-~]{1,255}$"}
        is_required = declared.takes_key == "required"
        headers.append(OpenApiParameter("Idempotency-Key", schema, "header", required=is_required, description=about))
    if declared.takes_version:
        about = "The `ETag` of what you want to change."
        headers.append(_header("If-Match", about, required=declared.takes_version == "required"))
    for name, schema in declared.headers.items():
        headers.append(OpenApiParameter(name, schema, "header", description=schema["description"]))
    return headers


def _response_headers(declared: Operation) -> list[OpenApiParameter]:
    headers = [_header("X-Request-Id", "The id of this request, in every log line and error.", response=True)]
    waiting = [status for status in declared.other_answers if status == 202]
    headers.append(_header("Retry-After", "Seconds to wait.", response=[*waiting, 409, 429, 503]))
    if declared.is_tagged:
        headers.append(_header("ETag", 'The version, such as "v7".', response=[declared.status]))
    if declared.takes_key:
        headers.append(_header("Idempotent-Replayed", "`true` on a stored answer.", response=[declared.status]))
    return headers


class _StrictFieldSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Every strict field knows its own JSON schema."""

    target_class = "ledger.api.fields.StrictField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = dict(self.target.json_schema())
        return schema
