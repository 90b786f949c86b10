"""Messages to the outside: what is told, and what became of it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.text import Truncator

from ledger.admin.cells import EMPTY, id_cell, json_cell, label_cell
from ledger.admin.scoped import RULES, ScopedAdmin, link_to
from ledger.admin.screens import RecordedFilter, Table
from ledger.models import OutboxMessage
from ledger.selectors.delivery import delivery_notes
from ledger.selectors.scope import outbox_within

_MEANING = {
    "PENDING": "It is told as soon as the broker takes it. After a refusal it rests, and so do the later messages of "
    "the same wallet.",
    "PUBLISHED": "The broker has taken it.",
    "UNROUTED": "The broker was there, but no queue is bound for messages of this kind. Nobody was told.",
    "FAILED": "A dead letter: the broker has refused it three times. The later messages of the same wallet wait until "
    "it is sent again or skipped.",
    "SKIPPED": "Somebody decided not to tell it; consumers see a gap in the sequence.",
}


class OutboxMessageAdmin(ScopedAdmin):
    rows_within = staticmethod(outbox_within)
    list_display = ("message", "type", "about", "sequence", "status_label", "attempts", "created_at", "error_start")
    list_filter: tuple[Any, ...] = ("status", RecordedFilter)
    search_ids = ("id", "aggregate_id")
    search_help_text = "Whole id of a message, wallet or transaction"
    fields = (
        ("id", "type"),
        ("aggregate_type", "about"),
        ("sequence", "position", "version"),
        ("status_label", "attempts"),
        "event_link",
        ("created_at", "next_attempt_at", "published_at"),
        "error",
        "data_json",
    )

    @admin.display(description="Message")
    def message(self, row: OutboxMessage) -> str:
        return id_cell(row.id)

    @admin.display(description="About")
    def about(self, row: OutboxMessage) -> str:
        if row.aggregate_type == "wallet":
            return self.wallet_cell(row.aggregate_id)
        is_rule = row.aggregate_type in RULES
        return id_cell(row.aggregate_id) if is_rule else link_to(row.aggregate_type, row.aggregate_id)

    @admin.display(description="Status")
    def status_label(self, row: OutboxMessage) -> str:
        return label_cell(row.status)

    @admin.display(description="Event")
    def event_link(self, row: OutboxMessage) -> str:
        return link_to("event", row.event_id)

    @admin.display(description="Data")
    def data_json(self, row: OutboxMessage) -> str:
        return json_cell(row.data)

    @admin.display(description="Error")
    def error_start(self, row: OutboxMessage) -> str:
        return Truncator(row.error).chars(60) or EMPTY

    def tables(self, request: HttpRequest, row: OutboxMessage) -> list[Table]:
        rows = [
            [note.noted_at, label_cell(note.kind), note.text, id_cell(note.actor_id) if note.actor_id else EMPTY]
            for note in delivery_notes(row.id)
        ]
        return [Table("Delivery", ("When", "What", "Why", "By"), rows, _MEANING[row.status])]
