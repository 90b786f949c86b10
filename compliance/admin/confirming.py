"""What is most delicate asks for password and code again (ADR 0036)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from compliance.api.desk import desk_session_of
from compliance.services.second_factors import is_confirmed

View = Callable[..., HttpResponse]


def require_recent_factor(view: View) -> View:
    """A page that asks whether it is really you, unless it did within the last minutes."""

    @wraps(view)
    def asking(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_confirmed(desk_session_of(request)):
            return view(request, *args, **kwargs)
        return HttpResponseRedirect(confirm_url(request.path))

    return asking


def button_requires_recent_factor(page: str) -> Callable[[View], View]:
    """The same for a button with a dialog: the whole window goes to the question, and then back to the page where the
    button is.

    Args:
        page: name of that page's route, which takes the row's id.
    """

    def decorate(button: View) -> View:
        @wraps(button)
        def asking(screen: Any, request: HttpRequest, object_id: str) -> HttpResponse:
            if is_confirmed(desk_session_of(request)):
                return button(screen, request, object_id=object_id)
            return HttpResponse(headers={"HX-Redirect": confirm_url(reverse(page, args=[object_id]))})

        return asking

    return decorate


def confirm_url(next_url: str) -> str:
    """Where password and code are asked for, and then on."""
    return f"{reverse('desk:confirm')}?{urlencode({'next': next_url})}"
