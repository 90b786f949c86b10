"""The ledger in the back office: nobody changes a row, and everybody sees his part of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.contrib import admin
from django.db.models import Model

from compliance.models import User
from ledger.models import Account, Command, Event, OutboxMessage, Posting, Transaction
from tests.compliance.clients import api_as
from tests.compliance.factories import make_cast
from tests.wallets.admin.staff import at_desk, page, write_down
from tests.wallets.budgets import give_rules
from tests.wallets.holds import reserve
from tests.wallets.incoming import cancelled, take
from tests.wallets.scene import Scene, book, give_wallet, nothing_recorded, send, transfer_body
from tests.wallets.webhooks import make_endpoint, ping

STAFF = ("bob", "frida", "conny", "audrey")
LEDGER: list[type[Model]] = [Account, Command, Event, OutboxMessage, Posting, Transaction]
EVERYTHING = sorted(admin.site._registry, key=lambda model: model._meta.label)


def path_of(model: type[Model], id: object = "", name: str = "") -> str:
    tail = f"{id}/{name}/" if id else f"{name}/" if name else ""
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/{tail}"


def rows(user: User, model: type[Model], query: str = "") -> list[Any]:
    response: Any = at_desk(user).get(path_of(model) + query)
    assert response.status_code == 200
    return list(response.context["cl"].result_list)


def pay(scene: Scene, amount: str = "10.00", *, key: str = "key-1") -> UUID:
    """From alice to charlie, who is nobody of bob's."""
    answer = send(
        api_as(scene.cast.alice), "/v1/transfers", transfer_body(scene.alices, scene.charlies, amount), key=key
    )
    return UUID(answer.json()["txn_id"])


@pytest.mark.parametrize("model", EVERYTHING, ids=lambda model: model._meta.label)
def test_nobody_adds_changes_or_deletes(scene: Scene, model: type[Model]) -> None:
    give_wallet(scene.cast.alice, type="SAVINGS")
    reserve(scene.cast.alice, scene.alices)
    take(cancelled("B-404"))
    ping(scene.cast.frida, make_endpoint(scene.cast.frida).endpoint)
    give_rules(scene)
    write_down(scene.alices, by=scene.cast.bob)
    row = model._default_manager.last()  # other tests may have left older ones, of other companies
    id = scene.alices.id if row is None else row.pk
    with nothing_recorded():
        for name in STAFF:
            client = at_desk(getattr(scene.cast, name))
            for path in (path_of(model, name="add"), path_of(model, id, "change"), path_of(model, id, "delete")):
                # What he may not even see is 404.
                assert client.post(path, {"post": "yes", "status": "CLOSED"}).status_code in {403, 404}
            chosen = {"action": "delete_selected", "_selected_action": str(id), "post": "yes"}
            assert client.post(path_of(model), chosen).status_code in {200, 403}


@pytest.mark.parametrize("name", STAFF)
def test_tasks_are_not_started_from_the_list(scene: Scene, name: str) -> None:
    from django_celery_beat.models import IntervalSchedule, PeriodicTask

    every = IntervalSchedule.objects.create(every=1, period="minutes")
    task = PeriodicTask.objects.create(name="A task", task="a.task", interval=every)
    client = at_desk(getattr(scene.cast, name))
    chosen = {"action": "disable_tasks", "_selected_action": str(task.id), "index": "0"}
    assert client.post(path_of(PeriodicTask), chosen).status_code in {200, 403}
    assert PeriodicTask.objects.get(id=task.id).enabled


@pytest.mark.parametrize("model", LEDGER, ids=lambda model: model.__name__)
def test_nothing_crosses_companies(scene: Scene, model: type[Model]) -> None:
    pay(scene)
    mine = {row.pk for row in rows(scene.cast.frida, model)}
    other = make_cast()
    book(give_wallet(other.alice, "5"), "-1", key="elsewhere")
    theirs = {row.pk for row in rows(other.frida, model)}
    assert mine
    assert theirs
    assert mine == {row.pk for row in rows(scene.cast.frida, model)}
    assert not mine & theirs
    client = at_desk(scene.cast.frida)
    assert {client.get(path_of(model, id, "change")).status_code for id in theirs} == {404}


@pytest.mark.parametrize("model", LEDGER, ids=lambda model: model.__name__)
def test_a_manager_sees_what_touches_his_team(scene: Scene, model: type[Model]) -> None:
    mine = rows(scene.cast.bob, model)
    foreign = book(scene.charlies, "7", key="not bob's")
    assert {row.pk for row in rows(scene.cast.bob, model)} == {row.pk for row in mine}
    company = {row.pk for row in rows(scene.cast.frida, model)}
    assert {row.pk for row in mine} < company
    client = at_desk(scene.cast.bob)
    for id in company - {row.pk for row in mine}:
        assert client.get(path_of(model, id, "change")).status_code == 404
    assert client.get(path_of(Transaction, foreign, "change")).status_code == 404


