"""Bodies and queries, validated as a whole: every mistake is named at once, with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar, cast

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from ledger.api.parsing import require_storable
from ledger.errors import InvalidInput, MoneyScaleExceeded
from ledger.money import require_scale
from ledger.selectors.assets import get_asset

NON_FIELD = "non_field_errors"
MAX_ERRORS = 100
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
        amounts: money field → the field with its currency; these are held to the scale of that asset. A money
            field of a member is written `member.field`.
        is_query: whether every value arrives as text.
        ignored: the names of further members that are let through unread, as a pattern.
    """

    amounts: ClassVar[dict[str, str]] = {}
    is_query: ClassVar[bool] = False
    ignored: ClassVar[str | None] = None

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        errors: dict[str, Any] = {}
        if isinstance(data, Mapping):
            known = {name for name, field in self.fields.items() if not field.read_only}
            errors = {
                name: [ErrorDetail("There is no such field or parameter.", "unknown")]
                for name in data
                if name not in known and not (self.ignored and re.fullmatch(self.ignored, name))
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

    def _scale_errors(self, values: dict[str, Any]) -> dict[str, Any]:
        errors: dict[str, Any] = {}
        for path, currency in self.amounts.items():
            member, _, amount = path.rpartition(".")
            holder = values.get(member, {}) if member else values
            if amount not in holder or currency not in values:
                continue
            asset = get_asset(values[currency])
            try:
                require_scale(holder[amount], asset.scale, asset.code)
            except MoneyScaleExceeded as error:
                mistake = {amount: [ErrorDetail(error.detail, error.code)]}
                errors |= {member: mistake} if member else mistake
        return errors

    @classmethod
    def read(cls, data: Any) -> dict[str, Any]:
        """The validated values.

        Raises:
            InvalidInput: with `errors`, one entry per mistake.
        """
        try:
            values: dict[str, Any] = _reader(cls).run_validation(data)
        except ValidationError as error:
            raise invalid_input(error.detail) from None
        return values


class StrictQuery(StrictSerializer):
    """The parameters of a query. Each may be given once."""

    is_query: ClassVar[bool] = True

    @classmethod
    def parse(cls, params: QueryDict, path: str) -> dict[str, Any]:
        """The validated values of the query string of a request for `path`. Raises InvalidInput."""
        return cls.read(single_values(params))


@cache
def _reader(serializer: type[StrictSerializer]) -> StrictSerializer:
    """Validating leaves no trace in a serializer, so one serves all requests: making one copies all its fields."""
    return serializer(context={"is_query": serializer.is_query})


def single_values(params: QueryDict) -> dict[str, str]:
    """Query parameters as they were sent.

    Raises:
        InvalidInput: one is given twice, or holds what no text may hold.
    """
    single: dict[str, str] = {}
    for name, values in params.lists():
        if len(values) > 1:
            raise InvalidInput("This parameter is given more than once.", pointer=pointer_to(name))
        require_storable(name + values[0])
        single[name] = values[0]
    return single


def require_scale_of(amount: Decimal, asset_code: str, name: str) -> None:
    """Hold a body's amount to the scale of an asset that the body does not name itself.

    Args:
        name: the member of the body that the amount is in.

    Raises:
        InvalidInput: `money.scale_exceeded`.
    """
    asset = get_asset(asset_code)
    try:
        require_scale(amount, asset.scale, asset.code)
    except MoneyScaleExceeded as error:
        raise InvalidInput(error.detail, code=error.code, pointer=pointer_to(name)) from None


def invalid_input(detail: Any) -> InvalidInput:
    """REST framework's nested errors as one error of ours."""
    errors = list(_flatten(detail, ""))
    code = min((error["code"] for error in errors), key=PRECEDENCE.index)
    summary = next(error["detail"] for error in errors if error["code"] == code)
    return InvalidInput(summary, code=code, errors=errors[:MAX_ERRORS])


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
