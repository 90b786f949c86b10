"""`transfers.py set-up ACCOUNTS` and `transfers.py run JOB`: django-hordak by itself, in its own environment.

It moves a cent from one account to another, as its documentation does it. It keeps no running balance, locks nothing
and has no floor: an account may fall as low as it likes.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import django
from django.conf import settings

Pair = tuple[Any, Any]


def main() -> None:
    verb, argument = sys.argv[1:]
    _set_django_up()
    if verb == "set-up":
        _make_accounts(int(argument))
        return
    job = json.loads(argument)
    accounts = _accounts()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    sys.stdout.write(str(_run(accounts, **job)))


def _set_django_up() -> None:
    names = {"NAME": "DBNAME", "USER": "USER", "PASSWORD": "PASSWORD", "HOST": "HOST", "PORT": "PORT"}
    database = {name: os.environ.get(f"PEER_{word}", "") for name, word in names.items()}
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", **database}},
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "hordak"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DEFAULT_CURRENCY="EUR",
        USE_TZ=True,
    )
    django.setup()


def _make_accounts(number: int) -> None:
    from django.core.management import call_command
    from hordak.models import Account, AccountType

    call_command("migrate", verbosity=0, interactive=False)
    for place in range(number):
        Account.objects.create(name=str(place), type=AccountType.liability, currencies=["EUR"])


def _accounts() -> list[Any]:
    from hordak.models import Account

    return list(Account.objects.order_by("pk"))


def _run(accounts: list[Any], *, threads: int, size: int, seconds: float, is_hot: bool) -> float:
    counts = [0] * threads
    began = time.perf_counter()

    def work(place: int) -> None:
        pairs = _pairs(accounts, is_hot)
        while time.perf_counter() - began < seconds:
            _transfer(list(itertools.islice(pairs, size)))
            counts[place] += size

    running = [threading.Thread(target=work, args=(place,)) for place in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return sum(counts) / (time.perf_counter() - began)


def _pairs(accounts: list[Any], is_hot: bool) -> Iterator[Pair]:
    hot, others = accounts[0], accounts[1:]
    for number in itertools.count(random.randrange(10**6)):
        source, target = random.sample(others, 2)
        if is_hot:
            source, target = (hot, target) if number % 2 else (source, hot)
        yield source, target


def _transfer(pairs: list[Pair]) -> None:
    """One with what the package has for it; many in the fewest statements that its tables allow."""
    from django.db.transaction import atomic
    from hordak.models import Leg, Transaction
    from moneyed import Money

    cent = Money("0.01", "EUR")
    with atomic():
        if len(pairs) == 1:
            ((source, target),) = pairs
            source.transfer_to(target, cent)
            return
        made = Transaction.objects.bulk_create([Transaction() for _ in pairs])
        legs: list[Any] = []
        for transaction, (source, target) in zip(made, pairs, strict=True):
            legs.append(Leg(transaction=transaction, account=source, credit=cent))
            legs.append(Leg(transaction=transaction, account=target, debit=cent))
        Leg.objects.bulk_create(legs)


if __name__ == "__main__":
    main()
