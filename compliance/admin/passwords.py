from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import PasswordChangeView
from django.urls import reverse_lazy

from compliance.admin.forms import OwnPasswordForm
from compliance.api.origin import origin_of_admin


class OwnPasswordView(PasswordChangeView):
    """`/admin/password_change/` with our form. Unfold names its own form in the code of its site."""

    form_class = OwnPasswordForm
    success_url = reverse_lazy("admin:password_change_done")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "origin": origin_of_admin(self.request)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**admin.site.each_context(self.request), **kwargs)


own_password_view = admin.site.admin_view(OwnPasswordView.as_view())
