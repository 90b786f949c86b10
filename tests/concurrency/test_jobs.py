"""Every regular job may be started twice, five times at once, or late: the result is the same (safety.md 25).

A job that is scheduled and has no row here fails the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.utils import timezone

from budgets.models import Budget, BudgetPeriod, BudgetRequest
from compliance.core.origin import Origin
from compliance.models import AuditRecord, LoginSession, User
from compliance.services.audit import record_look
from compliance.services.companies import create_company
from ledger.ids import new_id
from ledger.models import (
    Account,
    BalanceSummary,
    JobRun,
    OutboxMessage,
    RecordSeal,
    Reservation,
    SealedLeaf,
    SealedRecord,
    Snapshot,
)
from ledger.selectors.balances import system_balances
from ledger.selectors.clock import DatabaseClock, database_now
from ledger.selectors.seals import latest_seal
from ledger.services.job_runs import Skipped
from tests.budgets.factories import Owner
from tests.compliance.clients import tokens_of
from tests.compliance.factories import UserFactory, make_cast
from tests.compliance.sealing import wait_for_records
from tests.ledger.books import Books, balance, post, row_counts
from tests.ledger.sealing import wait_for_horizon
from tests.ledger.sessions import answers, together, wait_until
from tests.wallets.approving import adjustment, agree, ask, make_office, origin_of
from tests.wallets.asking import Asked
from tests.wallets.importing import taken_in, top_ups
from tests.wallets.incoming import booked, make_due, row_of, take
from tests.wallets.notices import frozen, only_mine, received
from tests.wallets.scene import available, give_wallet, set_status
from tests.wallets.webhooks import listening, ping
from wallets.models import (
    Approval,
    FilePiece,
    Import,
    ImportKind,
    Notification,
    Source,
    StatementPack,
    Wallet,
    WebhookDelivery,
    WebhookSecret,
)
from wallets.services.import_requests import ask_to_apply
from wallets.services.notifications.noting import note
from walletsite.celery import app

app.loader.import_default_modules()

Look = Callable[[], Any]


@dataclass(frozen=True)
class Tick:
    """Something for a job to do, more than one tick's worth, and what is there when it has been done.

    Attributes:
        look: reads what the job is about.
        expected: what `look` finds after the job has run, however often.
    """

    look: Look
    expected: Any


def movements() -> tuple[Books, Any]:
    """A company's books with a history that has settled: 100 came in, 30 went out."""
    books = Books().open()
    wallet = books.wallet("100")
    post(books.payment(wallet, "30"))
    wait_for_horizon()
    return books, wallet


def to_fold() -> Tick:
    books, _ = movements()
    id = books.funding.id
    return Tick(lambda: (Account.objects.get(id=id).balance, system_balances([id])[id]), (-70, -70))


def to_refresh() -> Tick:
    _, wallet = movements()
    rows = BalanceSummary.objects.filter(owner_id=wallet.wallet_id)
    return Tick(lambda: list(rows.values_list("available", "postings")), [(70, 2)])


def to_expire() -> Tick:
    """Three holds whose deadlines have passed."""
    books = Books().open()
    wallet = books.wallet("100")
    post(*(books.reserve(wallet, "10", expires_in=timedelta(milliseconds=1)) for _ in range(3)))
    holds = Reservation.objects.filter(wallet_id=wallet.wallet_id)
    wait_until(lambda: holds.filter(expires_at__lt=DatabaseClock()).count() == 3)
    return Tick(lambda: (list(holds.values_list("status", flat=True)), balance(wallet)), (["EXPIRED"] * 3, 100))


def to_snapshot() -> Tick:
    """One snapshot a day, and each account in it at most once."""
    movements()

    def look() -> bool:
        return Snapshot.objects.filter(at__gt=database_now() - timedelta(hours=1)).count() <= 1

    return Tick(look, True)


def to_seal() -> Tick:
    _, wallet = movements()
    messages = OutboxMessage.objects.filter(aggregate_id=wallet.wallet_id)
    leaves = SealedLeaf.objects.filter(event_id__in=messages.values("event_id"))

    def look() -> tuple[int, bool]:
        seal = latest_seal()
        return leaves.count(), seal is not None and seal.tree_size == SealedLeaf.objects.count()

    return Tick(look, (3, True))


