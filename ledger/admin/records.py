"""What the ledger has written down: events, postings, commands, messages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from ledger.admin.cells import EMPTY, actor_cell, hex_cell, id_cell, json_cell, label_cell, money_cell
from ledger.admin.entries import entries_of_event, entry_table, shown_data
from ledger.admin.filters import AccountFilter, DayFilter
from ledger.admin.scoped import RULES, ScopedAdmin, link_to
from ledger.admin.screens import RecordedFilter, Table, as_id
from ledger.core.events import POSTINGS_PER_EVENT, Stream
from ledger.models import Command, Event, Posting
from ledger.selectors.scope import commands_within, events_within, postings_within
from ledger.selectors.seals import first_seal_over, leaves_over


class EventAdmin(ScopedAdmin):
    rows_within = staticmethod(events_within)
    list_display = ("event", "type", "subject", "seq", "actor", "effective_at", "recorded_at", "leaf")
    list_filter = ("type", "stream", RecordedFilter, DayFilter)
    search_ids = ("id", "stream_id")
    search_help_text = "Whole id of an event, transaction or account"
    fields = (
        ("id", "type"),
        ("stream", "subject"),
        ("seq", "schema_version"),
        ("effective_at", "recorded_at"),
        ("actor", "command_link"),
        ("sealed", "leaf"),
        "leaf_hash",
        "correlation_id",
        "data_json",
    )

    def rows(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        """One look-up a page: the place of each event in the sealed tree."""
        leaves = leaves_over([row.id for row in rows])
        for row in rows:
            row.sealed_leaf = leaves.get(row.id)
        return rows

    def tables(self, request: HttpRequest, row: Event) -> list[Table]:
        return [entry_table(entries_of_event(row), self.scope_of(request), self.wallet_cell)]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Event | None:
        event: Event | None = super().get_object(request, object_id, from_field)
        if event is not None:
            event.data = shown_data(event, self.scope_of(request))
            self.rows(request, [event])
        return event

    @admin.display(description="Event")
    def event(self, row: Event) -> str:
        return id_cell(row.id)

    @admin.display(description="Of")
    def subject(self, row: Event) -> str:
        if row.stream in RULES:
            return id_cell(row.stream_id)
        return link_to("transaction" if row.stream == Stream.TRANSACTION else "account", row.stream_id)

    @admin.display(description="Actor")
    def actor(self, row: Event) -> str:
        return actor_cell(row.actor_type, row.actor_id)

    @admin.display(description="Command")
    def command_link(self, row: Event) -> str:
        return link_to("command", row.command_id)

    @admin.display(description="Sealed by")
    def sealed(self, row: Any) -> str:
        found = None if row.sealed_leaf is None else first_seal_over(row.sealed_leaf.index)
        return "no seal yet" if found is None else f"seal {found.number}, {found.sealed_at:%Y-%m-%d %H:%M:%S}"

    @admin.display(description="Leaf")
    def leaf(self, row: Any) -> Any:
        return "not yet" if row.sealed_leaf is None else row.sealed_leaf.index

    @admin.display(description="Hash")
    def leaf_hash(self, row: Any) -> str:
        return EMPTY if row.sealed_leaf is None else hex_cell(row.sealed_leaf.hash)

    @admin.display(description="Data")
    def data_json(self, row: Event) -> str:
        return json_cell(row.data)


class PostingAdmin(ScopedAdmin):
    rows_within = staticmethod(postings_within)
    list_display = (
        "posting",
        "account_link",
        "bucket",
        "amount_cell",
        "balance",
        "account_seq",
        "event_link",
        "effective_at",
    )
    list_filter = (RecordedFilter, DayFilter, AccountFilter)
    list_select_related = ("account",)
    export_also = {"Currency": "account.asset_id"}
    search_ids = ("id", "account_id")
    search_help_text = "Whole id of a posting, account or event"
    fields = (
        ("id", "account_link"),
        ("amount_cell", "balance"),
        ("event_link", "account_seq"),
        ("effective_at", "recorded_at"),
    )

    def matching(self, term: str) -> Q:
        """An event's postings too, by the range of their ids: there is no index on the event."""
        found, id = super().matching(term), as_id(term)
        if id is None or id.int & POSTINGS_PER_EVENT:
            return found
        return found | Q(id__in=Posting.objects.of_event(id).values("id"))

    @admin.display(description="Posting")
    def posting(self, row: Posting) -> str:
        return id_cell(row.id)

    @admin.display(description="Account")
    def account_link(self, row: Posting) -> str:
        return link_to("account", row.account_id)

    @admin.display(description="Bucket")
    def bucket(self, row: Posting) -> str:
        return row.account.bucket

    @admin.display(description="Amount")
    def amount_cell(self, row: Posting) -> str:
        return money_cell(row.amount, row.account.asset_id)

    @admin.display(description="Balance after")
    def balance(self, row: Posting) -> str:
        return money_cell(row.balance_after, row.account.asset_id)

    @admin.display(description="Event")
    def event_link(self, row: Posting) -> str:
        return link_to("event", row.event_id)


class CommandAdmin(ScopedAdmin):
    rows_within = staticmethod(commands_within)
    list_display = ("command", "type", "outcome_label", "refusal_code", "actor", "transaction", "received_at")
    list_filter = ("outcome", RecordedFilter)
    search_ids = ("id",)
    search_help_text = "Whole id of a command"
    fields = (
        ("id", "type"),
        ("outcome_label", "refusal_code"),
        ("transaction", "actor"),
        ("received_at", "reply_status"),
        "correlation_id",
        "scope",
        "key",
    )

    def get_fields(self, request: HttpRequest, obj: Command | None = None) -> tuple[object, ...]:
        """The reply that the caller got may speak of other people's wallets: for who sees the whole company."""
        return (*self.fields, "reply_body") if self.scope_of(request).is_whole_company else self.fields

    @admin.display(description="Command")
    def command(self, row: Command) -> str:
        return id_cell(row.id)

    @admin.display(description="Outcome")
    def outcome_label(self, row: Command) -> str:
        return label_cell(row.outcome or "")

    @admin.display(description="Actor")
    def actor(self, row: Command) -> str:
        return actor_cell(row.actor_type, row.actor_id)

    @admin.display(description="Transaction")
    def transaction(self, row: Command) -> str:
        return link_to("transaction", row.transaction_id)
