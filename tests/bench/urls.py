"""The service's routes, and one that does nothing but ask who calls: what a request costs before it does anything."""

from __future__ import annotations

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.api.policy import PEOPLE, allow
from ledger.api.schema import operation
from ledger.api.views import ServiceView
from walletsite.urls import urlpatterns as service_routes


class EmptyView(ServiceView):
    policy = {"GET": allow(*PEOPLE, scope="wallets:read")}

    @operation("Do nothing")
    def get(self, request: Request) -> Response:
        return Response({})


urlpatterns = [path("bench/empty", EmptyView.as_view()), *service_routes]
