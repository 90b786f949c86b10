"""The lock of a wallet at the back office: who holds it until when, and the button that takes it away."""

from __future__ import annotations

from typing import Any

from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.timezone import localtime

from compliance.admin.forms import ReasonForm
from compliance.models import User
from ledger.admin.cells import EMPTY, actor_cell
from wallets.selectors.wallets import held_by_lock
from wallets.services.wallet_locks import BREAKERS

BREAK_LOCK = "break_lock"


class BreakForm(ReasonForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = "Kept in the audit trail: write no names and nothing private."


DIALOG: dict[str, Any] = {
    "title": "Break this lock?",
    "description": "Whoever holds the wallet is refused from now on, in the middle of what he may be doing.",
    "form_class": BreakForm,
    "form_submit_text": "Break the lock",
}


def lock_cell(wallet: Any) -> str:
    """Of a wallet from `with_lock`: what holds it, whose it is, until when."""
    held = held_by_lock(wallet)
    if held is None:
        return EMPTY
    holder = actor_cell(held.lock.holder_role, held.lock.holder_id)
    until = localize(localtime(held.lock.expires_at))
    return format_html("{} by {} until {}", held.lock.operation, holder, until)


def may_break(caller: User, wallet: Any) -> bool:
    """Whether there is a lock to break, and by this caller."""
    return caller.role in BREAKERS and held_by_lock(wallet) is not None