def to_seal_records() -> Tick:
    """A company's own trail, settled."""
    company = create_company(name="Nordwind", origin=Origin())
    record_look(origin=Origin(new_id(), "FINANCE"), subject_ids=[UserFactory().id], fields=["email"], context="here")
    wait_for_records()
    records = AuditRecord.objects.filter(company_id=company.id)
    leaves = SealedRecord.objects.filter(record_id__in=records.values("id"))

    def look() -> tuple[int, bool]:
        return leaves.count(), RecordSeal.objects.latest("number").tree_size == SealedRecord.objects.count()

    return Tick(look, (1, True))


def to_make_months() -> Tick:
    """Nothing is missing; `test_partitions` shows what happens when something is."""

    def look() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = 'ledger_event'::regclass")
            (count,) = cursor.fetchone()
        return int(count)

    return Tick(look, look())


def to_purge_log_ins() -> Tick:
    alice = UserFactory()
    for days in (31, 45, 1):
        tokens_of(alice)
        end = timezone.now() - timedelta(days=days)
        newest = LoginSession.objects.filter(user=alice).order_by("-id")[:1]
        LoginSession.objects.filter(id__in=newest).update(created_at=end - timedelta(days=14), expires_at=end)
    for hours in (-1, 1):
        key = f"{alice.id.hex[:30]}{hours}"
        Session.objects.create(session_key=key, session_data="", expire_date=timezone.now() + timedelta(hours=hours))
    desks = Session.objects.filter(session_key__startswith=alice.id.hex[:30])
    return Tick(lambda: (LoginSession.objects.filter(user=alice).count(), desks.count()), (1, 1))


def to_purge_runs() -> Tick:
    job = f"test.{new_id().hex}"
    for days in (90, 60, 31, 1):
        at = database_now() - timedelta(days=days)
        JobRun.objects.create(job=job, started_at=at, ends_by=at, finished_at=at, outcome="OK")
    return Tick(lambda: JobRun.objects.filter(job=job).count(), 1)


def to_retry() -> Tick:
    """Three bookings of somebody who was not there yet when they came."""
    dora = User()
    envelopes = [booked(dora, "10.00", booking=new_id().hex) for _ in range(3)]
    for envelope in envelopes:
        assert take(envelope).status == "PENDING"
    wallet = give_wallet(UserFactory(id=dora.id), "100")
    for envelope in envelopes:
        make_due(row_of(envelope))
    return Tick(
        lambda: ([row_of(envelope).status for envelope in envelopes], available(wallet)), (["PROCESSED"] * 3, 70)
    )


def to_purge_webhooks() -> Tick:
    """Deliveries and keys that are too old, each beside one that is not."""
    frida = make_cast().frida
    with listening(frida) as made:
        for days in (45, 31, 29):
            created_at = timezone.now() - timedelta(days=days)
            WebhookDelivery.objects.filter(id=ping(frida, made.endpoint).id).update(created_at=created_at)
    for hours in (-1, 1):
        expires_at = timezone.now() + timedelta(hours=hours)
        WebhookSecret.objects.create(endpoint=made.endpoint, encrypted="not opened", expires_at=expires_at)
    deliveries = WebhookDelivery.objects.filter(endpoint=made.endpoint)
    keys = WebhookSecret.objects.filter(endpoint=made.endpoint)
    return Tick(lambda: (deliveries.count(), keys.count()), (1, 2))


def to_turn() -> Tick:
    """Three budgets that began long ago and that nobody has opened a period for."""
    owner = Owner()
    ids = [owner.budget("600", categories=(name,), start_date=date(2099, 1, 1)).id for name in ("a", "b", "c")]
    Budget.objects.filter(id__in=ids).update(start_date=date(2020, 1, 1))
    now = BudgetPeriod.objects.filter(budget_id__in=ids, starts_at__lte=DatabaseClock(), ends_at__gt=DatabaseClock())
    return Tick(lambda: [period.base for period in now], [600] * 3)


def to_tell() -> Tick:
    """Half of a budget is spent, then it refuses twice."""
    owner = Owner()
    budget = owner.budget("200", thresholds=(50,))
    for amount in ("140", "90", "90"):
        owner.spend(amount)
    told = OutboxMessage.objects.filter(aggregate_id=budget.id).exclude(type="BudgetPeriodOpened").order_by("sequence")
    expected = ["BudgetCreated", "BudgetThresholdReached", "BudgetExceeded", "BudgetExceeded"]
    return Tick(lambda: list(told.values_list("type", flat=True)), expected)


