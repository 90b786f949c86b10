"""`GET /v1/transactions/{txn_id}/receipt`: who gets which proof, and that it proves what it shows and nothing else."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from compliance.models import Caller
from ledger.core.receipts import ReceiptInvalid, read_part, verify_receipt
from ledger.models import Event, Posting
from ledger.selectors.seal_keys import Verifier, public_keys
from ledger.selectors.seals import get_seal
from tests.compliance.clients import api_as
from tests.ledger.connecting import tampering
from tests.ledger.sealing import key, seal_everything
from tests.wallets.scene import Scene, book, make_scene, problem_of, send, transfer_body

SCRIPT = Path(settings.BASE_DIR) / "docs" / "verify_receipt.py"


@pytest.fixture
def scene(committed_db: None) -> Scene:
    return make_scene()


@pytest.fixture
def paid(scene: Scene) -> UUID:
    """From alice to charlie, a stranger to her and to bob, her manager; he has 321 already."""
    book(scene.charlies, "321", key=str(scene.charlies.id))
    answer = send(api_as(scene.cast.alice), "/v1/transfers", transfer_body(scene.alices, scene.charlies, "12.50"))
    return UUID(answer.json()["txn_id"])


def ask(caller: Caller, txn_id: UUID) -> Any:
    return api_as(caller).get(f"/v1/transactions/{txn_id}/receipt")


def receipt_for(caller: Caller, txn_id: UUID) -> dict[str, Any]:
    answer = ask(caller, txn_id)
    assert answer.status_code == 200, answer.content
    receipt: dict[str, Any] = answer.json()
    return receipt


def verified(receipt: dict[str, Any]) -> list[dict[str, str]]:
    return verify_receipt(receipt, Verifier(public_keys()))


def kinds(receipt: dict[str, Any]) -> list[tuple[str, int]]:
    return [(part["kind"], part["line"]) for leaf in receipt["leaves"] for part in leaf["parts"]]


def test_until_it_is_sealed_one_waits(scene: Scene, paid: UUID) -> None:
    answer = ask(scene.cast.alice, paid)
    assert (answer.status_code, answer.json()) == (202, {"txn_id": str(paid), "leaves": []})
    assert answer.headers["Retry-After"] == "60"
    seal_everything()
    assert ask(scene.cast.alice, paid).status_code == 200


def test_a_receipt_has_exactly_these_members(scene: Scene, paid: UUID) -> None:
    seal_everything()
    receipt = receipt_for(scene.cast.frida, paid)
    assert set(receipt) == {
        "txn_id", "leaves", "tree_size", "root", "seal_id", "previous_root", "sealed_at", "key_id", "signature",
        "algorithm", "number", "first_index", "horizon_xid",
    }  # fmt: skip
    (leaf,) = receipt["leaves"]
    assert set(leaf) == {"event_id", "index", "leaf_data", "leaf_hash", "path", "parts"}
    event = Event.objects.get(stream_id=paid)
    seal = get_seal(UUID(receipt["seal_id"]))
    assert (leaf["event_id"], receipt["txn_id"], receipt["root"]) == (str(event.id), str(paid), seal.root.hex())


def test_it_proves_every_column_to_who_sees_everything(scene: Scene, paid: UUID) -> None:
    seal_everything()
    receipt = receipt_for(scene.cast.frida, paid)
    assert kinds(receipt) == [("event", 0), ("detail", 0), ("posting", 1), ("posting", 2)]
    event, detail, *postings = verified(receipt)
    row = Event.objects.get(stream_id=paid)
    assert (event["id"], event["type"], event["xid"]) == (str(row.id), "TransactionCompleted", str(row.xid))
    assert json.loads(detail["data"]) == row.data
    expected = Posting.objects.of_event(row.id).values_list("amount", "balance_after")
    assert [(row["amount"], row["balance_after"]) for row in postings] == [(str(a), str(b)) for a, b in expected]


def test_it_stays_the_same_when_the_tree_has_grown(scene: Scene, paid: UUID) -> None:
    seal_everything()
    before = receipt_for(scene.cast.alice, paid)
    make_scene()
    seal_everything()
    assert receipt_for(scene.cast.alice, paid) == before


def test_each_side_sees_its_own_line_and_nothing_of_the_others(scene: Scene, paid: UUID) -> None:
    seal_everything()
    lines = {row.account.owner_id: row.id.int & 0xFFFF for row in Posting.objects.filter(
        event__stream_id=paid).select_related("account")}  # fmt: skip
    for caller, own, other in (
        (scene.cast.alice, scene.alices, scene.charlies),
        (scene.cast.bob, scene.alices, scene.charlies),
        (scene.cast.charlie, scene.charlies, scene.alices),
    ):
        receipt = receipt_for(caller, paid)
        assert kinds(receipt) == [("event", 0), ("posting", lines[own.id])]
        verified(receipt)
        shown = b"".join(b64decode(part["data"]) for leaf in receipt["leaves"] for part in leaf["parts"])
        hidden = receipt_for(scene.cast.frida, paid)["leaves"][0]["parts"]
        theirs = next(part for part in hidden if (part["kind"], part["line"]) == ("posting", lines[other.id]))
        detail = next(part for part in hidden if part["kind"] == "detail")
        text = json.dumps(receipt)
        for part in (theirs, detail):
            assert part["salt"] not in text
            assert part["data"] not in text
        balance = read_part(b64decode(theirs["data"]))["balance_after"]
        assert balance.encode() not in shown


def test_a_deposit_shows_the_companys_side_too(scene: Scene) -> None:
    seal_everything()
    deposit = Event.objects.get(data__destination_wallet_id=str(scene.alices.id), type="TransactionCompleted")
    receipt = receipt_for(scene.cast.alice, deposit.stream_id)
    assert kinds(receipt) == [("event", 0), ("detail", 0), ("posting", 1), ("posting", 2)]
    verified(receipt)


def test_a_refused_payment_has_a_receipt_for_the_payer_alone(scene: Scene) -> None:
    body = transfer_body(scene.alices, scene.bobs, "1000000")
    refused = send(api_as(scene.cast.alice), "/v1/transfers", body).json()
    seal_everything()
    txn_id = UUID(refused["txn_id"])
    receipt = receipt_for(scene.cast.bob, txn_id)  # her manager sees both wallets
    assert [row["type"] for row in verified(receipt) if "type" in row] == ["TransactionFailed"]
    assert kinds(receipt) == [("event", 0), ("detail", 0)]
    assert kinds(receipt_for(scene.cast.alice, txn_id)) == [("event", 0)]
    problem_of(ask(scene.cast.charlie, txn_id), 404, "not_found")


def test_strangers_learn_nothing(scene: Scene, paid: UUID) -> None:
    seal_everything()
    problem_of(ask(make_scene().cast.frida, paid), 404, "not_found")


def test_a_row_that_was_changed_gets_no_receipt(scene: Scene, paid: UUID) -> None:
    seal_everything()
    client = api_as(scene.cast.alice)
    event = Event.objects.get(stream_id=paid)
    with tampering() as cursor:
        cursor.execute("UPDATE ledger_posting SET amount = amount + 1 WHERE event_id = %s", [event.id])
        problem_of(client.get(f"/v1/transactions/{paid}/receipt"), 503, "service.unavailable")


Change = Callable[[dict[str, Any]], Any]


def in_head(name: str, change: Callable[[Any], Any]) -> Change:
    return lambda receipt: receipt.update({name: change(receipt[name])})


def other_hex(text: str) -> str:
    return ("1" if text[0] == "0" else "0") + text[1:]


def other_base64(text: str) -> str:
    data = b64decode(text)
    return b64encode(data[:-1] + bytes([data[-1] ^ 1])).decode()


def in_leaf(name: str, change: Callable[[Any], Any]) -> Change:
    return lambda receipt: receipt["leaves"][0].update({name: change(receipt["leaves"][0][name])})


def in_part(name: str, change: Callable[[Any], Any], at: int = -1) -> Change:
    def apply(receipt: dict[str, Any]) -> None:
        part = receipt["leaves"][0]["parts"][at]
        part[name] = change(part[name])

    return apply


ALTERED: dict[str, Change] = {
    **{name: in_head(name, lambda number: number + 1)
       for name in ("number", "first_index", "tree_size", "horizon_xid")},
    **{name: in_head(name, other_hex)
       for name in ("root", "previous_root", "signature", "seal_id", "txn_id")},
    "another key": lambda receipt: receipt.update(key_id="other"),
    "another algorithm": lambda receipt: receipt.update(algorithm="none"),
    "another time": lambda receipt: receipt.update(sealed_at="2026-01-01T00:00:00.000000Z"),
    "no leaves": lambda receipt: receipt.update(leaves=[]),
    "another event": in_leaf("event_id", other_hex),
    "another place": in_leaf("index", lambda index: index + 1),
    "an impossible place": in_leaf("index", lambda index: -1),
    "another leaf": in_leaf("leaf_data", other_base64),
    "another hash": in_leaf("leaf_hash", other_hex),
    "a longer path": in_leaf("path", lambda path: [*path, "00" * 32]),
    "a shorter path": in_leaf("path", lambda path: path[:-1]),
    "another path": in_leaf("path", lambda path: [other_hex(path[0]), *path[1:]]),
    "no parts": in_leaf("parts", lambda parts: []),
    "another row": in_part("data", other_base64),
    "another column of the event": in_part("data", other_base64, at=0),
    "another salt": in_part("salt", other_hex),
    "a shorter salt": in_part("salt", lambda salt: salt[2:]),
    "another line": in_part("line", lambda line: line + 1),
    "another kind": in_part("kind", lambda kind: "detail"),
}  # fmt: skip


def run_script(file: Path, *keys: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), str(file), *keys], capture_output=True, text=True, check=False, env={}
    )


def trusted() -> list[str]:
    return [f"{key_id}:{b64encode(key).decode()}" for key_id, key in public_keys().items()]


def test_altered_receipts_prove_nothing(scene: Scene, paid: UUID, tmp_path: Path) -> None:
    """Neither to the service's own check, nor to the script that knows nothing of the service."""
    seal_everything()
    receipt = receipt_for(scene.cast.frida, paid)
    file = tmp_path / "receipt.json"
    for what, change in ALTERED.items():
        altered = copy.deepcopy(receipt)
        change(altered)
        assert altered != receipt, what
        with pytest.raises(ReceiptInvalid):
            verified(altered)
        file.write_text(json.dumps(altered))
        assert run_script(file, *trusted()).returncode != 0, what


