"""What has to hold when the faults are over."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from uuid import UUID

from django.db.models import Count, Sum

from ledger.models import Command, InboxEvent, JobRun, OutboxMessage, Reservation, Transaction
from ledger.selectors.balances import wallet_figures
from ledger.services.inbox.receiving import UNREADABLE
from tests.chaos.listener import Heard, hear_all, lengths
from tests.chaos.report import Report
from tests.chaos.stage import FUNDS, WEBHOOK_TYPES, Stage
from walletsite.embedded.places import CHECKOUT

CENTS = 100
JOB = "wallets.retry_due_events"
EVERY = 7
MAY_BE_LOST = 0.02
"""Of what a broker has taken that promises nothing: enough for what is under way when it dies, not for a broken way."""


def is_drained(stage: Stage) -> bool:
    """Whether nothing waits any more: not in the outbox, not in the queue, not in the inbox. What Valkey has lost may
    be waited for in the inbox, until patience ends."""
    waiting, _ = lengths(stage.intake)
    outbox = OutboxMessage.objects.filter(status="PENDING").exists()
    inbox = stage.installed.is_rabbitmq and InboxEvent.objects.filter(status="PENDING").exists()
    return not (waiting or outbox or inbox)


def has_told(gathered_until: datetime) -> bool:
    """Whether nothing waits in the outbox that was there by then."""
    return not OutboxMessage.objects.filter(status="PENDING", created_at__lte=gathered_until).exists()


def job_has_run_since(moment: datetime) -> bool:
    return JobRun.objects.filter(job=JOB, started_at__gt=moment, outcome="OK").exists()


def hooks_are_delivered(stage: Stage) -> bool:
    return not (_to_be_hooked() - _hooked(stage))


def check_requests(stage: Stage, report: Report) -> None:
    """Every wish over HTTP was granted, exactly once."""
    wishes = stage.load.wishes
    report.note("requests answered; of these repeated", f"{len(wishes)}; {sum(wish.tries > 1 for wish in wishes)}")
    for what, count in stage.load.surprises.items():
        report.require(f"unexpected answer {what}", count, is_kept=False)
    keys = Command.objects.filter(scope=f"api:{stage.cast.bookings.id}")
    stored = dict(keys.filter(outcome="ACCEPTED").values_list("key", "transaction_id"))
    granted = [wish for wish in wishes if wish.status < 300]
    lost = sum(wish.key not in stored or _is_another(wish.answer, stored[wish.key]) for wish in granted)
    report.require_none("acknowledged requests that are not stored", lost, of=len(granted))
    report.require_none("stored requests that nobody made", keys.exclude(key__in=[w.key for w in wishes]).count())
    report.require_none("repeated under their key: another answer", stage.load.repeat(EVERY), len(wishes) // EVERY + 1)


def _is_another(answer: bytes, transaction_id: UUID | None) -> bool:
    return bool(json.loads(answer)["txn_id"] != str(transaction_id))


def check_incoming(stage: Stage, report: Report, *, may_lose: bool) -> None:
    """Every event that the broker confirmed has had its effect once; poison is listed and stopped nobody."""
    statuses = _statuses()
    counts, wrong, lost = Counter(told.kind for told in stage.partner.told), Counter[str](), 0
    for told in stage.partner.told:
        seen = statuses.get(told.event_id or sha256(told.body).hexdigest())
        lost += seen is None
        if seen is not None and seen != (told.expected or seen):
            wrong[f"{told.kind}: {seen}"] += 1
    copies = sum(told.copies for told in stage.partner.told)
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
    report.note("events confirmed by the broker; copies of them", f"{len(stage.partner.told)} ({kinds}); {copies}")
    report.require("of these lost", lost, lost <= MAY_BE_LOST * len(stage.partner.told) if may_lose else not lost)
    for what, count in wrong.items():
        report.require(f"event that became {what}", count, may_lose)
    invented = len(set(statuses) - {told.event_id or sha256(told.body).hexdigest() for told in stage.partner.told})
    report.require_none("events that nobody sent", invented)
    _check_bookings(stage, report, statuses)
    waiting, dead = lengths(stage.intake)
    report.require_none("left in the queue", waiting)
    poison = sum(told.kind == "poison" for told in stage.partner.told)
    report.note("dead letters (poison and its copies)", f"{dead} of {poison} or more")


def _check_bookings(stage: Stage, report: Report, statuses: dict[str, tuple[str, str]]) -> None:
    """As many bookings as were told of, over the same sum, each once."""
    done = [told for told in stage.partner.told if told.flow and statuses.get(told.event_id) == ("PROCESSED", "")]
    booked = [told for told in done if told.kind != "cancellation"]
    payments = Transaction.objects.filter(reference_type="booking", type="PAYMENT")
    total = payments.aggregate(total=Sum("amount"))["total"] or 0
    told_of = Decimal(-sum(told.flow[1] for told in booked if told.flow)) / CENTS
    report.require(
        "bookings made, told of; their sums",
        f"{payments.count()}, {len(booked)}; {total:.2f}, {told_of:.2f}",
        (payments.count(), total) == (len(booked), told_of),
    )
    twice = payments.values("reference_id").annotate(times=Count("id")).filter(times__gt=1)
    report.require_none("bookings made twice", twice.count())
    cancelled = {told.booking for told in booked} & {
        json.loads(told.body)["data"]["booking_id"] for told in done if told.kind == "cancellation"
    }
    held = Reservation.objects.filter(transaction__reference_type="booking")
    released = held.filter(status="RELEASED").count()
    refunded = payments.filter(refunded_amount__gt=0).count()
    undone = released + refunded
    report.require("bookings cancelled, undone", f"{len(cancelled)}, {undone}", len(cancelled) == undone)


def check_balances(stage: Stage, report: Report) -> None:
    """Each wallet has exactly what it had, and what was granted and booked since."""
    statuses, cents = _statuses(), stage.load.flows()
    for told in stage.partner.told:
        if told.flow and statuses.get(told.event_id) == ("PROCESSED", ""):
            cents[told.flow[0]] += told.flow[1]
    figures = wallet_figures([UUID(wallet) for wallet in stage.wallets])
    off = [w for w in stage.wallets if figures[UUID(w)].available * CENTS != int(FUNDS) * CENTS + cents[w]]
    report.require_none("wallets that are off by a cent or more", len(off), of=len(stage.wallets))


def check_outgoing(stage: Stage, report: Report, *, may_lose: bool) -> None:
    """Every message has reached the listener, in the order of its subject; so has every webhook its receiver."""
    outbox = list(OutboxMessage.objects.values_list("id", "aggregate_id", "sequence", "status", "position"))
    heard, ids = hear_all(stage.installed.broker_url), {str(row[0]) for row in outbox}
    report.note("messages told; copies heard", f"{len(outbox)}; {sum(heard.copies.values())}")
    for status, count in Counter(row[3] for row in outbox).items():
        report.require(f"messages {status}", count, status == "PUBLISHED" or (may_lose and status == "UNROUTED"))
    missing = len(ids - set(heard.copies))
    report.require("never heard", missing, missing <= MAY_BE_LOST * len(ids) if may_lose else not missing)
    report.require_none("heard, and never told", len(set(heard.copies) - ids))
    report.require_none("subjects out of order", len(heard.out_of_order()), of=len(heard.first))
    report.require_none("gaps in the numbers of a subject", 0 if may_lose else _gaps(heard))
    has_gap = {row[4] for row in outbox} != set(range(1, len(outbox) + 1))
    report.require("places in the stream have a gap", "yes" if has_gap else "no", not has_gap)
    missed = _to_be_hooked() - _hooked(stage)
    report.require_none("webhooks that never came", len(missed), of=len(_to_be_hooked()))


def _gaps(heard: Heard) -> int:
    return sum(sorted(numbers) != list(range(1, len(numbers) + 1)) for numbers in heard.first.values())


def _to_be_hooked() -> set[str]:
    """Those after the scene was made: an endpoint hears of what happens from when it is made."""
    return {str(id) for id in OutboxMessage.objects.filter(type__in=WEBHOOK_TYPES).values_list("id", flat=True)}


def _hooked(stage: Stage) -> set[str]:
    return {json.loads(received.body)["id"] for received in list(stage.hooks.received)}


def check_ledger(report: Report) -> None:
    """As an operator would, with the service's own commands."""
    for command in ("verify_ledger", "replay", "seal", "verify_seals"):
        done = subprocess.run(
            [sys.executable, "manage.py", command], cwd=CHECKOUT, capture_output=True, text=True, check=False
        )
        said = (done.stdout + done.stderr).strip().splitlines()
        report.require(f"manage.py {command}", said[-1] if said else "", done.returncode == 0)


def _statuses() -> dict[str, tuple[str, str]]:
    """Of the inbox, by event id; what was no event bears the hash of its bytes."""
    rows = InboxEvent.objects.values_list("source", "event_id", "status", "error_code")
    return {id: (status, "" if source == UNREADABLE else code) for source, id, status, code in rows}