def to_retry_spends() -> Tick:
    """Two refused bookings that there is more for now, and a request that nobody has answered."""
    asked = Asked()
    asked.approve(Decimal(200))
    late = asked.wait_too_long()
    requests = BudgetRequest.objects.filter(id=late.id)
    return Tick(
        lambda: (asked.retries(), requests.get().state, available(asked.scene.alices)),
        (["ACCEPTED", "ACCEPTED"], "EXPIRED", 250),
    )


def to_note() -> Tick:
    """Money came in, then the wallet was frozen."""
    cast = make_cast()
    wallet = give_wallet(cast.alice, "10")
    set_status(wallet, "FROZEN", by=cast.conny)
    wait_for_horizon()
    kinds = Notification.objects.filter(user=cast.alice).order_by("kind").values_list("kind", flat=True)
    return Tick(lambda: list(kinds), ["MONEY_RECEIVED", "WALLET_FROZEN"])


def to_mail() -> Tick:
    """Three e-mails, each for somebody else."""
    only_mine()
    people = [UserFactory() for _ in range(3)]
    note([frozen(give_wallet(person)) for person in people])
    addresses = {person.email for person in people}

    def look() -> list[str]:
        return sorted(to for message in mail.outbox for to in message.to if to in addresses)

    return Tick(look, sorted(addresses))


def to_purge_notifications() -> Tick:
    """Two that are too old, beside one that is not."""
    alice = UserFactory()
    wallet = give_wallet(alice)
    for days in (120, 91, 89):
        message = received(wallet)
        note([message])
        created_at = timezone.now() - timedelta(days=days)
        Notification.objects.filter(user=alice, cause=message.id).update(created_at=created_at)
    return Tick(lambda: Notification.objects.filter(user=alice).count(), 1)


def overdue(hours: int, column: str) -> Any:
    """Three requests for adjustments that were made, or end, so long ago."""
    asked = []
    for _ in range(3):
        office = make_office()
        asked.append(ask("adjustment.post", office.frida, adjustment(office.scene.alices)).id)
    rows = Approval.objects.filter(id__in=asked)
    rows.update(**{column: timezone.now() - timedelta(hours=hours)})
    return rows


def to_expire_approvals() -> Tick:
    rows = overdue(1, "expires_at")
    told = Notification.objects.filter(kind="APPROVAL_DECIDED", facts__approval_id__in=[str(row.id) for row in rows])
    return Tick(lambda: (list(rows.values_list("status", flat=True)), told.count()), (["EXPIRED"] * 3, 3))


def to_remind() -> Tick:
    rows = overdue(25, "created_at")
    ids = [str(row.id) for row in rows]
    told = Notification.objects.filter(kind="APPROVAL_REQUESTED", facts__approval_id__in=ids)
    return Tick(lambda: (rows.filter(reminded_at__isnull=False).count(), told.count()), (3, 6))


def to_import() -> Tick:
    """A file that was approved, and one that is still to be tried out."""
    office = make_office()
    approved, draft = (
        taken_in(office.frida, ImportKind.TOP_UPS, top_ups(f"{office.scene.alices.id},10,EUR,,{name}"))
        for name in ("approved", "draft")
    )
    asked = ask_to_apply(
        approved.id, caller=office.frida, reason="Now.", origin=origin_of(office.frida), source=Source.ADMIN
    )
    agree(asked, office.fiona)
    Import.objects.filter(id=draft.id).update(state="DRAFT", checked_at=None)
    states = (
        Import.objects.filter(id__in=(approved.id, draft.id)).order_by("created_at").values_list("state", flat=True)
    )
    return Tick(lambda: (list(states), available(office.scene.alices)), (["APPLIED", "CHECKED"], 110))


def to_pack() -> Tick:
    """The statements of last month of one wallet that was there then."""
    cast = make_cast()
    wallet = give_wallet(cast.alice, "10")
    Wallet.objects.filter(id=wallet.id).update(created_at=wallet.created_at - timedelta(days=62))
    month = (database_now().date().replace(day=1) - timedelta(days=1)).replace(day=1)
    pack = StatementPack.objects.create(company=cast.company, month=month, made_by=cast.frida)
    packs = StatementPack.objects.filter(id=pack.id).values_list("state", "wallets")
    return Tick(lambda: list(packs), [("READY", 1)])


