"""Statements to download from a wallet's page: of the last month and of this one, in every form of the interface."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse

from compliance.api.looks import note_looks
from ledger.days import ONE_DAY, first_instant
from ledger.selectors.clock import database_now
from wallets.api.statement_files.camt053 import Camt053Form
from wallets.api.statement_files.csv_form import CSVForm
from wallets.api.statement_files.document import HOLDER_FIELDS, draw_document
from wallets.api.statement_files.form import StatementForm
from wallets.api.statement_files.ofx import OFXForm
from wallets.api.statement_files.pdf import PDFForm
from wallets.models import Wallet

FORMS: dict[str, tuple[str, type[StatementForm]]] = {
    "pdf": ("PDF", PDFForm),
    "csv": ("CSV", CSVForm),
    "camt053": ("camt.053", Camt053Form),
    "ofx": ("OFX", OFXForm),
}
PERIODS = ("last-month", "this-month")


@dataclass(frozen=True, slots=True)
class Download:
    """A month and where each form of its statement is."""

    month: str
    links: list[tuple[str, str]]


def downloads(wallet: Wallet, now: datetime) -> list[Download]:
    """What a wallet's page offers."""
    return [Download(f"{_bounds(period, wallet, now)[0]:%B %Y}", _links(wallet, period)) for period in PERIODS]


def statement_file(
    request: HttpRequest, wallet: Wallet, *, period: str, form: str
) -> HttpResponse | StreamingHttpResponse:
    """The file behind a link. That it shows the holder's name is written down.

    Raises:
        Http404: no such period or form.
        ServiceError: the form cannot hold the statement.
    """
    if period not in PERIODS or form not in FORMS:
        raise Http404
    start, end = _bounds(period, wallet, database_now())
    _, chosen = FORMS[form]
    response = chosen().response(draw_document(wallet, start=start, end=end))
    if chosen.names_holder:
        note_looks(request, [wallet.user_id], HOLDER_FIELDS)
    return response


def _links(wallet: Wallet, period: str) -> list[tuple[str, str]]:
    return [
        (name, reverse("admin:wallets_wallet_statement", args=[wallet.id, period, form]))
        for form, (name, _) in FORMS.items()
    ]


def _bounds(period: str, wallet: Wallet, now: datetime) -> tuple[datetime, datetime]:
    """The month that now is in, so far, or the whole one before it, in the company's zone."""
    zone = ZoneInfo(wallet.user.company.timezone)
    this_month = now.astimezone(zone).date().replace(day=1)
    if period == "this-month":
        return first_instant(this_month, zone).astimezone(zone), now
    last_month = (this_month - ONE_DAY).replace(day=1)
    start, end = first_instant(last_month, zone), first_instant(this_month, zone)
    return start.astimezone(zone), end.astimezone(zone)
