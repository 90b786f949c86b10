"""What the buttons of this floor have in common: they ask why, act by the services, and tell what came of it."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from unfold.widgets import UnfoldAdminTextInputWidget

from compliance.admin.forms import ReasonForm
from ledger.errors import ServiceError


def dialog(title: str, description: str, form: type[ReasonForm] = ReasonForm, button: str = "") -> dict[str, Any]:
    return {"title": title, "description": description, "form_class": form, "form_submit_text": button or title}


def date_widget() -> UnfoldAdminTextInputWidget:
    return UnfoldAdminTextInputWidget({"type": "date"})


def tell(
    request: HttpRequest,
    act: Callable[[], str],
    url: str,
    *,
    words: Callable[[ServiceError], str] = attrgetter("detail"),
) -> HttpResponse:
    """Do something, say on the next page what came of it, and go there.

    Args:
        act: does it and returns the sentence for a success; what it raises is told instead.
        words: what to say of what was raised.
    """
    try:
        messages.success(request, act())
    except ServiceError as error:
        messages.error(request, words(error))
    return HttpResponse(headers={"HX-Redirect": url})
