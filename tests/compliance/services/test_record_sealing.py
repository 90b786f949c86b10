"""Sealing the audit trail: nothing is skipped, nothing sealed twice, and what is erasable can go (ADR 0030)."""

from __future__ import annotations

from io import StringIO

from django.core.management import call_command

from compliance.core.origin import Origin
from compliance.models import AuditRecord
from compliance.services.audit import record_change
from ledger.core.leaves import SECRET_BYTES, Kind, column_parts, mark_of, read_leaf, seal_parts
from ledger.ids import new_id
from ledger.models import RecordSeal, SealedRecord
from ledger.selectors.sealed_logs import RECORDS
from ledger.selectors.seals import seal_backlog
from ledger.services.seal_verification import verify_seals
from ledger.services.sealing import SealRun, seal_log
from ledger.tasks import seal_records_task
from tests.compliance.factories import CompanyFactory, make_cast
from tests.compliance.sealing import leaf_of_record, seal_records, wait_for_records, write_records
from tests.ledger.sessions import open_elsewhere


def test_who_commits_late_is_sealed_later_and_never_skipped(committed_db: None) -> None:
    cast = make_cast()
    write_records(cast)
    seal_records()
    late_company = CompanyFactory()

    def write_late() -> None:
        record_change(origin=Origin(), entity=late_company, event_type="company.changed")

    with open_elsewhere(write_late):
        early, _ = write_records(cast)
        seal_log(RECORDS)
        assert not SealedRecord.objects.filter(record_id=early.id).exists()
    seal_records()
    late = AuditRecord.objects.get(company_id=late_company.id)
    assert leaf_of_record(late.id).index < leaf_of_record(early.id).index
    assert verify_seals(log=RECORDS).finding is None


def test_after_an_outage_it_catches_up_in_chunks_and_job_and_command_do_the_same(committed_db: None) -> None:
    cast = make_cast()
    write_records(cast)
    seal_records()
    for _ in range(3):
        write_records(cast)
    assert seal_records(rows_per_seal=2, seals_per_run=1) == SealRun(seals=1, rows=2, is_caught_up=False)
    assert seal_log(RECORDS).rows == 4
    write_records(cast)
    wait_for_records()
    before = RecordSeal.objects.count()
    seal_records_task()
    assert RecordSeal.objects.count() == before + 1
    write_records(cast)
    wait_for_records()
    output = StringIO()
    call_command("seal", stdout=output)
    assert "2 records sealed by 1 record seals." in output.getvalue()


def test_the_backlog_tells_since_when_the_oldest_waits(committed_db: None) -> None:
    cast = make_cast()
    write_records(cast)
    seal_records()
    assert (seal_backlog(RECORDS).unsealed, seal_backlog(RECORDS).oldest_seconds) == (0, 0)
    write_records(cast)
    backlog = seal_backlog(RECORDS)
    assert backlog.unsealed == 2
    assert 0 < backlog.oldest_seconds < 60


def test_what_is_erasable_can_go_without_a_trace_of_it_and_the_rest_stays_provable() -> None:
    """The commitment to an address stays in the leaf; without the second half of the secret nobody can try addresses
    against it, and the other columns are proven by the first half as before."""
    row = {"id": "1", "reason": "It moved.", "ip_address": "192.0.2.7"}
    secret = bytes(range(2 * SECRET_BYTES))
    leaf = seal_parts(0, new_id(), column_parts("t", row, {"ip_address"}), secret)
    erased = secret[:SECRET_BYTES]
    assert mark_of(erased) == leaf.secret_mark
    for part in column_parts("t", row, {"ip_address"}):
        is_proven = part.commitment(erased) == leaf.commitments[part.slot]
        assert is_proven == (part.slot.kind is Kind.COLUMN)
    assert read_leaf(leaf.data()) == leaf