def test_the_other_side_of_a_transfer_keeps_its_balance_to_itself(scene: Scene) -> None:
    book(scene.charlies, "321", key="riches")
    transaction_id = pay(scene)
    event = Event.objects.get(stream_id=transaction_id)
    for path in (path_of(Transaction, transaction_id, "change"), path_of(Event, event.id, "change")):
        managers, finances = page(at_desk(scene.cast.bob), path), page(at_desk(scene.cast.frida), path)
        assert ("331.00 EUR" in managers, "331.00 EUR" in finances) == (False, True)
        assert "90.00 EUR" in managers
    postings = {row.account.owner_id for row in rows(scene.cast.bob, Posting)}
    assert scene.charlies.id not in postings


def test_whoever_is_paid_does_not_learn_what_the_payer_had(scene: Scene) -> None:
    book(scene.charlies, "98765.43", key="riches")
    send(api_as(scene.cast.charlie), "/v1/transfers", transfer_body(scene.charlies, scene.alices, "1.00"))
    transaction = Transaction.objects.get(source_wallet_id=scene.charlies.id)
    event = Event.objects.get(stream_id=transaction.id)
    client = at_desk(scene.cast.bob)
    for path in (path_of(Transaction, transaction.id, "change"), path_of(Event, event.id, "change")):
        text = page(client, path)
        assert ("98765.43" in text, "98764.43" in text, "101.00 EUR" in text) == (False, False, True)
        assert "98765.43" in page(at_desk(scene.cast.frida), path)


def test_a_refused_payment_is_the_payers_business(scene: Scene) -> None:
    send(api_as(scene.cast.charlie), "/v1/transfers", transfer_body(scene.charlies, scene.alices, "1.00"))
    refused = Transaction.objects.get(state="FAILED", company_id=scene.cast.company.id)
    assert at_desk(scene.cast.bob).get(path_of(Transaction, refused.id, "change")).status_code == 404
    text = page(at_desk(scene.cast.frida), path_of(Transaction, refused.id, "change"))
    assert "funds.insufficient" in text
    assert "NOT MET" in text


def test_replies_are_for_who_sees_the_whole_company(scene: Scene) -> None:
    command = Command.objects.get(transaction_id=pay(scene))
    assert '"status": "COMPLETED"' in command.reply_body
    path = path_of(Command, command.id, "change")
    assert "Reply body" in page(at_desk(scene.cast.audrey), path)
    assert "Reply body" not in page(at_desk(scene.cast.bob), path)


def test_searching_by_id_and_reference(scene: Scene) -> None:
    frida, transaction_id = scene.cast.frida, pay(scene)
    pay(scene, "2.00", key="other")
    event = Event.objects.get(stream_id=transaction_id)
    postings = list(Posting.objects.of_event(event.id))
    assert [row.pk for row in rows(frida, Transaction, f"?q={transaction_id}")] == [transaction_id]
    assert len(rows(frida, Transaction, f"?q={scene.charlies.id}")) == 2
    assert [row.pk for row in rows(frida, Transaction, f"?q={scene.alices.id}&state__exact=FAILED")] == []
    assert [row.reference_id for row in rows(frida, Transaction, f"?q={scene.alices.id}")].count(
        str(scene.alices.id)
    ) == 1
    assert [row.pk for row in rows(frida, Event, f"?q={transaction_id}")] == [event.id]
    assert {row.pk for row in rows(frida, Posting, f"?q={event.id}")} == {posting.id for posting in postings}
    assert [row.pk for row in rows(frida, Posting, f"?q={postings[0].id}")] == [postings[0].id]
    assert rows(frida, Event, "?q=nonsense") == []
    assert (
        len(rows(frida, Event, "?recorded=day"))
        == Event.objects.filter(id__in=[r.pk for r in rows(frida, Event)]).count()
    )


@pytest.mark.parametrize("model", LEDGER, ids=lambda model: model.__name__)
def test_large_tables_are_neither_counted_nor_sorted(scene: Scene, model: type[Model]) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = at_desk(scene.cast.audrey)
    with CaptureQueriesContext(connection) as queries:
        client.get(path_of(model) + "?o=1.-2&all=")
    table = model._meta.db_table
    assert not [query["sql"] for query in queries if "COUNT(" in query["sql"].upper() and table in query["sql"]]
    assert client.get(path_of(model) + "?p=201").status_code == 302


def test_the_companys_own_accounts_show_more_than_their_checkpoint(scene: Scene) -> None:
    book(scene.bobs, "5.5", key="deposit")
    funding = Account.objects.get(bucket="SYSTEM", owner_id=scene.cast.company.id)
    assert funding.balance == 0
    assert "−105.50 EUR" in page(at_desk(scene.cast.frida), path_of(Account))
    assert "−105.50 EUR" in page(at_desk(scene.cast.frida), path_of(Account, funding.id, "change"))
    assert "−105.50 EUR" not in page(at_desk(scene.cast.bob), path_of(Account))
