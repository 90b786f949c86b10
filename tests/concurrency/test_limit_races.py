"""The same limit set in many places at once: it is one limit, and each setting is one step of its life."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from budgets.models import Limit
from budgets.selectors.limits import limit_figures
from ledger.models import Event
from tests.budgets.spending import give_limit
from tests.compliance.factories import make_cast
from tests.concurrency.storms import without_deadlock
from tests.ledger.books import Books
from tests.ledger.sessions import answers, together

AMOUNTS = ["110", "120", "130", "140", "150", "160", "170", "180"]


def test_one_limit_set_by_many_at_once(books: Books) -> None:
    alice = make_cast().alice
    with without_deadlock():
        answers(together([partial(give_limit, alice, amount) for amount in AMOUNTS]))
    limit = Limit.objects.get(user_id=alice.id)
    events = list(Event.objects.filter(stream="limit", stream_id=limit.id).order_by("seq"))
    assert [event.seq for event in events] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [event.data["message"] for event in events] == ["LimitCreated"] + ["LimitChanged"] * 7
    assert sorted(event.data["max_amount"] for event in events) == AMOUNTS
    assert limit.version == 8
    usage = limit_figures([limit])[limit.id].amount
    assert usage is not None
    assert usage.maximum == limit.max_amount == Decimal(events[-1].data["max_amount"])