def test_script_and_command_check_a_receipt_without_the_database(scene: Scene, paid: UUID, tmp_path: Path) -> None:
    seal_everything()
    file = tmp_path / "receipt.json"
    for caller in (scene.cast.alice, scene.cast.frida):
        file.write_text(json.dumps(receipt_for(caller, paid)))
        done = run_script(file, *trusted())
        assert (done.returncode, done.stderr) == (0, "")
        *rows, verdict = done.stdout.splitlines()
        assert verdict == f"VALID: {paid}"
        assert [json.loads(row) for row in rows] == verified(json.loads(file.read_text()))
        output = StringIO()
        call_command("verify_receipt", str(file), "--key", trusted()[0], stdout=output)
        assert output.getvalue().splitlines()[:-1] == rows
        call_command("verify_receipt", str(file), stdout=output)
    _, stranger = key(next(iter(public_keys())))
    assert run_script(file, stranger).returncode != 0
    assert run_script(file).returncode != 0
    with pytest.raises(CommandError, match="is not signed by the key"):
        call_command("verify_receipt", str(file), "--key", stranger)
    file.write_text("{}")
    with pytest.raises(CommandError, match="does not have the form of a receipt"):
        call_command("verify_receipt", str(file))
    file.write_text("not JSON")
    with pytest.raises(CommandError, match="cannot be read as JSON"):
        call_command("verify_receipt", str(file))
