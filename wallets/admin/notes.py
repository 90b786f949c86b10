"""Notes of staff on wallets: the button that writes one, the list, and the button that erases a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.text import Truncator
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from compliance.admin.forms import ReasonForm
from compliance.admin.staff import signed_in
from compliance.api.looks import PERSONAL_LIST, note_looks
from compliance.api.origin import origin_of_admin
from ledger.admin.cells import EMPTY, id_cell, label_cell
from ledger.admin.screens import EndlessPaginator, ReadOnlyAdmin, RecordedFilter, Table
from wallets.admin.dialogs import tell
from wallets.admin.owners import Owners, owners_for
from wallets.admin.wallet_rules import RuledWallets
from wallets.models import Wallet, WalletNote
from wallets.models.wallet_note import MOST_CHARACTERS
from wallets.selectors.wallet_notes import notes_visible_to
from wallets.services.wallet_notes import WRITERS, add_note, erase_note, may_erase

ADD_NOTE = "add_note"
LAST_NOTES = 10
ERASED = "Erased"
TEXTS = "notes"
"""How the record of looks names them."""


class NoteForm(BaseDialogForm):  # type: ignore[misc]  # Unfold is untyped
    text = forms.CharField(
        label="Note",
        max_length=MOST_CHARACTERS,
        widget=UnfoldAdminTextareaWidget({"rows": 6}),
        help_text="Kept with the wallet and shown to everybody who looks after it. No more about people than the work "
        "needs. It is not changed later; its text can be erased.",
    )


class EraseForm(ReasonForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = "Kept in the audit trail: write no names and nothing private."


class NotedWallets(RuledWallets):
    """The screen of wallets, as far as it is about notes."""

    def has_write_note_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """The role, on a wallet that is visible."""
        if object_id is not None:
            self.visible(request, object_id)
        return signed_in(request).role in WRITERS

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Write a note",
        permissions=["write_note"],
        dialog={
            "title": "Write a note on this wallet",
            "description": "For your colleagues; the owner of the wallet does not see it.",
            "form_class": NoteForm,
            "form_submit_text": "Write it down",
        },
        icon="edit_note",
    )
    def add_note(self, request: HttpRequest, form: NoteForm, object_id: str) -> HttpResponse:
        wallet, text = self.visible(request, object_id), form.cleaned_data["text"]

        def act() -> str:
            add_note(caller=signed_in(request), wallet=wallet, text=text, origin=origin_of_admin(request))
            return "The note is written down."

        return tell(request, act, reverse("admin:wallets_wallet_change", args=[wallet.id]))


def last_notes(request: HttpRequest, wallet: Wallet) -> list[WalletNote]:
    """The newest notes on a wallet. That they are shown is a look at its owner: they may be about him."""
    found = notes_visible_to(signed_in(request)).filter(wallet_id=wallet.id)
    return list(found.order_by("-created_at", "-id")[:LAST_NOTES])


def notes_table(notes: Sequence[WalletNote], owners: Owners) -> list[Table]:
    """What staff wrote down, if they did; `owners` has the names of those whom the reader may see."""
    rows: list[list[Any]] = [
        [note.created_at, _author(note, owners), note.text or ERASED, _link(note)] for note in notes
    ]
    note = f"The last {LAST_NOTES}." if len(notes) == LAST_NOTES else ""
    return [Table("Notes", ("When", "By", "Note", "More"), rows, note)] if rows else []


def _author(note: WalletNote, owners: Owners) -> str:
    return owners.person(note.author_id) if note.author_id in owners.people else note.author_role.capitalize()


def _link(note: WalletNote) -> str:
    return id_cell(note.id, reverse("admin:wallets_walletnote_change", args=[note.id]))


@admin.register(WalletNote)
class WalletNoteAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "on_wallet", "author_cell", "text_start", "state")
    list_filter = ("author_role", RecordedFilter)
    paginator = EndlessPaginator
    sortable_by = ()
    search_ids = ("id", "wallet_id")
    search_help_text = "Whole id of a note or wallet"
    ordering = ("-created_at", "-id")
    fields = (("created_at", "on_wallet"), ("author_cell", "state"), "text_cell", "id")
    actions_detail = ("erase",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WalletNote]:
        return notes_visible_to(signed_in(request))

    def rows(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        """The page's rows, with the names of those authors whom the reader may see."""
        owners = owners_for(request, [row.author_id for row in rows])
        for row in rows:
            row.owners = owners
        note_looks(request, [row.wallet.user_id for row in rows], (*PERSONAL_LIST, TEXTS))
        return rows

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **options: Any) -> HttpResponse:
        self.rows(request, [options["obj"]])
        return super().render_change_form(request, context, **options)

    @admin.display(description="Wallet")
    def on_wallet(self, row: WalletNote) -> str:
        return id_cell(row.wallet_id, reverse("admin:wallets_wallet_change", args=[row.wallet_id]))

    @admin.display(description="By")
    def author_cell(self, row: Any) -> str:
        return _author(row, row.owners)

    @admin.display(description="Note")
    def text_start(self, row: WalletNote) -> str:
        return Truncator(row.text).chars(60) or EMPTY

    @admin.display(description="Note")
    def text_cell(self, row: WalletNote) -> str:
        return row.text or EMPTY

    @admin.display(description="State")
    def state(self, row: WalletNote) -> str:
        return label_cell("KEPT" if row.erased_at is None else "ERASED")

    def has_erase_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """The role, on a note that is visible. Whether it is this person's to do, the use case says."""
        if object_id is not None:
            self.visible(request, object_id)
        return signed_in(request).role in WRITERS

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        is_offered = may_erase(signed_in(request), self.visible(request, object_id))
        return self._get_base_actions_detail() if is_offered else []

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Erase",
        permissions=["erase"],
        dialog={
            "title": "Erase this note?",
            "description": "Its text is gone for ever. That there was one stays.",
            "form_class": EraseForm,
            "form_submit_text": "Erase",
        },
        icon="ink_eraser",
        variant=ActionVariant.DANGER,
    )
    def erase(self, request: HttpRequest, form: EraseForm, object_id: str) -> HttpResponse:
        note, reason = self.visible(request, object_id), form.cleaned_data["reason"]

        def act() -> str:
            erase_note(caller=signed_in(request), note_id=note.id, reason=reason, origin=origin_of_admin(request))
            return "The text is erased."

        return tell(request, act, reverse("admin:wallets_walletnote_change", args=[note.id]))
