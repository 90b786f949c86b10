from __future__ import annotations

from django.db import models


class WritingTransaction(models.Func):
    """The number of the database transaction that writes a row. Seals go by it: what it is below has settled."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()
