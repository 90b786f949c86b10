"""Checks a receipt of the wallet service, without the service. Needs Python 3.11 and the package `cryptography`.

    python verify_receipt.py RECEIPT.json KEY_ID:BASE64 [KEY_ID:BASE64 ...]

The keys are those that you trust, once fetched from /v1/seals/keys and kept. Prints the rows that the receipt proves.
The format is described in sealing.md. Exit code 0 means that everything holds; anything else that it does not.
"""

import json
import sys
from base64 import b64decode
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KINDS = {"event": 1, "detail": 2, "posting": 3}
SIGNED = ("seal_id", "number", "first_index", "tree_size", "root", "previous_root", "horizon_xid", "sealed_at")


def check(holds, text):
    if not holds:
        raise SystemExit(f"INVALID: {text}")


def sized(text):
    return len(text.encode()).to_bytes(4) + text.encode()


def root_from(leaf_hash, index, size, path):  # RFC 9162, 2.1.3.2
    place, last, digest = index, size - 1, leaf_hash
    for step in map(bytes.fromhex, path):
        check(last > 0, "the path is too long")
        if place & 1 or place == last:
            digest = sha256(b"\x01" + step + digest).digest()
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            digest = sha256(b"\x01" + digest + step).digest()
        place, last = place >> 1, last >> 1
    check(last == 0, "the path is too short")
    return digest.hex()


def row_of(part):
    texts = []
    while part:
        end = 4 + int.from_bytes(part[:4])
        texts.append(part[4:end].decode())
        part = part[end:]
    return dict(zip(texts[1::2], texts[2::2], strict=True))  # the first text is the kind


def rows_of_leaf(leaf, receipt):
    data = b64decode(leaf["leaf_data"], validate=True)
    digest = sha256(b"\x00" + data).digest()
    place = b"\x01" + leaf["index"].to_bytes(8) + bytes.fromhex(leaf["event_id"].replace("-", ""))
    check(0 <= leaf["index"] < receipt["tree_size"] and data.startswith(place), "a leaf is of another event")
    check(digest.hex() == leaf["leaf_hash"], "a leaf does not have its hash")
    check(root_from(digest, leaf["index"], receipt["tree_size"], leaf["path"]) == receipt["root"], "not in the tree")
    slots = [data[at : at + 35] for at in range(41, len(data), 35)]
    for part in leaf["parts"]:
        body, salt = b64decode(part["data"], validate=True), bytes.fromhex(part["salt"])
        slot = KINDS[part["kind"]].to_bytes(1) + part["line"].to_bytes(2)
        check(len(salt) == 16 and slot + sha256(b"\x02" + salt + body).digest() in slots, "a part was changed")
        yield row_of(body)


def main(file, *keys):
    with open(file, encoding="utf-8") as stream:
        receipt = json.load(stream)
    key = dict(text.split(":", 1) for text in keys).get(receipt["key_id"])
    check(key and receipt["algorithm"] == "Ed25519", "the key that signed is not among those you trust")
    texts = ["wallet-service seal 1", *(str(receipt[name]) for name in SIGNED), receipt["key_id"], "Ed25519"]
    signed = b"".join(map(sized, texts))
    try:
        Ed25519PublicKey.from_public_bytes(b64decode(key)).verify(bytes.fromhex(receipt["signature"]), signed)
    except InvalidSignature:
        check(False, "the signature is not of that key")
    rows = [row for leaf in receipt["leaves"] for row in rows_of_leaf(leaf, receipt)]
    streams = {row["stream_id"] for row in rows if "stream_id" in row}
    check(streams == {receipt["txn_id"]}, "the events are not those of the transaction")
    print(*(json.dumps(row, ensure_ascii=False) for row in rows), f"VALID: {receipt['txn_id']}", sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
