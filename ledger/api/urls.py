from django.urls import path

from ledger.api import seals

urlpatterns = [
    path("seals", seals.SealsView.as_view()),
    path("seals/keys", seals.SealKeysView.as_view()),
    path("seals/<uuid:seal_id>", seals.SealView.as_view()),
    path("seals/<uuid:seal_id>/consistency", seals.SealConsistencyView.as_view()),
]
