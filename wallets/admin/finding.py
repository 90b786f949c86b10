"""One box that finds what belongs to an event or a request: what came in, what was wished, what happened, what was told
to whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest
from django.urls import reverse

from compliance.admin.staff import signed_in
from compliance.models import User
from compliance.selectors.audit import records_of_request
from ledger.admin.cells import EMPTY, actor_cell, id_cell, label_cell, type_cell
from ledger.admin.filters import LONGEST_TEXT
from ledger.admin.scoped import link_to
from ledger.admin.screens import Table, as_id
from ledger.selectors.scope import Scope
from ledger.selectors.snapshot import one_instant
from ledger.selectors.tracing import MOST, REMEMBERED, Trace, find_trace
from wallets.admin.webhooks import delivery_link
from wallets.models import WebhookDelivery
from wallets.selectors.webhooks import deliveries_visible_to

NOTHING = "Nothing answers this, or nothing that you may see. Requests are found for {} days."
TOO_MUCH = "Too much to look through just now. Search by the id of an event, a message or a transaction."


def found(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    """The box as it was filled in, and a table of each kind of thing that was found."""
    term = request.GET.get("q", "").strip()[:LONGEST_TEXT]
    context: dict[str, Any] = {"term": term, "tables": [], "answer": ""}
    if not term:
        return context
    try:
        with one_instant():
            tables = _tables(request, scope, term)
    except OperationalError:
        return context | {"answer": TOO_MUCH}
    shown = [table for table in tables if table.rows]
    return context | {"tables": shown, "answer": "" if shown else NOTHING.format(REMEMBERED.days)}


def _tables(request: HttpRequest, scope: Scope, term: str) -> list[Table]:
    id, user = as_id(term), signed_in(request)
    trace = find_trace(scope, term, id)
    told = {id for id in (id, *(message.id for message in trace.messages)) if id is not None}
    deliveries = deliveries_visible_to(user).filter(message_id__in=told).order_by("-created_at", "-id")[:MOST]
    may_inspect = user.has_perm("compliance.view_auditrecord")
    return [
        *_of_the_ledger(trace),
        _deliveries(deliveries if user.has_perm("wallets.view_webhookdelivery") else ()),
        _records(user, term) if may_inspect else Table("Audit trail", (), []),
    ]


def _of_the_ledger(trace: Trace) -> list[Table]:
    inbox: list[list[Any]] = [
        [row.received_at, row.event_type, row.source, label_cell(row.status), link_to("inboxevent", row.id)]
        for row in trace.inbox
    ]
    commands: list[list[Any]] = [
        [
            row.received_at,
            type_cell(row.type),
            label_cell(row.outcome or ""),
            actor_cell(row.actor_type, row.actor_id),
            link_to("command", row.id),
        ]
        for row in trace.commands
    ]
    events: list[list[Any]] = [
        [row.recorded_at, type_cell(row.type), row.stream, _subject(row), link_to("event", row.id)]
        for row in trace.events
    ]
    messages: list[list[Any]] = [
        [row.created_at, row.type, row.aggregate_type, label_cell(row.status), link_to("outboxmessage", row.id)]
        for row in trace.messages
    ]
    return [
        Table("Came in", ("When", "Type", "From", "Status", "Event"), inbox),
        Table("Was asked for", ("When", "Command", "Outcome", "By", "Command id"), commands),
        Table("Happened", ("When", "Event", "To", "Which", "Event id"), events),
        Table("Was told", ("When", "Message", "About", "Status", "Message id"), messages),
    ]


def _subject(event: Any) -> str:
    return link_to("transaction", event.stream_id) if event.stream == "transaction" else id_cell(event.stream_id)


def _deliveries(rows: Iterable[WebhookDelivery]) -> Table:
    shown: list[list[Any]] = [
        [row.created_at, row.event_type, label_cell(row.status), row.attempts, delivery_link(row)] for row in rows
    ]
    return Table("Was sent to webhooks", ("When", "Type", "Status", "Attempts", "Delivery"), shown)


def _records(user: User, term: str) -> Table:
    rows: list[list[Any]] = [
        [
            row.at,
            row.event_type,
            actor_cell(row.actor_role, row.actor_id),
            row.reason or EMPTY,
            id_cell(row.id, reverse("admin:compliance_auditrecord_change", args=[row.id])),
        ]
        for row in records_of_request(user, term, since=REMEMBERED, limit=MOST)
    ]
    return Table("Audit trail", ("When", "What", "By", "Why", "Record"), rows)
