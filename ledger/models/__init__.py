"""The ledger's tables. Only the ledger itself reads or writes them; other floors use selectors and services."""

from ledger.models.account import Account
from ledger.models.asset import Asset
from ledger.models.closing import Closing
from ledger.models.command import Command
from ledger.models.delivery import DeliveryNote, Relay
from ledger.models.event import Event
from ledger.models.follower import Follower
from ledger.models.inbox import InboxEvent, InboxSource
from ledger.models.job_run import JobRun
from ledger.models.outbox import OutboxMessage
from ledger.models.posting import Posting
from ledger.models.read_model import BalanceSummary, ReadModel, TransactionSummary
from ledger.models.record_seal import RecordNode, RecordSeal, SealedRecord
from ledger.models.reservation import Reservation
from ledger.models.seal import Seal, SealedLeaf, SealNode
from ledger.models.snapshot import BackDatedDay, Snapshot, SnapshotBalance
from ledger.models.transaction import Transaction

__all__ = [
    "Account",
    "Asset",
    "BackDatedDay",
    "BalanceSummary",
    "Closing",
    "Command",
    "DeliveryNote",
    "Event",
    "Follower",
    "InboxEvent",
    "InboxSource",
    "JobRun",
    "OutboxMessage",
    "Posting",
    "ReadModel",
    "RecordNode",
    "RecordSeal",
    "Relay",
    "Reservation",
    "Seal",
    "SealedLeaf",
    "SealedRecord",
    "SealNode",
    "Snapshot",
    "SnapshotBalance",
    "Transaction",
    "TransactionSummary",
]
