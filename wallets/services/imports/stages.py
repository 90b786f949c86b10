"""What becomes of a file: taken in, tried out, asked for, applied, or given up (ADR 0038).

Its rows are done in one database transaction that also says that they are. A worker that dies in it leaves nothing
behind, and the next run begins anew.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog
from django.db import IntegrityError
from django.db.transaction import atomic

from compliance.core.origin import Origin
from compliance.models import User
from compliance.services.audit import record_change
from ledger.errors import Busy, Conflict, Forbidden, InvalidInput, ServiceError
from ledger.money import plain
from ledger.selectors.clock import database_now
from ledger.selectors.snapshot import lift_time_limits
from wallets.locks import lock_idle_import, lock_import
from wallets.models.bulk_import import ENDED, TO_WORK_ON, Import, ImportKind, ImportState
from wallets.services.imports.columns import FORMATS
from wallets.services.imports.directory import Directory
from wallets.services.imports.kinds import APPLY, IMPORTERS
from wallets.services.imports.progress import note_progress
from wallets.services.imports.reading import hash_of, read_rows
from wallets.services.imports.running import MOST_ERRORS, Report, Work, read_values

CHECKED_AT_ONCE = 50
"""So many rows are tried out while their maker waits; more are left to the job."""
MOST_ATTEMPTS = 5
DRAFTS_KEPT_FOR = timedelta(days=7)
_SAME_FILE = "import_file_once"

logger = structlog.get_logger(__name__)


def take_in(*, caller: User, kind: ImportKind, file_name: str, data: bytes, origin: Origin) -> Import:
    """Read a file and keep its rows. A small one is tried out at once, the job tries others out.

    Args:
        data: CSV or XLSX, as it was sent.

    Raises:
        Forbidden: importing is finance's.
        InvalidInput: the file as a whole cannot be read.
        Conflict: `import.duplicate`, the same rows were applied or are under way.
    """
    require_importer(caller)
    format = FORMATS[kind]
    rows = read_rows(data, columns=format.columns, required=format.required)
    file_hash = hash_of(kind, rows)
    _require_new(caller.company_id, file_hash)
    with atomic():
        row = Import.objects.create(
            company_id=caller.company_id,
            kind=kind,
            file_name=file_name[:200],
            file_hash=file_hash,
            rows=rows,
            row_count=len(rows),
            made_by=caller,
        )
        after = {"kind": kind, "rows": len(rows), "file_hash": file_hash}
        record_change(origin=origin, entity=row, event_type="import.uploaded", after=after)
    if len(rows) <= CHECKED_AT_ONCE:
        check_import(row.id)
        row.refresh_from_db()
    return row


def require_importer(caller: User) -> None:
    """Raises Forbidden for whoever may not import."""
    if caller.role not in IMPORTERS or not caller.is_active:
        raise Forbidden


def check_import(id: UUID) -> None:
    """Try all rows out and undo them; write down what would come of it, and what is wrong with which line. Nothing
    happens when somebody else is at it, or it was done before."""
    with atomic():
        row = lock_idle_import(id)
        if row is None or row.state != ImportState.DRAFT:
            return
        report = _rehearse(row)
        row.state, row.checked_at = ImportState.CHECKED, database_now()
        _keep(row, report)
        row.results = []
        row.save()


def apply_import(id: UUID) -> None:
    """Do all rows, or none if one of them is refused by now. Once: the rows and that they are done are one
    transaction, and whoever comes second finds it done."""
    with atomic():
        row = lock_idle_import(id)
        if row is None or row.state != ImportState.APPLYING:
            return
        lift_time_limits()
        report = Report()
        try:
            with atomic():
                _run(row, report)
                if report.errors:
                    raise _Undo
        except _Undo:
            _keep(row, report)
            _end(row, ImportState.FAILED, f"{len(report.errors)} rows are refused by now, so none was applied.")
        else:
            _keep(row, report)
            _end(row, ImportState.APPLIED, "")


def mark_requested(row: Import, *, approval_id: UUID) -> None:
    """Leave a checked import to a second person. Inside the transaction that asks him, `row` locked.

    Raises:
        Conflict: `import.not_ready`, or `import.duplicate`.
    """
    require_ready(row)
    row.state, row.approval_id, row.attempts = ImportState.REQUESTED, approval_id, 0
    try:
        with atomic():
            row.save(update_fields=["state", "approval_id", "attempts"])
    except IntegrityError as error:
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) != _SAME_FILE:
            raise
        raise _duplicate() from None


def require_ready(row: Import) -> None:
    """Raises Conflict unless the import was tried out and nothing is wrong with it."""
    if row.state != ImportState.CHECKED or row.errors:
        raise Conflict("Only an import that was checked without errors can be applied.", code="import.not_ready")


def mark_applying(row: Import) -> None:
    """Leave an approved import to the job. Inside the transaction of the approval, `row` locked.

    Raises:
        Conflict: `import.not_ready`, it does not wait for an approval.
    """
    if row.state != ImportState.REQUESTED:
        raise Conflict("This import waits for no approval.", code="import.not_ready")
    row.state = ImportState.APPLYING
    row.save(update_fields=["state"])


def discard_import(id: UUID, *, caller: User, reason: str, origin: Origin) -> Import:
    """Give an import up that nobody was asked about yet.

    Raises:
        Forbidden: importing is finance's.
        Conflict: `import.not_ready`, it is under way or has ended.
    """
    require_importer(caller)
    with atomic():
        row = lock_import(id)
        if row.state not in (ImportState.DRAFT, ImportState.CHECKED):
            raise Conflict("This import is under way or has ended.", code="import.not_ready")
        _end(row, ImportState.REJECTED, reason)
        record_change(origin=origin, entity=row, event_type="import.discarded", reason=reason)
    return row


def reject_import(id: UUID, *, outcome: str) -> None:
    """End an import that was not approved. Once more changes nothing."""
    with atomic():
        row = lock_import(id)
        if row.state == ImportState.REQUESTED:
            _end(row, ImportState.REJECTED, outcome)


def work_on_imports() -> int:
    """The job: try out and apply what waits for it, oldest first. What fails for a reason of ours is tried again some
    times, and then given up: nothing of it is done.

    Returns:
        How many were worked on.
    """
    waiting = list(Import.objects.filter(state__in=TO_WORK_ON).order_by("created_at").values_list("id", "state"))
    for id, state in waiting:
        if not _begin_attempt(id):
            continue
        try:
            check_import(id) if state == ImportState.DRAFT else apply_import(id)
        except Busy:
            logger.info("import_waits", import_id=str(id))
    return len(waiting)


def drop_drafts() -> int:
    """Give up what nobody asked to have applied within a week: its rows may name people.

    Returns:
        How many. Safe to repeat.
    """
    old = Import.objects.filter(
        state__in=(ImportState.DRAFT, ImportState.CHECKED), created_at__lt=database_now() - DRAFTS_KEPT_FOR
    )
    dropped = 0
    for id in old.values_list("id", flat=True):
        with atomic():
            row = lock_import(id)
            if row.state in (ImportState.DRAFT, ImportState.CHECKED):
                _end(row, ImportState.REJECTED, "Nobody asked to have it applied within a week.")
                dropped += 1
    return dropped


class _Undo(Exception):
    """Rolls the rows back."""


def _begin_attempt(id: UUID) -> bool:
    """Count an attempt before it begins, in a transaction of its own, so that one that kills its worker counts too."""
    with atomic():
        row = lock_idle_import(id)
        if row is None or row.state not in TO_WORK_ON:
            return False
        if row.attempts >= MOST_ATTEMPTS:
            _end(row, ImportState.FAILED, "Something unexpected stands in its way. Nothing was applied; see the log.")
            return False
        row.attempts += 1
        row.save(update_fields=["attempts"])
    return True


def _rehearse(row: Import) -> Report:
    lift_time_limits()
    report = Report()
    try:
        with atomic():
            _run(row, report)
            raise _Undo
    except _Undo:
        return report


def _run(row: Import, report: Report) -> None:
    """Do the rows as their maker, as far as his role reaches now."""
    try:
        require_importer(row.made_by)
    except Forbidden:
        report.refuse(0, InvalidInput("Whoever has made this import may import no more."))
        return
    kind = ImportKind(row.kind)
    values = read_values(row.rows, FORMATS[kind].reader.read, report)
    work = Work(
        import_id=row.id,
        caller=row.made_by,
        directory=Directory(row.made_by, [one for _, one in values]),
        report=report,
        note=lambda done: note_progress(row.id, done),
    )
    APPLY[kind](work, values)


def _keep(row: Import, report: Report) -> None:
    row.totals = {currency: plain(total) for currency, total in sorted(report.totals.items())}
    row.teams = dict(sorted(report.teams.items()))
    row.errors = sorted(report.errors, key=lambda error: error["line"])[:MOST_ERRORS]
    row.results = [] if report.errors else sorted(report.results, key=lambda result: result["line"])


def _end(row: Import, state: ImportState, outcome: str) -> None:
    """The last of it. Its rows may name people, and are needed no more."""
    assert row.state not in ENDED, "what has ended stays as it is"
    row.state, row.outcome, row.ended_at, row.rows = state, outcome[:500], database_now(), []
    row.save()
    if state != ImportState.REJECTED:
        origin = Origin(actor_id=row.made_by_id, actor_role=row.made_by.role, correlation_id=f"import:{row.id}")
        after = {"state": state, "rows": row.row_count, "totals": row.totals}
        record_change(origin=origin, entity=row, event_type=f"import.{state.lower()}", after=after)


def _require_new(company_id: UUID, file_hash: str) -> None:
    same = Import.objects.filter(company_id=company_id, file_hash=file_hash)
    if same.filter(state__in=(ImportState.REQUESTED, ImportState.APPLYING, ImportState.APPLIED)).exists():
        raise _duplicate()


def _duplicate() -> ServiceError:
    return Conflict(
        "A file with the same rows was applied before, or is about to be. If it is meant, say another reference in it.",
        code="import.duplicate",
    )
