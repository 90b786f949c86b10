"""Sealing records in tests: write some, wait until everything has settled, seal it."""

from __future__ import annotations

from uuid import UUID

from django.db import connection
from django.db.transaction import atomic

from compliance.core.origin import Origin
from compliance.models import AuditRecord, Company, DataAccessLog
from compliance.services.audit import record_change, record_look
from ledger.ids import new_id
from ledger.models import RecordSeal, SealedRecord
from ledger.selectors.sealed_logs import RECORDS
from ledger.services.sealing import SealRun, seal_log
from tests.compliance.factories import Cast
from tests.ledger.sessions import wait_until

_HAVE_SETTLED = """
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint > greatest(
        (SELECT max(xid) FROM compliance_auditrecord), (SELECT max(xid) FROM compliance_dataaccesslog)
    )
"""


def wait_for_records() -> None:
    """Until every record is settled. A transaction anywhere on the server holds the horizon back."""

    def have_settled() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(_HAVE_SETTLED)
            return bool(cursor.fetchone()[0])

    wait_until(have_settled)


def seal_records(**limits: int) -> SealRun:
    """Seal up to now."""
    wait_for_records()
    return seal_log(RECORDS, **limits)


def last_record_seal() -> RecordSeal:
    return RecordSeal.objects.latest("number")


def leaf_of_record(record_id: UUID) -> SealedRecord:
    return SealedRecord.objects.get(record_id=record_id)


def write_records(cast: Cast) -> tuple[AuditRecord, DataAccessLog]:
    """A change and a look of one database transaction."""
    origin = Origin(cast.frida.id, "FINANCE", "192.0.2.7", "pytest", new_id(), "r-1")
    company = Company.objects.get(id=cast.company.id)
    with atomic():
        record_change(
            origin=origin,
            entity=company,
            event_type="company.changed",
            before={"name": "Nord"},
            after={"name": "Süd"},
            reason="It moved.",
        )
        record_look(origin=origin, subject_ids=[cast.alice.id], fields=["email"], context="GET here")
    return (
        AuditRecord.objects.filter(company_id=company.id).latest("id"),
        DataAccessLog.objects.filter(subject=cast.alice).latest("id"),
    )
