"""How values look in the back office: amounts with their asset and no more decimals than they have, short ids that
lead somewhere, statuses with a sign beside the colour."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from ledger.money import format_amount
from ledger.selectors.assets import get_asset

EMPTY = "-"
_LABELS = {
    "ACTIVE": ("success", "check_circle"),
    "COMPLETED": ("success", "check_circle"),
    "ACCEPTED": ("success", "check_circle"),
    "PUBLISHED": ("success", "check_circle"),
    "PROCESSED": ("success", "check_circle"),
    "IGNORED": ("default", "block"),
    "SENT": ("success", "check_circle"),
    "READ": ("default", "drafts"),
    "UNREAD": ("info", "mark_email_unread"),
    "DELIVERED": ("success", "check_circle"),
    "VERIFIED": ("success", "check_circle"),
    "UNROUTED": ("warning", "link_off"),
    "RESENT": ("info", "send"),
    "PENDING": ("warning", "schedule"),
    "SUSPENDED": ("warning", "pause_circle"),
    "LOCKED": ("warning", "lock"),
    "FROZEN": ("info", "ac_unit"),
    "OK": ("success", "check_circle"),
    "RUNNING": ("info", "schedule"),
    "SKIPPED": ("default", "block"),
    "INTERRUPTED": ("danger", "cancel"),
    "MET": ("success", "check_circle"),
    "NOT MET": ("danger", "cancel"),
    "FAILED": ("danger", "cancel"),
    "REFUSED": ("danger", "cancel"),
    "REJECTED": ("danger", "cancel"),
    "CLOSED": ("default", "block"),
    "EXPIRED": ("default", "timer_off"),
    "RELEASED": ("default", "undo"),
    "REVERSED": ("default", "undo"),
    "CANCELLED": ("default", "block"),
    "BLOCK": ("danger", "block"),
    "WARN": ("warning", "warning"),
    "ALLOW": ("default", "check"),
    "APPROVED": ("success", "check_circle"),
    "WITHDRAWN": ("default", "undo"),
    "PARKED": ("warning", "schedule"),
    "ENDED": ("default", "event_busy"),
    "INACTIVE": ("default", "block"),
    "DISABLED_REQUESTED": ("default", "block"),
    "DISABLED_GONE": ("danger", "cancel"),
    "DISABLED_FAILING": ("danger", "cancel"),
}


def money_cell(amount: Decimal | None, asset: str) -> SafeString:
    """An amount with its asset, aligned right: `12.50 EUR`."""
    if amount is None:
        return format_html('<span class="money">{}</span>', EMPTY)
    text = format_amount(amount, get_asset(asset).cash_scale)
    return format_html('<span class="money">{} {}</span>', text.replace("-", "−"), asset)


def label_cell(status: str) -> SafeString | str:
    """A status in colour, with an icon and its word: colour alone does not reach everybody."""
    if not status:
        return EMPTY
    kind, icon = _LABELS.get(status, ("default", ""))
    text = status.replace("_", " ")
    return mark_safe(render_to_string("unfold/helpers/label.html", {"text": text, "type": kind, "icon": icon}))  # noqa: S308 - the template escapes


def id_cell(id: UUID | None, url: str | None = None) -> SafeString | str:
    """The end of an id, which tells it from others; the whole of it on hovering, and a link if there is one."""
    if id is None:
        return EMPTY
    short = f"…{id.hex[-8:]}"
    if url is None:
        return format_html('<span class="id" title="{}">{}</span>', id, short)
    return format_html('<a class="id text-link" href="{}" title="{}">{}</a>', url, id, short)


def actor_cell(actor_type: str, actor_id: UUID | None) -> SafeString | str:
    """Who it was: the role, and which of the people or programs that have it."""
    return actor_type if actor_id is None else format_html("{} {}", actor_type, id_cell(actor_id))


def json_cell(data: Any) -> SafeString:
    """Data as they lie in the database, indented."""
    return format_html('<pre class="json">{}</pre>', json.dumps(data, indent=2, ensure_ascii=False, default=str))
