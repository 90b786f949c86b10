"""“My security”: one's own second factor, recovery codes and sessions."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from compliance.admin.code_forms import CodeForm, ConfirmForm
from compliance.admin.confirming import require_recent_factor
from compliance.admin.devices import codes_context, device_context, forget_key, key_of_browser
from compliance.admin.staff import signed_in
from compliance.api.desk import desk_session_of, log_out
from compliance.api.origin import origin_of_admin
from compliance.core.programs import program_of
from compliance.models import Channel, LoginSession
from compliance.selectors.security import factor_of, live_sessions_of, recovery_codes_left
from compliance.services.desk_sessions import confirm
from compliance.services.second_factors import renew_recovery_codes, replace_factor
from compliance.services.sessions import end_own_sessions
from ledger.errors import ServiceError

MOST_SESSIONS = 50
_CHANNELS = {Channel.BACK_OFFICE: "Back office", Channel.INTERFACE: "Interface"}


@require_GET
def security_view(request: HttpRequest) -> HttpResponse:
    """What there is, and what one can do about it."""
    user, here = signed_in(request), desk_session_of(request)
    sessions = live_sessions_of(user)[:MOST_SESSIONS]
    context = {
        "title": "My security",
        "factor": factor_of(user),
        "codes_left": recovery_codes_left(user),
        "sessions": [_session_row(session, here) for session in sessions],
    }
    return _page(request, "overview", context)


@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def confirm_view(request: HttpRequest) -> HttpResponse:
    """Asks for password and code again, and then goes on."""
    form, next_url = ConfirmForm(request.POST or None), _next_url(request)
    if form.is_valid():
        try:
            confirm(
                session=desk_session_of(request),
                password=form.cleaned_data["password"],
                typed=form.cleaned_data["code"],
                origin=origin_of_admin(request),
            )
        except ServiceError as error:
            form.refuse(error)
        else:
            return HttpResponseRedirect(next_url)
    return _page(request, "confirm", {"title": "Confirm that it is you", "form": form})


@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
@require_recent_factor
def replace_view(request: HttpRequest) -> HttpResponse:
    """Another phone."""
    user = signed_in(request)
    key, form = key_of_browser(request, user), CodeForm(request.POST or None)
    if form.is_valid():
        try:
            codes = replace_factor(
                session=desk_session_of(request),
                key=key,
                typed=form.cleaned_data["code"],
                origin=origin_of_admin(request),
            )
        except ServiceError as error:
            form.refuse(error)
        else:
            forget_key(request)
            _renew_cookie(request)
            return _codes_page(request, codes)
    context = {**device_context(key, user), "form": form, "title": "Set up another phone"}
    return _page(request, "device", {**context, "cancel_url": reverse("desk:security")})


@require_POST
def renew_codes_view(request: HttpRequest) -> HttpResponse:
    """New recovery codes, shown by the answer and never again."""
    try:
        codes = renew_recovery_codes(session=desk_session_of(request), origin=origin_of_admin(request))
    except ServiceError as error:
        messages.error(request, error.detail)
        return redirect("desk:security")
    return _codes_page(request, codes)


@require_GET
@require_recent_factor
def ask_for_codes_view(request: HttpRequest) -> HttpResponse:
    """Whether the codes on paper shall be good no more."""
    left = recovery_codes_left(signed_in(request))
    return _page(request, "renew_codes", {"title": "New recovery codes", "codes_left": left})


@require_POST
def end_sessions_view(request: HttpRequest) -> HttpResponse:
    """End all sessions of one's own, or all but this one."""
    keeps_this = "others" in request.POST
    keep = desk_session_of(request).id if keeps_this else None
    end_own_sessions(user_id=signed_in(request).id, keep=keep, origin=origin_of_admin(request))
    if keeps_this:
        _renew_cookie(request)
        messages.success(request, "You are logged in here and nowhere else.")
        return redirect("desk:security")
    log_out(request)
    messages.success(request, "All your sessions have ended.")
    return redirect("admin:login")


def _renew_cookie(request: HttpRequest) -> None:
    """What ended the other sessions would end this one too: Django's hash covers the token version."""
    user = signed_in(request)
    user.refresh_from_db(fields=["token_version"])
    update_session_auth_hash(request, user)


def _session_row(session: LoginSession, here: LoginSession) -> dict[str, Any]:
    return {
        "where": _CHANNELS[Channel(session.channel)],
        "is_here": session.id == here.id,
        "address": session.ip_address,
        "program": program_of(session.user_agent),
        "opened": session.created_at,
        "used": session.last_used_at,
    }


def _codes_page(request: HttpRequest, codes: list[str]) -> HttpResponse:
    context = codes_context(codes, signed_in(request), next_url=reverse("desk:security"))
    return _page(request, "recovery_codes", context)


def _next_url(request: HttpRequest) -> str:
    """Where to go on: a page of this site, whatever the address says."""
    wanted = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours else reverse("desk:security")


def _page(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    return TemplateResponse(request, f"admin/security/{name}.html", {**admin.site.each_context(request), **context})
