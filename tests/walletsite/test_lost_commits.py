"""Whoever changes anything and loses the connection at COMMIT is not told that nothing happened: nobody knows that."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.compliance.clients import api_as
from tests.compliance.factories import make_cast
from tests.ledger.connecting import Cut, breaking_at_commit
from tests.wallets.scene import problem_of
from wallets.models import WebhookEndpoint

BODY = {"url": "https://hooks.nordwind.example/", "event_types": ["WalletCreated"]}


@pytest.mark.usefixtures("committed_db")
@pytest.mark.parametrize("cut", Cut)
def test_what_is_stored_without_the_ledger_has_no_known_outcome_either(cut: Cut) -> None:
    """It was answered `service.unavailable`, "nothing was changed", also when everything had been."""
    cast = make_cast()
    client = api_as(cast.frida)
    with breaking_at_commit(cut):
        answer = client.post("/v1/webhook-endpoints", BODY)
    connection.close()
    problem = problem_of(answer, 503, "outcome.unknown")
    assert (problem["retryable"], answer.headers["Retry-After"]) == (True, "1")
    assert WebhookEndpoint.objects.filter(company_id=cast.company.id).count() == (cut is Cut.AFTER_COMMIT)
