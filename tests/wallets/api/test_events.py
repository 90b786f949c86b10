"""GET /v1/events: the stream, page by page, without a skip and without a repetition."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from rest_framework.test import APIClient

from ledger.models import OutboxMessage
from ledger.services import journal
from ledger.services.movements import Claim, Details, Side, deposit
from ledger.services.relay.numbering import number_messages
from tests.compliance.clients import api_as
from tests.compliance.factories import make_cast
from tests.ledger.sessions import answers, in_own_session, open_elsewhere, together
from tests.wallets.scene import ORIGIN, Scene, available, book, give_wallet, make_scene, problem_of, send, transfer_body
from wallets.models import Wallet
from wallets.services.wallets import funding_account

ROOT = Path(__file__).parents[3]

NO_MESSAGE = "35d2d506-5837-4a6d-9073-d76ac1a528f5"


def number_all() -> None:
    while number_messages():
        pass


def read(client: APIClient, after: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
    answer = client.get(f"/v1/events?limit={limit}" + (f"&after={after}" if after else ""))
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def read_all(client: APIClient, limit: int = 3, after: str | None = None) -> list[dict[str, Any]]:
    """Page after page."""
    found: list[dict[str, Any]] = []
    while page := read(client, after, limit):
        assert len(page) <= limit
        found += page
        after = page[-1]["id"]
    return found


def test_a_message_looks_as_it_does_at_the_broker(scene: Scene) -> None:
    send(api_as(scene.cast.alice), "/v1/transfers", transfer_body(scene.alices, scene.bobs, "10.00"), key="k")
    number_all()
    paid = next(m for m in read(api_as(scene.cast.frida))[-2:] if m["subject"] == str(scene.alices.id))
    row = OutboxMessage.objects.get(id=paid["id"])
    assert paid == {
        "specversion": "1.0",
        "id": str(row.id),
        "source": "/wallet-service",
        "type": "TransactionCompleted",
        "subject": str(scene.alices.id),
        "time": paid["time"],
        "sequence": "3",
        "datacontenttype": "application/json",
        "dataschema": "urn:wallet-service:events:TransactionCompleted:v1",
        "data": {"event_type": "TransactionCompleted", "timestamp": paid["data"]["timestamp"], **row.data},
    }
    assert (paid["data"]["amount"], paid["data"]["new_balance"]) == ("10", "90")


@pytest.mark.parametrize("limit", [1, 3, 200])
def test_pages_put_together_are_the_stream(scene: Scene, limit: int) -> None:
    for number in range(4):
        book(scene.alices, "-1", key=f"b-{number}")
    number_all()
    stream = read_all(api_as(scene.cast.audrey), limit)
    assert len(stream) == len({message["id"] for message in stream}) == 8
    alices = [message["sequence"] for message in stream if message["subject"] == str(scene.alices.id)]
    assert alices == ["1", "2", "3", "4", "5", "6"]


def test_what_was_refused_is_told_to_its_company(scene: Scene) -> None:
    refused = send(api_as(scene.cast.alice), "/v1/transfers", transfer_body(scene.alices, scene.bobs, "999"), key="k")
    assert refused.status_code == 422
    number_all()
    last = read(api_as(scene.cast.bookings))[-1]
    assert (last["type"], last["data"]["code"]) == ("TransactionFailed", "funds.insufficient")


def test_each_company_reads_its_own(scene: Scene) -> None:
    theirs = make_scene()
    number_all()
    mine = read(api_as(scene.cast.frida))
    assert {message["subject"] for message in mine} == {
        str(wallet.id) for wallet in (scene.alices, scene.bobs, scene.charlies)
    }
    foreign = read(api_as(theirs.cast.frida))[0]["id"]
    problem_of(api_as(scene.cast.frida).get(f"/v1/events?after={foreign}"), 400, "pagination.invalid")


@pytest.mark.parametrize(
    "query", ["after=35d2d506-5837-4a6d-9073-d76ac1a528f5", "after=7", "limit=0", "limit=201", "limit=x"]
)
def test_a_wrong_place_is_refused(scene: Scene, query: str) -> None:
    problem_of(api_as(scene.cast.frida).get(f"/v1/events?{query}"), 400, "pagination.invalid")


def test_other_parameters_do_not_exist(scene: Scene) -> None:
    problem_of(api_as(scene.cast.frida).get("/v1/events?cursor=1"), 400, "request.validation")


def test_what_has_no_place_yet_is_not_shown(scene: Scene) -> None:
    number_all()
    client = api_as(scene.cast.frida)
    last = read_all(client)[-1]["id"]
    book(scene.alices, "-1", key="late")
    assert read(client, after=last) == []
    number_all()
    (message,) = read(client, after=last)
    assert message["sequence"] == "3"


def test_who_pages_along_misses_nothing_while_others_write(committed_db: None) -> None:
    """Writers at once, one that commits after all of them, and a reader that follows from the first page on."""
    cast = make_cast()
    wallets = [give_wallet(cast.alice, "100"), give_wallet(cast.bob, "100"), give_wallet(cast.charlie, "100")]
    slow = give_wallet(cast.frida)
    client, done, seen = api_as(cast.audrey), Event(), list[dict[str, Any]]()

    def follow() -> None:
        while True:
            is_last = done.is_set()
            number_all()
            seen.extend(read_all(client, after=seen[-1]["id"] if seen else None))
            if is_last:
                return

    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(in_own_session, follow)
        try:
            with open_elsewhere(lambda: journal.record([_deposit(slow)])):
                answers(together([partial(_spend, wallet, 10) for wallet in wallets]))
        finally:
            done.set()
        reader.result()
    ids = [message["id"] for message in seen]
    assert len(ids) == len(set(ids))
    for wallet, count in [*((wallet, 12) for wallet in wallets), (slow, 2)]:
        told = [int(message["sequence"]) for message in seen if message["subject"] == str(wallet.id)]
        assert told == list(range(1, count + 1))


def test_the_consumer_of_the_documentation_rebuilds_all_balances(scene: Scene) -> None:
    for number in range(3):
        book(scene.alices, "-7.25", key=f"spend-{number}")
    send(api_as(scene.cast.bob), "/v1/transfers", transfer_body(scene.bobs, scene.alices, "1"), key="k")  # refused
    send(api_as(scene.cast.alice), "/v1/transfers", transfer_body(scene.alices, scene.bobs, "30.00"), key="k")
    number_all()
    (program,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/events.md").read_text(), re.DOTALL)
    consumer: dict[str, Any] = {}
    exec(program, consumer)  # noqa: S102 - our own page
    client = api_as(scene.cast.audrey)
    rebuilt = consumer["balances_of"](lambda path: client.get(path).json())
    assert rebuilt == {str(wallet.id): available(wallet) for wallet in (scene.alices, scene.bobs)}
    assert rebuilt == {str(scene.alices.id): Decimal("48.25"), str(scene.bobs.id): Decimal("30")}


def _spend(wallet: Wallet, times: int) -> None:
    for number in range(times):
        book(wallet, "-1", key=f"spend-{number}")


def _deposit(wallet: Wallet) -> Any:
    funding = funding_account(wallet.user.company_id, wallet.currency)
    details = Details(
        claim=Claim(scope=f"test:{wallet.id}", key="slow", request_hash=b"0" * 32),
        origin=ORIGIN,
        company_id=wallet.user.company_id,
        amount=Decimal(1),
        currency=wallet.currency,
    )
    return deposit(funding, Side(wallet.id, wallet.currency), details)
