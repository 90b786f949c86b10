from __future__ import annotations

from django.urls import path

from compliance.api import auth, companies, users

urlpatterns = [
    path("auth/token", auth.TokenView.as_view()),
    path("auth/refresh", auth.RefreshView.as_view()),
    path("auth/logout", auth.LogOutView.as_view()),
    path("users/<uuid:user_id>", users.UserView.as_view()),
    path("companies/current", companies.CurrentCompanyView.as_view()),
    path("teams", users.TeamsView.as_view()),
]
