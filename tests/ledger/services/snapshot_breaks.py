"""Snapshots that are broken by hand: invariant, what it is, the statement, and what the finding must say."""

from __future__ import annotations

SNAPSHOT_BREAKS: list[tuple[str, str, str, dict[str, str]]] = [
    (
        "I3d", "a snapshot's figure was raised",
        "UPDATE ledger_snapshotbalance SET balance = balance + 1 WHERE account_id = '{saved}'",
        {"account_id": "{saved}", "balance": "48", "expected_balance": "47", "postings": "2"},
    ),
    (
        "I3d", "an account is missing in a snapshot",
        "DELETE FROM ledger_snapshotbalance WHERE account_id = '{saved}'",
        {"account_id": "{saved}", "balance": "None", "expected_balance": "47"},
    ),
    (
        "I3d", "a posting came late into what a snapshot covers",
        "UPDATE ledger_posting SET amount = amount + 1 WHERE account_id = '{saved}' AND account_seq = 2",
        {"account_id": "{saved}", "balance": "47", "expected_balance": "48"},
    ),
    (
        "I3e", "a sheet's sum was raised",
        "UPDATE ledger_backdatedday SET amount = amount + 1 WHERE account_id = '{saved}'",
        {"account_id": "{saved}", "day": "2024-03-10", "amount": "-2", "expected_amount": "-3"},
    ),
    (
        "I3e", "a sheet is missing",
        "DELETE FROM ledger_backdatedday WHERE account_id = '{saved}'",
        {"account_id": "{saved}", "amount": "None", "expected_amount": "-3"},
    ),
]  # fmt: skip
