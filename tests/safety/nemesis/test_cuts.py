"""The connection to Postgres breaks around COMMIT: what is told is true, and a key has one effect (rows 4, 5)."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from django.db import connections

from tests.ledger.connecting import connected_with
from tests.safety.nemesis.cutting import CUTS, cut_a_crowd, cut_commits
from tests.safety.nemesis.networks import Network, NotPermitted, network
from tests.safety.nemesis.paying import UNAVAILABLE, UNKNOWN, Payers, payers
from tests.safety.nemesis.proxy import Fault, Switch, proxied
from tests.wallets.scene import transfer_body

pytestmark = pytest.mark.usefixtures("committed_db")
SINGLE, CROWDED = 150, 120


def test_a_cut_before_commit_is_told_from_one_after_it_by_the_key_alone() -> None:
    outcome = cut_commits(SINGLE, seed=41)
    assert outcome.found == []
    assert outcome.injected[Fault.BEFORE] >= SINGLE * 2 // len(CUTS), "and those that were to come earlier"
    assert outcome.injected[Fault.AFTER] == SINGLE * 2 // len(CUTS)
    assert outcome.is_good


def test_everybody_whose_requests_share_a_commit_is_told_the_truth() -> None:
    outcome = cut_a_crowd(CROWDED, seed=42)
    assert outcome.found == []
    assert outcome.is_good


@pytest.fixture
def paying() -> Iterator[Payers]:
    with payers() as made:
        yield made


def test_a_commit_that_arrives_late_is_made_once(paying: Payers) -> None:
    switch = Switch()
    with proxied(switch) as proxy:
        paying.try_once(Fault.STALL, switch, proxy, Random(43))
    assert proxy.fired == {Fault.STALL: 1}
    assert paying.answers == {"201": 2}
    paying.check()
    assert paying.found == []


def test_a_commit_that_arrives_too_late_never_happened(paying: Payers) -> None:
    """The server gives up who says nothing in a transaction, and says so: then it is known that nothing was done."""
    switch, options = Switch(), connections["default"].settings_dict["OPTIONS"]
    impatient = {**options, "options": f"{options['options']} -c idle_in_transaction_session_timeout=500ms"}
    with connected_with({"OPTIONS": impatient}), proxied(switch) as proxy:
        paying.try_once(Fault.STALL, switch, proxy, Random(44))
    assert proxy.fired == {Fault.STALL: 1}
    assert paying.answers == {"201": 1, " ".join(map(str, UNAVAILABLE)): 1}
    paying.check()
    assert paying.found == []


class _Pulling(Switch):
    """Pulls the cable when COMMIT comes by."""

    def __init__(self, cable: Network) -> None:
        super().__init__()
        self._cable = cable
        self.is_pulled = False

    def at_commit(self) -> Fault:
        if not self.is_pulled:
            self.is_pulled = True
            self._cable.pull()
        return Fault.NONE


def test_a_network_that_is_gone_while_we_commit_is_given_up(paying: Payers) -> None:
    """Half open: nobody hangs up, no answer ever comes. What ends the waiting is on our side of the connection."""
    try:
        with network() as cable, proxied(_Pulling(cable), listening=cable.listening) as proxy:
            path, body = "/v1/transfers", transfer_body(*paying.wallets, "1.00")
            first = paying.post(paying.token(), "cable", path, body)
            cable.plug_in()
            proxy.faults = Switch()
            assert (first.told, first.is_replayed) == (UNKNOWN, False)
            assert paying.truth.effects("cable") == (1, 1), "it was committed: only the answer was lost"
            paying.settle(paying.token(), "cable", path, body, first)
    except NotPermitted as why:
        pytest.skip(f"NOT TESTED: half-open connections, because this machine does not permit networks ({why})")
    paying.flows.update({0: -100, 1: 100})
    paying.check()
    assert paying.found == []
