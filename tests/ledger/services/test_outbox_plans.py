"""Messages are kept for ever (ADR 0028), and the relay does not notice: it looks at an index of what is pending."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.transaction import atomic

from ledger.models import OutboxMessage


@pytest.mark.usefixtures("story")
def test_the_relay_finds_what_is_pending_by_an_index_of_only_that() -> None:
    pending = OutboxMessage.objects.filter(status="PENDING").order_by("created_at", "sequence")[:500]
    with atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = pending.explain()
        cursor.execute("SELECT pg_get_indexdef('outbox_pending'::regclass)")
        (definition,) = cursor.fetchone()
    assert "Seq Scan" not in plan
    assert "Index Scan" in plan
    assert "PENDING" in definition
