"""Every route. The apps' routes stand under /v1; the seeds' own ones also answer without it, by the same views."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import RedirectView

from compliance.api.urls import urlpatterns as compliance_routes
from ledger.api.urls import urlpatterns as ledger_routes
from wallets.api.urls import urlpatterns as wallets_routes
from walletsite import docs, health

SEED_ROUTES = ("wallets", "budgets")

admin.autodiscover()  # here and not at every start: who answers no requests needs no screens

from compliance.admin import urls as desk_routes  # noqa: E402 - after what packages register, as the next
from walletsite.back_office.home import home_file  # noqa: E402


def _is_seed_route(route: URLPattern | URLResolver) -> bool:
    return str(route.pattern).split("/")[0] in SEED_ROUTES


urlpatterns = [
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", include(desk_routes)),
    path("admin/home/<slug:name>.csv", admin.site.admin_view(home_file), name="home_file"),
    path("admin/", admin.site.urls),
    # Exempt, so that a POST meets 405 and not the CSRF check: these pages change nothing.
    path("health", csrf_exempt(health.health)),
    path("ready", csrf_exempt(health.ready)),
    path("metrics", csrf_exempt(health.metrics)),
    path("v1/openapi.json", csrf_exempt(docs.openapi)),
    path("v1/docs", csrf_exempt(docs.swagger)),
    path("v1/docs/events", csrf_exempt(docs.message_index)),
    path("v1/docs/events/<str:name>", csrf_exempt(docs.message_schema)),
    path("v1/errors", csrf_exempt(docs.error_index)),
    path("v1/errors/<str:code>", csrf_exempt(docs.error_page)),
    path("v1/", include([*wallets_routes, *compliance_routes, *ledger_routes])),
    path("", include([route for route in wallets_routes if _is_seed_route(route)])),
]
