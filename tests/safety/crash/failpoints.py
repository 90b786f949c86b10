"""Named points outside of SQL where a process is killed. One that nobody comes by any more fails the run.

Nothing in the service knows of them: each is a call that is replaced from here.
"""

from __future__ import annotations

from tests.safety.crash.boundaries import Moment
from tests.safety.crash.fates import Failpoint

BEFORE, AFTER = Moment.BEFORE, Moment.AFTER
POSTING, SERVICES = "ledger.services.posting", "wallets.services"
RELAY, INBOX, ACK = "ledger.services.relay", "ledger.services.inbox.receiving", "kombu.message:Message.ack"

_BY_SCENE: dict[str, tuple[tuple[str, Moment, str, int], ...]] = {
    "transfer": (
        ("before anything is looked up", BEFORE, "wallets.api.transfers:prepare_transfers", 1),
        ("before its group is posted", BEFORE, f"{POSTING}:_post_together", 1),
        ("between decision and write", BEFORE, "ledger.services.writing:Batch.write", 1),
        ("between commit and the next group", BEFORE, f"{POSTING}:_Group._hand_over", 1),
        ("between commit and the cache", BEFORE, f"{SERVICES}.transfers:forget_figures", 1),
        ("between the cache and the answer", AFTER, f"{SERVICES}.transfers:forget_figures", 1),
        ("between commit and the answer", BEFORE, "wallets.api.transfers:answer", 1),
        ("with the answer made, before it leaves", AFTER, "django.core.handlers.base:BaseHandler.get_response", 1),
    ),
    "credit": (
        ("between the clearing account and the booking", BEFORE, f"{SERVICES}.bookings:post_soon", 1),
        ("between commit and the cache", BEFORE, f"{SERVICES}.bookings:forget_figures", 1),
    ),
    "reserve, then capture": (("between the two requests", AFTER, f"{SERVICES}.reservations:forget_changed", 1),),
    "opening a wallet with money": (("between the wallet and its answer", BEFORE, "wallets.api.wallets:answer", 1),),
    "setting a budget": (("between the budget and its record", BEFORE, f"{SERVICES}.budgets:record_change", 1),),
    "moving a budget": (("between the records of two budgets", AFTER, f"{SERVICES}.budgets:record_change", 1),),
    "publishing one message": (
        ("before publish", BEFORE, f"{RELAY}.broker:Broker.publish", 1),
        ("between publish and mark", BEFORE, f"{RELAY}.publishing:record_deliveries", 1),
        ("between mark and the next round", AFTER, f"{RELAY}.publishing:record_deliveries", 1),
    ),
    "consuming one message": (
        ("between commit and ack", BEFORE, ACK, 1),
        ("after the ack", AFTER, ACK, 1),
    ),
    "BookingCreated": (("between take and work", BEFORE, f"{INBOX}:work_on", 1),),
    "UserCreated, waited for": (("between commit and who waited", BEFORE, f"{INBOX}:follow_up", 1),),
    "ledger.seal": (("between seal and anchor", BEFORE, "ledger.services.sealing:append_missing", 2),),
    "ledger.expire_holds": (("between look and sweep", AFTER, "ledger.services.holds:overdue_holds", 1),),
    "budgets.turn_budgets": (("between two budgets", AFTER, "budgets.services.turning:_turn_one", 1),),
    "wallets.retry_parked_spends": (("between two spends", AFTER, f"{SERVICES}.retrying:_try", 1),),
}

FAILPOINTS = tuple(
    Failpoint(name, target, moment, scene, nth)
    for scene, points in _BY_SCENE.items()
    for name, moment, target, nth in points
)
