"""Tells the outside what happened: after the commit, in order per aggregate, at least once, by one process at a time
(C20, ADR 0025).

`numbering` gives each message its place in the stream, `deliveries` knows which one is due and what became of it,
`broker` hands over, `publishing` puts the three together, `leading` makes sure that one process does it and wakes it.
"""

from ledger.services.relay.broker import Broker, BrokerAway
from ledger.services.relay.publishing import Relay, publish_again

__all__ = ["Broker", "BrokerAway", "Relay", "publish_again"]
