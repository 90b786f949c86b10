"""Bodies and queries, validated as a whole: every mistake is named at once, with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, cast

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from ledger.api.parsing import require_storable
from ledger.errors import InvalidInput, MoneyScaleExceeded
from ledger.money import require_scale
from ledger.selectors.assets import get_asset

NON_FIELD = "non_field_errors"
PRECEDENCE = (
    "request.malformed",
    "request.validation",
    "money.invalid",
    "money.scale_exceeded",
    "currency.unsupported",
    "pagination.invalid",
)
"""When a request has several mistakes, the answer's code is the first of these."""


class StrictSerializer(serializers.Serializer[Any]):
    """A body. Members that are not declared are refused, and so are read-only ones.

    Attributes:
        amounts: money field → the field with its currency; these are held to the scale of that asset.
    """

    amounts: ClassVar[dict[str, str]] = {}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        errors: dict[str, Any] = {}
        if isinstance(data, Mapping):
            known = {name for name, field in self.fields.items() if not field.read_only}
            errors = {
                name: [ErrorDetail("There is no such field or parameter.", "unknown")]
                for name in data
                if name not in known
            }
        values: dict[str, Any] = {}
        try:
            values = super().to_internal_value(data)
        except ValidationError as error:
            errors.update(cast("dict[str, Any]", error.detail))
        errors.update(self._scale_errors(values))
        if errors:
            raise ValidationError(errors)
        return values

    def _scale_errors(self, values: dict[str, Any]) -> dict[str, list[ErrorDetail]]:
        errors: dict[str, list[ErrorDetail]] = {}
        for amount, currency in self.amounts.items():
            if amount not in values or currency not in values:
                continue
            asset = get_asset(values[currency])
            try:
                require_scale(values[amount], asset.scale, asset.code)
            except MoneyScaleExceeded as error:
                errors[amount] = [ErrorDetail(error.detail, error.code)]
        return errors

    def read(self) -> dict[str, Any]:
        """The validated values.

        Raises:
            InvalidInput: with `errors`, one entry per mistake.
        """
        if self.is_valid():
            values: dict[str, Any] = self.validated_data
            return values
        raise invalid_input(self.errors)


class StrictQuery(StrictSerializer):
    """The parameters of a query. Each may be given once."""

    @classmethod
    def parse(cls, params: QueryDict, context: dict[str, Any]) -> dict[str, Any]:
        """The validated values of a request's query string. Raises InvalidInput."""
        single: dict[str, str] = {}
        for name, values in params.lists():
            if len(values) > 1:
                raise InvalidInput("This parameter is given more than once.", pointer=pointer_to(name))
            require_storable(name + values[0])
            single[name] = values[0]
        return cls(data=cls.prepare(single, context), context={**context, "is_query": True}).read()

    @classmethod
    def prepare(cls, params: dict[str, str], context: dict[str, Any]) -> dict[str, str]:
        """A place for subclasses to work on the raw parameters before they are validated."""
        return params


def invalid_input(detail: Any) -> InvalidInput:
    """REST framework's nested errors as one error of ours."""
    errors = list(_flatten(detail, ""))
    code = min((error["code"] for error in errors), key=PRECEDENCE.index)
    summary = next(error["detail"] for error in errors if error["code"] == code)
    return InvalidInput(summary, code=code, errors=errors)


def pointer_to(*path: str | int) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _flatten(detail: Any, pointer: str) -> Iterator[dict[str, str]]:
    if isinstance(detail, Mapping):
        for name, child in detail.items():
            yield from _flatten(child, pointer if name == NON_FIELD else pointer + pointer_to(name))
    elif isinstance(detail, list):
        for index, child in enumerate(detail):
            yield from _flatten(child, pointer if isinstance(child, str) else pointer + pointer_to(index))
    else:
        known = getattr(detail, "code", None) in PRECEDENCE
        yield {"pointer": pointer, "code": detail.code if known else "request.validation", "detail": str(detail)}