def to_purge_files() -> Tick:
    """A pack whose day is over beside one whose is not, and a file that nobody asked for."""
    cast, now = make_cast(), database_now()
    for hours in (-1, 1):
        pack = StatementPack.objects.create(
            company=cast.company,
            month=date(2026, 1, 1),
            made_by=cast.frida,
            state="READY",
            finished_at=now,
            expires_at=now + timedelta(hours=hours),
        )
        FilePiece.objects.create(pack=pack, number=0, data=b"PK")
    wallet = give_wallet(cast.alice)
    old = taken_in(cast.frida, ImportKind.TOP_UPS, top_ups(f"{wallet.id},10,EUR,,"))
    Import.objects.filter(id=old.id).update(created_at=now - timedelta(days=8))
    packs = StatementPack.objects.filter(company=cast.company)
    return Tick(lambda: (packs.count(), Import.objects.get(id=old.id).state), (1, "REJECTED"))


def to_check() -> Tick:
    movements()
    return Tick(row_counts, row_counts())


TICKS: dict[str, Callable[[], Tick]] = {
    "ledger.fold_system_accounts": to_fold,
    "ledger.refresh_read_models": to_refresh,
    "ledger.expire_holds": to_expire,
    "ledger.snapshot_balances": to_snapshot,
    "ledger.seal": to_seal,
    "ledger.seal_records": to_seal_records,
    "ledger.ensure_partitions": to_make_months,
    "compliance.purge_log_ins": to_purge_log_ins,
    "ledger.check_sample": to_check,
    "ledger.verify_ledger": to_check,
    "ledger.purge_job_runs": to_purge_runs,
    "budgets.turn_budgets": to_turn,
    "budgets.tell_of_budgets": to_tell,
    "wallets.retry_parked_spends": to_retry_spends,
    "budgets.verify_budgets": to_check,
    "wallets.retry_due_events": to_retry,
    "wallets.note_notifications": to_note,
    "wallets.send_emails": to_mail,
    "wallets.expire_approvals": to_expire_approvals,
    "wallets.remind_checkers": to_remind,
    "wallets.purge_notifications": to_purge_notifications,
    "wallets.purge_webhooks": to_purge_webhooks,
    "wallets.work_on_imports": to_import,
    "wallets.make_statement_packs": to_pack,
    "wallets.purge_files": to_purge_files,
}


def test_every_scheduled_job_is_here_and_writes_the_log() -> None:
    scheduled = [entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()]
    assert sorted(scheduled) == sorted(TICKS)
    for name in scheduled:
        assert run_of(name).__code__.co_qualname.startswith("job.<locals>."), f"{name} is no @job"


def run_of(job: str) -> Any:
    """The function that Celery made a task of."""
    task: Any = app.tasks[job]
    return task.__wrapped__


def unlogged(job: str) -> Callable[[], Any]:
    """The work itself, which may find that somebody else is at it."""
    work: Callable[[], Any] = run_of(job).__wrapped__

    def run() -> Any:
        try:
            return work()
        except Skipped:
            return None

    return run


@pytest.mark.usefixtures("sound_in_the_end", "committed_db")
@pytest.mark.parametrize("job", TICKS)
def test_five_at_once_and_twice_in_a_row_are_one(job: str) -> None:
    tick, run = TICKS[job](), unlogged(job)
    answers(together([run] * 5))
    assert tick.look() == tick.expected
    for _ in range(2):
        run()
        assert tick.look() == tick.expected


@pytest.mark.usefixtures("sound_in_the_end", "committed_db")
@pytest.mark.parametrize("job", TICKS)
def test_after_a_long_silence_one_tick_catches_up(job: str) -> None:
    tick = TICKS[job]()
    unlogged(job)()
    assert tick.look() == tick.expected


@pytest.mark.usefixtures("sound_in_the_end", "committed_db")
@pytest.mark.parametrize("job", TICKS)
def test_five_beats_make_five_rows_and_none_that_failed(job: str) -> None:
    tick, since = TICKS[job](), database_now()
    answers(together([app.tasks[job]] * 5))
    assert tick.look() == tick.expected
    outcomes = list(JobRun.objects.filter(job=job, started_at__gte=since).values_list("outcome", flat=True))
    assert len(outcomes) == 5
    assert "OK" in outcomes
    assert set(outcomes) <= {"OK", "SKIPPED"}
