"""A sample of what `make proof` does for longer: odd requests, and then a look through all that is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from ledger import redis
from tests.databases import Installation, new_installation
from tests.ledger.services.moves import connected_to
from tests.safety.fuzz.fuzzing import fuzz
from tests.safety.fuzz.scanning import TOKEN, scan, what_is_in

REQUESTS, SEED = 600, 20261122
SECRET = "kept-by-nobody"


@pytest.fixture
def own(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Installation]:
    """A database in which nobody else has left anything, as the default connection."""
    with new_installation() as installation, django_db_blocker.unblock():
        installation.manage("prepare_database")
        with connected_to(installation):
            yield installation


def test_odd_requests_get_declared_answers_and_leave_nothing_behind(own: Installation, tmp_path: Path) -> None:
    redis.client().flushdb()
    outcome = fuzz(REQUESTS, seed=SEED, folder=tmp_path, environment={"DATABASE_URL": own.url}, owner_url=own.owner_url)
    assert outcome.found == []
    assert outcome.is_good


def test_what_lies_where_it_may_not_is_found(own: Installation, tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text(f"nothing\nAuthorization: Bearer {'.'.join(('eyJ' + 'a' * 20, 'eyJ' + 'b' * 20, 'c' * 30))}\n")
    with own.superuser() as superuser:
        superuser.execute("CREATE TABLE notes (text text)")
        superuser.execute("INSERT INTO notes VALUES ('a card 4111 1111 1111 1111'), (%s)", [f"<{SECRET}>"])
        superuser.execute("GRANT SELECT ON notes TO PUBLIC")
    redis.client().set("planted", SECRET)
    redis.client().rpush("queue", SECRET)
    try:
        looked, found = scan([SECRET], logs=[log], database_url=own.owner_url)
    finally:
        redis.client().delete("planted", "queue")
    assert looked["logs"] == 2
    secret = f"secret 0 (ke…, {len(SECRET)} characters)"
    assert sorted(found) == [
        "a card number in notes",
        "a token in web.log",
        f"{secret} in notes",
        f"{secret} in valkey",
        f"{secret} in valkey",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c001\t12.50\t2026-01-01 00:00:00.123456+00",
        "99999999999999999999.999999999999999999",
        '{"amount": "4111111111111112"}',
        "1764000000000000",
    ],
)
def test_figures_and_ids_are_no_secrets(line: str) -> None:
    assert list(what_is_in(line, [SECRET, ""])) == []
    assert not TOKEN.search(line)
