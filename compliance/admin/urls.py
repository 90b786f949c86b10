"""The doors of the back office, before those of Django's admin: in, out, and what is one's own there."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from compliance.admin import security, signing_in
from compliance.admin.passwords import own_password_view

app_name = "desk"
urlpatterns = [
    path("login/", signing_in.log_in_view, name="log_in"),
    path("login/code/", signing_in.code_view, name="code"),
    path("login/set-up/", signing_in.set_up_view, name="set_up"),
    path("logout/", signing_in.log_out_view, name="log_out"),
    path("password_change/", own_password_view, name="password"),
    path("security/", admin.site.admin_view(security.security_view), name="security"),
    path("security/confirm/", admin.site.admin_view(security.confirm_view), name="confirm"),
    path("security/device/", admin.site.admin_view(security.replace_view), name="replace"),
    path("security/recovery-codes/", admin.site.admin_view(security.ask_for_codes_view), name="ask_for_codes"),
    path("security/recovery-codes/new/", admin.site.admin_view(security.renew_codes_view), name="renew_codes"),
    path("security/end-sessions/", admin.site.admin_view(security.end_sessions_view), name="end_sessions"),
]
