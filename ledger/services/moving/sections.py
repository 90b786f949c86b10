"""What a ledger consists of, table by table: the one place that says what moves.

Not in it, because they follow from the events: accounts, which are made again by folding, snapshots and read models.
And not the seals and the log of jobs: they speak of the installation that wrote them.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models

from ledger.models import (
    Asset,
    Closing,
    Command,
    DeliveryNote,
    Event,
    Follower,
    InboxEvent,
    InboxSource,
    OutboxMessage,
    Posting,
    Reservation,
    Transaction,
)


@dataclass(frozen=True, slots=True)
class Section:
    """A table that moves as it is.

    Attributes:
        local: columns that mean something in their own cluster only; the import gives them new values.
        together: rows with the same value here, which follow each other, arrive in one statement.
    """

    model: type[models.Model]
    local: tuple[str, ...] = ()
    together: str = ""

    @property
    def name(self) -> str:
        return str(self.model._meta.model_name)

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def key(self) -> str:
        return str(self.model._meta.pk.column)

    @property
    def columns(self) -> tuple[str, ...]:
        """All that is stored, except what is local and what the database generates."""
        fields = self.model._meta.local_concrete_fields
        return tuple(str(field.column) for field in fields if field.column not in self.local and not field.generated)

    @property
    def is_timed(self) -> bool:
        """Whether its keys tell when they were made (UUIDv7)."""
        return isinstance(self.model._meta.pk, models.UUIDField)

    @property
    def is_given(self) -> bool:
        """Whether every installation has these rows by itself: they have to be the same, and are not written."""
        return bool(getattr(self.model, "READ_ONLY", False))


SECTIONS = (
    Section(Asset),
    Section(Command),
    Section(Event, local=("xid",)),
    Section(Posting, together="event_id"),
    Section(Transaction),
    Section(Reservation),
    Section(Closing),
    Section(OutboxMessage),
    Section(DeliveryNote),
    Section(Follower),
    Section(InboxSource),
    Section(InboxEvent),
)
"""In the order in which foreign keys allow them. A new table is a line here."""
