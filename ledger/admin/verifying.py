"""The page that checks a part of what is sealed: the seals of some days, as far as there is time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db import OperationalError
from django.db.models import Max, Min
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextInputWidget

from ledger.admin.filters import FIRST_DAY, LAST_DAY, days_between
from ledger.selectors.sealed_logs import SealedLog
from ledger.services.range_verification import RangeReport, verify_range


class DaysForm(forms.Form):
    """Which seals: those that were made on these days."""

    day_from = forms.DateField(label="Sealed from", widget=UnfoldAdminTextInputWidget({"type": "date"}))
    day_to = forms.DateField(label="To, with", widget=UnfoldAdminTextInputWidget({"type": "date"}))
    leaf = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("day_from"), cleaned.get("day_to")
        if first and last and not FIRST_DAY <= first <= last <= LAST_DAY:
            raise forms.ValidationError("The first day comes before the last one.")
        return cleaned


@dataclass(frozen=True, slots=True)
class Answer:
    """What is told. `tone`: good, bad or neither, as the words say too. `more`: where to go on, if it is not done."""

    words: str
    tone: str
    more: str = ""


def verify_context(request: HttpRequest, log: SealedLog) -> dict[str, Any]:
    """The form as it was sent, and the answer to it."""
    form = DaysForm(request.GET if "day_from" in request.GET else None)
    answer = _answer(form, log) if form.is_bound and form.is_valid() else None
    return {"form": form, "answer": answer, "log": log}


def _answer(form: DaysForm, log: SealedLog) -> Answer:
    start, end = days_between(form.cleaned_data["day_from"], form.cleaned_data["day_to"])
    made = log.seals().filter(sealed_at__gte=start, sealed_at__lt=end)
    bounds = made.aggregate(first=Min("first_index"), end=Max("tree_size"))
    if bounds["end"] is None:
        return Answer("Nothing was sealed on these days.", "")
    first = max(bounds["first"], form.cleaned_data["leaf"] or 0)
    try:
        report = verify_range(first, bounds["end"], log=log)
    except OperationalError:
        return Answer("Too much to read just now. Ask for fewer days, or run manage.py verify_seals.", "")
    return _told(report, form, log)


def _told(report: RangeReport, form: DaysForm, log: SealedLog) -> Answer:
    if not report.is_signed:
        return Answer("The newest seal is not signed by a key that is trusted. Run manage.py verify_seals.", "bad")
    if report.wrong_at is not None:
        words = f"Leaf {report.wrong_at} is not as it was sealed. manage.py verify_seals names the row."
        return Answer(words, "bad")
    checked = f"Leaves {report.first} to {report.done - 1}: {log.contents} are as they were sealed."
    if report.done >= report.end:
        return Answer(checked, "good")
    query = urlencode({name: form.cleaned_data[name] for name in ("day_from", "day_to")} | {"leaf": report.done})
    return Answer(f"{checked} There was no time for the rest, up to {report.end - 1}.", "good", f"?{query}")
