"""Each message becomes one delivery per endpoint that wants it: whoever commits late, fails or comes twice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger.models import OutboxMessage
from tests.compliance.clients import api_as
from tests.compliance.factories import Cast, UserFactory, make_cast
from tests.ledger.services.test_folding import wait_for_horizon
from tests.ledger.sessions import answers, open_elsewhere, together
from tests.wallets.scene import give_wallet, send, set_status, transfer_body
from tests.wallets.webhooks import BY_NOBODY, deliveries_of, listening, note_all
from wallets.models import Disabling, WebhookDelivery
from wallets.services.webhooks import fanout
from wallets.services.webhooks.endpoints import change_endpoint, disable_endpoint
from wallets.services.webhooks.fanout import note_deliveries

CREATED, COMPLETED = ("WalletCreated", "PENDING"), ("TransactionCompleted", "PENDING")


@pytest.fixture
def cast(committed_db: None) -> Cast:
    give_wallet(make_cast().alice)  # in an empty database there is no horizon to wait for
    note_all()
    return make_cast()


def test_each_message_becomes_one_delivery(cast: Cast) -> None:
    with listening(cast.frida) as own:
        wallet = give_wallet(cast.alice, "10")
        note_all()
        note_all()
        rows = list(WebhookDelivery.objects.filter(endpoint=own.endpoint).order_by("id"))
    messages = list(OutboxMessage.objects.filter(aggregate_id=wallet.id).order_by("sequence"))
    assert [(row.message_id, row.event_type, row.subject_id) for row in rows] == [
        (message.id, message.type, wallet.id) for message in messages
    ]
    assert [json.loads(row.body)["sequence"] for row in rows] == ["1", "2"]
    first = json.loads(rows[0].body)
    assert (first["id"], first["subject"]) == (str(messages[0].id), str(wallet.id))
    assert first["data"].items() >= messages[0].data.items()


def test_only_what_was_subscribed_to(cast: Cast) -> None:
    with listening(cast.frida, "https://a.example/", "WalletCreated") as some, listening(cast.frida) as all_of_it:
        give_wallet(cast.alice, "10")
        note_all()
        assert deliveries_of(some.endpoint) == [CREATED]
        assert deliveries_of(all_of_it.endpoint) == [CREATED, COMPLETED]


def test_a_refused_movement_is_told_too(cast: Cast) -> None:
    wallet, other = give_wallet(cast.alice), give_wallet(cast.bob)
    note_all()
    with listening(cast.frida) as own:
        answer = send(api_as(cast.alice), "/v1/transfers", transfer_body(wallet, other, "5"))
        assert answer.status_code == 422
        note_all()
        assert deliveries_of(own.endpoint) == [("TransactionFailed", "PENDING")]


def test_other_companies_hear_nothing(cast: Cast) -> None:
    with listening(make_cast().frida) as foreign:
        give_wallet(cast.alice, "10")
        note_all()
        assert deliveries_of(foreign.endpoint) == []


def test_nothing_from_before_it_was_enabled(cast: Cast) -> None:
    give_wallet(cast.alice)
    with listening(cast.frida) as own:
        note_all()
        disable_endpoint(endpoint_id=own.endpoint.id, because=Disabling.REQUESTED, origin=BY_NOBODY)
        give_wallet(cast.bob)
        change = {"is_enabled": True}
        change_endpoint(
            caller=cast.frida, endpoint_id=own.endpoint.id, changes=change, expected_version=None, origin=BY_NOBODY
        )
        give_wallet(cast.charlie, "1")
        note_all()
        assert deliveries_of(own.endpoint) == [CREATED, COMPLETED]


def test_nothing_for_a_disabled_endpoint(cast: Cast) -> None:
    with listening(cast.frida) as own:
        disable_endpoint(endpoint_id=own.endpoint.id, because=Disabling.REQUESTED, origin=BY_NOBODY)
        give_wallet(cast.alice)
        note_all()
        assert deliveries_of(own.endpoint) == []


def test_a_late_commit_is_not_missed(cast: Cast) -> None:
    wallet = give_wallet(cast.alice)
    note_all()
    with listening(cast.frida) as own:
        with open_elsewhere(lambda: set_status(wallet, "SUSPENDED", by=cast.frida)):
            give_wallet(cast.bob)
            note_deliveries()
            assert deliveries_of(own.endpoint) == [CREATED]  # bob's; alice's is written and not committed
        note_all()
        assert sorted(deliveries_of(own.endpoint)) == [CREATED, ("WalletStatusChanged", "PENDING")]


def test_many_at_once_note_each_once(cast: Cast) -> None:
    people = [UserFactory(company=cast.company) for _ in range(8)]
    with listening(cast.frida) as own:
        for person in people:
            give_wallet(person)
        wait_for_horizon()
        answers(together([note_deliveries] * 4))
        assert deliveries_of(own.endpoint) == [CREATED] * 8


def test_what_fails_is_noted_later_and_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(cast.frida) as own:
        give_wallet(cast.alice, "10")
        wait_for_horizon()
        kept = fanout._note

        def note_and_fail(messages: Any) -> None:
            kept(messages)
            raise ZeroDivisionError

        monkeypatch.setattr(fanout, "_note", note_and_fail)
        with pytest.raises(ZeroDivisionError):
            note_deliveries()
        monkeypatch.undo()
        assert deliveries_of(own.endpoint) == []
        note_all()
        assert deliveries_of(own.endpoint) == [CREATED, COMPLETED]
