"""Packs of statements: asked for by somebody, made by the job, fetched while they last (ADR 0038)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from tempfile import TemporaryFile
from typing import IO, Protocol
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.db.transaction import atomic

from compliance.core.origin import Origin
from compliance.models import Company, User
from compliance.selectors.scope import sees_whole_company
from compliance.services.audit import record_change, record_look
from ledger.api.csv_files import csv_lines
from ledger.days import first_instant
from ledger.errors import Conflict, Forbidden, InvalidInput
from ledger.selectors.clock import database_now
from wallets.locks import lock_idle_pack
from wallets.models import FilePiece, PackState, StatementPack, Wallet

KEPT_FOR = timedelta(days=1)
PIECE_BYTES = 1024 * 1024
MOST_ATTEMPTS = 3
LEASE = timedelta(minutes=2)
"""After this long without progress, somebody else takes over."""
HOLDER_FIELDS = ("first_name", "last_name")
_WALLETS_AT_ONCE, _NOTED_EVERY = 100, 10
_ONE_MONTH = timedelta(days=32)


class Drawn(Protocol):
    """What one wallet brings to a pack."""

    @property
    def files(self) -> list[tuple[str, bytes]]: ...
    @property
    def summary(self) -> tuple[object, ...]: ...


Draw = Callable[[Wallet, datetime, datetime], Drawn]


def ask_for_pack(*, caller: User, month: date, reason: str, origin: Origin) -> StatementPack:
    """Have the statements of a month made for the whole company.

    Args:
        month: any day of it; it has to be over in the company's zone.
        reason: kept in the audit trail.

    Raises:
        Forbidden: the caller does not see all of the company's wallets.
        InvalidInput: the month is not over.
        Conflict: `statement_pack.not_ready`, it is being made.
    """
    if not sees_whole_company(caller):
        raise Forbidden
    first = month.replace(day=1)
    _, end = bounds_of(caller.company, first)
    if end > database_now():
        raise InvalidInput("Statements are packed when the month is over.", pointer="/month")
    with atomic():
        pending = StatementPack.objects.filter(company_id=caller.company_id, month=first, state=PackState.WAITING)
        if pending.exists():
            raise Conflict("The statements of this month are being made.", code="statement_pack.not_ready")
        pack = StatementPack.objects.create(company_id=caller.company_id, month=first, made_by=caller)
        after = {"month": f"{first:%Y-%m}"}
        record_change(origin=origin, entity=pack, event_type="statement_pack.requested", after=after, reason=reason)
    return pack


def bounds_of(company: Company, month: date) -> tuple[datetime, datetime]:
    """When a month begins and ends in a company's zone. `month`: its first day."""
    zone, following = ZoneInfo(company.timezone), (month + _ONE_MONTH).replace(day=1)
    return first_instant(month, zone).astimezone(zone), first_instant(following, zone).astimezone(zone)


def make_packs(draw: Draw, summary: tuple[str, ...]) -> int:
    """The job: make the packs that wait. Each is claimed, made outside of any transaction, and kept in one.

    Args:
        draw: makes the files of one wallet. summary: the columns of what it says about it.

    Returns:
        How many were made.
    """
    made = 0
    for id in list(StatementPack.objects.filter(state=PackState.WAITING).values_list("id", flat=True)):
        pack = _begin_attempt(id)
        if pack is not None:
            with TemporaryFile() as file:
                count = _write(pack, file, draw, summary)
                made += _keep(pack, file, count)
    return made


def purge_packs() -> int:
    """Delete packs whose time is over. Returns how many; safe to repeat."""
    expired = StatementPack.objects.filter(expires_at__lt=database_now()).values_list("id", flat=True)
    with atomic():
        ids = list(expired)
        FilePiece.objects.filter(pack_id__in=ids).delete()
        deleted, _ = StatementPack.objects.filter(id__in=ids).delete()
    return deleted


def fetch_pack(pack: StatementPack, *, caller: User, origin: Origin, context: str) -> Iterator[bytes]:
    """The file of a pack, piece by piece. That the caller is shown everybody's name is written down.

    Raises:
        Forbidden: the caller does not see all of the company's wallets.
        Conflict: `statement_pack.not_ready`, it is not there yet, or no longer.
    """
    if not sees_whole_company(caller) or caller.company_id != pack.company_id:
        raise Forbidden
    if pack.state != PackState.READY or pack.expires_at is None or pack.expires_at <= database_now():
        raise Conflict("This file is not there yet, or no longer. Have it made anew.", code="statement_pack.not_ready")
    holders = set(wallets_of(pack).values_list("user_id", flat=True))
    record_look(origin=origin, subject_ids=holders, fields=HOLDER_FIELDS, context=context)
    return _pieces(pack.id)


def wallets_of(pack: StatementPack) -> QuerySet[Wallet]:
    """The wallets that were there before the month was over."""
    _, end = bounds_of(pack.company, pack.month)
    return Wallet.objects.filter(user__company_id=pack.company_id, created_at__lt=end)


def _pieces(id: UUID) -> Iterator[bytes]:
    number = 0
    while (piece := FilePiece.objects.filter(pack_id=id, number=number).first()) is not None:
        yield bytes(piece.data)
        number += 1


def _begin_attempt(id: UUID) -> StatementPack | None:
    """Claim a pack that waits, unless somebody else is at it."""
    with atomic():
        pack, now = lock_idle_pack(id), database_now()
        if pack is None or pack.state != PackState.WAITING or (pack.claimed_until or now) > now:
            return None
        if pack.attempts >= MOST_ATTEMPTS:
            _finish(pack, PackState.FAILED)
            return None
        pack.attempts, pack.claimed_until = pack.attempts + 1, now + LEASE
        pack.save(update_fields=["attempts", "claimed_until"])
    return pack


def _write(pack: StatementPack, file: IO[bytes], draw: Draw, summary: tuple[str, ...]) -> int:
    start, end = bounds_of(pack.company, pack.month)
    lines: list[tuple[object, ...]] = [summary]
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for wallet in wallets_of(pack).select_related("user__company").order_by("id").iterator(_WALLETS_AT_ONCE):
            drawn = draw(wallet, start, end)
            for name, data in drawn.files:
                archive.writestr(name, data)
            lines.append(drawn.summary)
            if len(lines) % _NOTED_EVERY == 0:
                _note_progress(pack.id, len(lines) - 1)
        archive.writestr("summary.csv", "".join(csv_lines(lines)))
    return len(lines) - 1


def _keep(pack: StatementPack, file: IO[bytes], count: int) -> int:
    """Keep a file that is made, unless somebody else was quicker."""
    with atomic():
        waiting = lock_idle_pack(pack.id)
        if waiting is None or waiting.state != PackState.WAITING:
            return 0
        size = file.tell()
        file.seek(0)
        for number, data in enumerate(iter(lambda: file.read(PIECE_BYTES), b"")):
            FilePiece.objects.create(pack=waiting, number=number, data=data)
        waiting.wallets, waiting.size = count, size
        _finish(waiting, PackState.READY)
    return 1


def _finish(pack: StatementPack, state: PackState) -> None:
    now = database_now()
    pack.state, pack.finished_at, pack.expires_at = state, now, now + KEPT_FOR
    pack.save()


def _note_progress(id: UUID, done: int) -> None:
    """Say how far it is, and that somebody is at it."""
    waiting = StatementPack.objects.filter(id=id, state=PackState.WAITING)
    waiting.update(wallets=done, claimed_until=database_now() + LEASE)
