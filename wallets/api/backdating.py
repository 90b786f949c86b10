"""The two members that make a movement count from an earlier time."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import ValidationError

from ledger.api.fields import TextField
from ledger.api.serializers import StrictSerializer
from ledger.api.times import InstantField

BACKDATING = (
    "`effective_at` with `effective_reason` makes it count from an earlier moment, which may not lie in a closed "
    "period (`/v1/closings`): for FINANCE, and services with the scope `ledger:backdate`. The money has to be there "
    "now."
)
"""For the description of an operation."""


class BackdatableBody(StrictSerializer):
    """Both or none of them."""

    effective_at = InstantField(required=False, help_text="When it counts, if not now: a moment that is over.")
    effective_reason = TextField(max_length=500, required=False, help_text="Why it is back-dated; kept for ever.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = {"effective_at", "effective_reason"} & attrs.keys()
        if len(given) == 1:
            (missing,) = {"effective_at", "effective_reason"} - given
            raise ValidationError({missing: ["These two belong together: send both or none."]})
        return attrs
