"""How values look in the back office: amounts with their asset and no more decimals than they have, short ids that
lead somewhere, statuses with a sign beside the colour."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ledger.money import format_amount
from ledger.selectors.assets import get_asset

EMPTY = "-"


class Figure(str):
    """An amount in all its digits: a file keeps it as a number, whatever sign it begins with."""

    __slots__ = ()


class Cell(SafeString):
    """What a page shows. `value` is what a file says in its place: the whole id, the amount alone, the bare status."""

    value: object

    @classmethod
    def of(cls, html: str, value: object) -> Cell:
        """`html` has been made safe."""
        cell = cls(html)
        cell.value = value
        return cell


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
    "ONLY WARNS": ("warning", "warning"),
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
    "STALE": ("danger", "sync_problem"),
    "PARKED": ("warning", "schedule"),
    "PLANNED": ("info", "schedule"),
    "ENDED": ("default", "event_busy"),
    "DRAFT": ("info", "schedule"),
    "CHECKED": ("info", "fact_check"),
    "REQUESTED": ("warning", "schedule"),
    "APPLYING": ("info", "schedule"),
    "APPLIED": ("success", "check_circle"),
    "WAITING": ("info", "schedule"),
    "READY": ("success", "check_circle"),
    "INACTIVE": ("default", "block"),
    "LOW": ("success", "shield"),
    "MEDIUM": ("warning", "warning"),
    "HIGH": ("danger", "priority_high"),
    "KEPT": ("success", "check_circle"),
    "ERASED": ("default", "ink_eraser"),
    "BACK_OFFICE": ("default", "desktop_windows"),
    "INTERFACE": ("default", "api"),
    "DISABLED_REQUESTED": ("default", "block"),
    "DISABLED_GONE": ("danger", "cancel"),
    "DISABLED_FAILING": ("danger", "cancel"),
}


def money_cell(amount: Decimal | None, asset: str) -> Cell:
    """An amount with its asset, aligned right: `12.50 EUR`."""
    if amount is None:
        return Cell.of(format_html('<span class="money">{}</span>', EMPTY), "")
    text = format_amount(amount, get_asset(asset).cash_scale)
    shown = format_html('<span class="money">{} {}</span>', text.replace("-", "−"), asset)
    return Cell.of(shown, Figure(text))


def label_cell(status: str) -> str:
    """A status in colour, with an icon and its word: colour alone does not reach everybody."""
    if not status:
        return EMPTY
    kind, icon = _LABELS.get(status, ("default", ""))
    text = status.replace("_", " ")
    shown = render_to_string("unfold/helpers/label.html", {"text": text, "type": kind, "icon": icon})
    return Cell.of(shown, status)


def id_cell(id: UUID | None, url: str | None = None) -> str:
    """The end of an id, which tells it from others; the whole of it on hovering, and a link if there is one."""
    if id is None:
        return EMPTY
    short = f"…{id.hex[-8:]}"
    if url is None:
        return Cell.of(format_html('<span class="id" title="{}">{}</span>', id, short), str(id))
    return Cell.of(format_html('<a class="id text-link" href="{}" title="{}">{}</a>', url, id, short), str(id))


def type_cell(type: str) -> SafeString:
    """A kind of event in words, `Reservation captured`; on hovering, its name."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in type).strip().capitalize()
    return format_html('<span title="{}">{}</span>', type, words)


def actor_cell(actor_type: str, actor_id: UUID | None) -> str:
    """Who it was: the role, and which of the people or programs that have it."""
    if actor_id is None:
        return actor_type
    return Cell.of(format_html("{} {}", actor_type, id_cell(actor_id)), f"{actor_type} {actor_id}")


def time_cell(at: datetime, words: str = "") -> SafeString:
    """A moment in few words, its day if none are given; to the second on hovering."""
    text = words or f"{at:%Y-%m-%d}"
    return format_html('<time title="{}">{}</time>', f"{at:%Y-%m-%d %H:%M:%S}", text)


def json_cell(data: Any) -> SafeString:
    """Data as they lie in the database, indented."""
    return format_html('<pre class="json">{}</pre>', json.dumps(data, indent=2, ensure_ascii=False, default=str))


def in_words(age: timedelta) -> str:
    """An age for people: `42 s`, `12 min`, `3 h`, `2 days`."""
    seconds = int(age.total_seconds())
    for unit, length in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def hex_cell(data: bytes | memoryview) -> SafeString:
    """Bytes as hexadecimal digits, all of them: they are there to be compared."""
    return format_html("<code>{}</code>", bytes(data).hex())
