"""Coming into the back office in two steps: the password, then a code. Who has no second factor sets one up first.

Between the steps nobody is logged in, so there is no page that would have to remember to refuse (ADR 0036).
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from compliance.admin.code_forms import CodeForm, RecoveryCodeForm
from compliance.admin.devices import codes_context, device_context, key_of_browser
from compliance.admin.forms import LogInForm
from compliance.api.desk import arrive, at_the_door, let_in, log_out
from compliance.api.origin import origin_of_anybody
from compliance.models import User
from compliance.selectors.security import factor_of, recovery_codes_left
from compliance.services.desk_sessions import enrol_and_sign_in, sign_in
from compliance.services.second_factors import Proof
from ledger.errors import ServiceError


class LogInView(LoginView):
    """The first step. A right password is remembered, and leads to the second step."""

    template_name = "admin/login.html"
    authentication_form = LogInForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if admin.site.has_permission(request):
            return redirect("admin:index")
        return super().get(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.get_user()
        assert isinstance(user, User), "the form has checked the password"
        arrive(self.request, user, next_url=self.get_success_url())
        return redirect("desk:code")

    def get_default_redirect_url(self) -> str:
        return reverse("admin:index")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {**admin.site.each_context(self.request), "title": "Log in"}
        return super().get_context_data(**context, app_path=self.request.get_full_path(), **kwargs)


log_in_view = LogInView.as_view()


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def code_view(request: HttpRequest) -> HttpResponse:
    """The second step: a code of the app, or a recovery code."""
    door = at_the_door(request)
    if door is None:
        return redirect("admin:login")
    if factor_of(door.user) is None:
        return redirect("desk:set_up")
    by_recovery = "recovery" in request.GET
    form = (RecoveryCodeForm if by_recovery else CodeForm)(request.POST or None)
    if form.is_valid():
        try:
            session, proof = sign_in(
                arrival=door.arrival, typed=form.cleaned_data["code"], origin=origin_of_anybody(request)
            )
        except ServiceError as error:
            form.refuse(error)
        else:
            let_in(request, session)
            if proof is Proof.RECOVERY_CODE:
                _tell_what_is_left(request, door.user)
            return HttpResponseRedirect(door.next_url)
    return _page(request, "code", {"form": form, "by_recovery": by_recovery, "title": "One more step"})


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def set_up_view(request: HttpRequest) -> HttpResponse:
    """Setting up the second factor, at the first log-in or after a reset."""
    door = at_the_door(request)
    if door is None:
        return redirect("admin:login")
    if factor_of(door.user) is not None:
        return redirect("desk:code")
    key, form = key_of_browser(request, door.user), CodeForm(request.POST or None)
    if form.is_valid():
        try:
            session, codes = enrol_and_sign_in(
                arrival=door.arrival, key=key, typed=form.cleaned_data["code"], origin=origin_of_anybody(request)
            )
        except ServiceError as error:
            form.refuse(error)
        else:
            let_in(request, session)
            return _page(request, "recovery_codes", codes_context(codes, door.user, next_url=door.next_url))
    context = {**device_context(key, door.user), "form": form, "title": "Set up your second factor"}
    return _page(request, "device", {**context, "cancel_url": reverse("admin:login")})


@never_cache
def log_out_view(request: HttpRequest) -> HttpResponse:
    """The log-in ends, not only the cookie."""
    if request.method == "POST":
        context = admin.site.each_context(request)
        log_out(request)
        return TemplateResponse(
            request, "registration/logged_out.html", {**context, "has_permission": False, "title": "Logged out"}
        )
    return redirect("admin:index")


def _tell_what_is_left(request: HttpRequest, user: User) -> None:
    left = recovery_codes_left(user)
    messages.warning(
        request, f"You used a recovery code; {left} are left. “My security” makes new ones, and sets up a new phone."
    )


def _page(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    return TemplateResponse(request, f"admin/security/{name}.html", {**admin.site.each_context(request), **context})
