"""Checking a receipt without the database: the parts shown, their leaves, the tree, and who signed its root."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ledger.core.heads import Head, head_from_json
from ledger.core.leaves import SALT_BYTES, Kind, Leaf, Slot, commitment, read_leaf
from ledger.core.merkle import inclusion_holds, leaf_hash

VerifySignature = Callable[[Head, bytes], bool]
"""Whether a signature under a head is that of the key which the head names, and the key is trusted."""


class ReceiptInvalid(Exception):
    """The receipt does not prove what it says; the text tells what is wrong."""


def verify_receipt(receipt: Mapping[str, Any], is_signed: VerifySignature) -> list[dict[str, str]]:
    """Check a receipt.

    Args:
        receipt: the JSON of `GET /v1/transactions/{txn_id}/receipt`.
        is_signed: trusts the keys that the reader trusts.

    Returns:
        The rows that the receipt shows and proves, each by column.

    Raises:
        ReceiptInvalid: anything at all is not as it should be.
    """
    try:
        return _verify(receipt, is_signed)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise ReceiptInvalid(f"This does not have the form of a receipt: {error}.") from error


def _verify(receipt: Mapping[str, Any], is_signed: VerifySignature) -> list[dict[str, str]]:
    head, signature = head_from_json(dict(receipt))
    if not is_signed(head, signature):
        raise ReceiptInvalid(f"The root is not signed by the key {head.key_id}, or that key is not trusted.")
    rows = [row for leaf in receipt["leaves"] for row in _leaf_rows(leaf, head)]
    events = [row for row in rows if "stream_id" in row]
    if not events or any(row["stream_id"] != receipt["txn_id"] for row in events):
        raise ReceiptInvalid("The events shown are not those of the transaction.")
    return rows


def _leaf_rows(shown: Mapping[str, Any], head: Head) -> Iterator[dict[str, str]]:
    data = b64decode(shown["leaf_data"], validate=True)
    digest, leaf = leaf_hash(data), read_leaf(data)
    if (str(leaf.row_id), leaf.index, digest.hex()) != (shown["event_id"], shown["index"], shown["leaf_hash"]):
        raise ReceiptInvalid(f"The leaf of event {shown['event_id']} is not what its hash says.")
    path = [bytes.fromhex(step) for step in shown["path"]]
    if not inclusion_holds(digest, leaf.index, head.tree_size, path, head.root):
        raise ReceiptInvalid(f"The leaf of event {leaf.row_id} is not in the tree of this root.")
    return (_part_row(part, leaf) for part in shown["parts"])


def _part_row(shown: Mapping[str, Any], leaf: Leaf) -> dict[str, str]:
    body, salt = b64decode(shown["data"], validate=True), bytes.fromhex(shown["salt"])
    slot = Slot(Kind[shown["kind"].upper()], shown["line"])
    if len(salt) != SALT_BYTES or leaf.commitments.get(slot) != commitment(body, salt):
        raise ReceiptInvalid(f"The {shown['kind']} of event {leaf.row_id} (line {slot.line}) was changed.")
    return read_part(body)


def read_part(data: bytes) -> dict[str, str]:
    """The columns of a part; those that are empty are not there.

    Raises:
        ValueError: not the bytes of a part.
    """
    _, *texts = _texts(data)
    return dict(zip(texts[::2], texts[1::2], strict=True))


def _texts(data: bytes) -> Iterator[str]:
    while data:
        end = 4 + int.from_bytes(data[:4])
        if len(data) < end:
            raise ValueError("it ends too soon")
        yield data[4:end].decode()
        data = data[end:]
