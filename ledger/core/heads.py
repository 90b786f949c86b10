"""Signed tree heads: what a seal says, as the bytes that are signed and as the JSON that is published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

ALGORITHM = "Ed25519"
EVENTS_CONTEXT = "wallet-service seal 1"
RECORDS_CONTEXT = "wallet-service record seal 1"
"""What a signature is for: one under the one tree says nothing about the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The state of the tree after a seal.

    Attributes:
        number: counts the seals of this tree from 1.
        first_index, tree_size: the seal added the leaves from `first_index` up to, not including, `tree_size`.
        root, previous_root: of the whole tree after and before it.
        horizon_xid: every row written by a database transaction below it is sealed.
        sealed_at: the database's clock, RFC 3339 in UTC with microseconds.
        key_id: which key signs.
        context: of which tree.
    """

    seal_id: UUID
    number: int
    first_index: int
    tree_size: int
    root: bytes
    previous_root: bytes
    horizon_xid: int
    sealed_at: str
    key_id: str
    context: str = EVENTS_CONTEXT

    def signed_bytes(self) -> bytes:
        """Each member as text, with its length before it, in a fixed order (docs/sealing.md)."""
        encoded = [text.encode() for text in (self.context, *self._texts().values())]
        return b"".join(len(text).to_bytes(4) + text for text in encoded)

    def as_json(self, signature: bytes) -> dict[str, Any]:
        """The head as receipts, lists and the anchor file show it; all but `signature` is signed."""
        numbers = {"number", "first_index", "tree_size", "horizon_xid"}
        members = {name: int(text) if name in numbers else text for name, text in self._texts().items()}
        return {**members, "signature": signature.hex()}

    def _texts(self) -> dict[str, str]:
        return {
            "seal_id": str(self.seal_id),
            "number": str(self.number),
            "first_index": str(self.first_index),
            "tree_size": str(self.tree_size),
            "root": self.root.hex(),
            "previous_root": self.previous_root.hex(),
            "horizon_xid": str(self.horizon_xid),
            "sealed_at": self.sealed_at,
            "key_id": self.key_id,
            "algorithm": ALGORITHM,
        }


def head_from_json(members: dict[str, Any]) -> tuple[Head, bytes]:
    """A head of the events' tree and its signature, as `as_json` wrote them; other members are left alone.

    Raises:
        KeyError, ValueError, TypeError: it is no head.
    """
    if members["algorithm"] != ALGORITHM:
        raise ValueError("This is signed by an algorithm that is not known here.")
    head = Head(
        seal_id=UUID(members["seal_id"]),
        number=int(members["number"]),
        first_index=int(members["first_index"]),
        tree_size=int(members["tree_size"]),
        root=bytes.fromhex(members["root"]),
        previous_root=bytes.fromhex(members["previous_root"]),
        horizon_xid=int(members["horizon_xid"]),
        sealed_at=str(members["sealed_at"]),
        key_id=str(members["key_id"]),
    )
    return head, bytes.fromhex(members["signature"])
