"""`/v1/seals`: the signed heads of the tree over all events, and proofs that it only ever grew (docs/sealing.md)."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.api.fields import IdField
from ledger.api.pagination import PageQuery, page_of, paginate
from ledger.api.policy import allow, anyone
from ledger.api.schema import operation
from ledger.api.serializers import StrictQuery, pointer_to
from ledger.api.views import ServiceView
from ledger.errors import InvalidInput, NotFound
from ledger.selectors.seal_keys import public_keys
from ledger.selectors.seals import Seal, all_seals, consistency_proof, get_seal, head_of

READERS = allow("FINANCE", "COMPLIANCE", "AUDITOR", scope="ledger:read")

SEAL_EXAMPLE = {
    "seal_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0d1",
    "number": 512,
    "first_index": 20480,
    "tree_size": 20512,
    "root": "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    "previous_root": "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "horizon_xid": 81234,
    "sealed_at": "2026-03-14T16:06:00.000000Z",
    "key_id": "2026-03",
    "algorithm": "Ed25519",
    "signature": "8f" * 64,
}
KEY_EXAMPLE = {
    "key_id": "2026-03",
    "algorithm": "Ed25519",
    "public_key": "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
}


class SealAnswer(serializers.Serializer[Any]):
    seal_id = serializers.UUIDField()
    number = serializers.IntegerField()
    first_index = serializers.IntegerField()
    tree_size = serializers.IntegerField()
    root = serializers.CharField(help_text="SHA-256, hex.")  # type: ignore[assignment]  # a field, see KeysAnswer
    previous_root = serializers.CharField()
    horizon_xid = serializers.IntegerField()
    sealed_at = serializers.DateTimeField()
    key_id = serializers.CharField()
    algorithm = serializers.CharField()
    signature = serializers.CharField(help_text="Hex.")


class ConsistencyQuery(StrictQuery):
    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "from": IdField(help_text="An earlier seal.")}


class ConsistencyAnswer(serializers.Serializer[Any]):
    to = SealAnswer()
    proof = serializers.ListField(child=serializers.CharField(), help_text="Hashes, hex (RFC 9162, 2.1.4).")

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "from": SealAnswer()}


class KeyAnswer(serializers.Serializer[Any]):
    key_id = serializers.CharField()
    algorithm = serializers.CharField()
    public_key = serializers.CharField(help_text="32 bytes, base64.")


class KeysAnswer(serializers.Serializer[Any]):
    data = KeyAnswer(many=True)  # type: ignore[assignment]  # a field: the metaclass takes it off the class


class SealsView(ServiceView):
    policy = {"GET": READERS}

    @operation(
        "List seals",
        query=PageQuery,
        answer=page_of(SealAnswer),
        codes=("pagination.invalid",),
        example={"data": [SEAL_EXAMPLE], "page": {"next_cursor": None, "has_more": False}},
        description="The seals are of the whole installation and tell nothing of what is in them.",
    )
    def get(self, request: Request) -> Response:
        page = paginate(all_seals(), self.query(PageQuery), time="sealed_at")
        return Response(page.body(seal_view))


class SealView(ServiceView):
    policy = {"GET": READERS}

    @operation("Show a seal", answer=SealAnswer, example=SEAL_EXAMPLE)
    def get(self, request: Request, seal_id: UUID) -> Response:
        return Response(seal_view(get_seal(seal_id)))


class SealConsistencyView(ServiceView):
    policy = {"GET": READERS}

    @operation(
        "Prove that a seal grew out of an earlier one",
        query=ConsistencyQuery,
        answer=ConsistencyAnswer,
        example={
            "from": {**SEAL_EXAMPLE, "seal_id": "0199d0a3-7f3e-7c1b-8a55-2f4a90b6c0d0", "number": 511},
            "to": SEAL_EXAMPLE,
            "proof": ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"],
        },
        description="With `proof` and both roots anybody can check that no leaf of the earlier tree was changed.",
    )
    def get(self, request: Request, seal_id: UUID) -> Response:
        later, earlier = get_seal(seal_id), _earlier(self.query(ConsistencyQuery)["from"])
        if earlier.number > later.number:
            raise InvalidInput("This seal is younger than the one in the path.", pointer=pointer_to("from"))
        proof = [step.hex() for step in consistency_proof(earlier, later)]
        return Response({"from": seal_view(earlier), "to": seal_view(later), "proof": proof})


class SealKeysView(ServiceView):
    policy = {"GET": anyone()}

    @operation(
        "List the keys of the seals",
        answer=KeysAnswer,
        example={"data": [KEY_EXAMPLE]},
        description="The first one signs now; the others verify older seals.",
    )
    def get(self, request: Request) -> Response:
        return Response({"data": [key_view(key_id, key) for key_id, key in public_keys().items()]})


def _earlier(id: UUID) -> Seal:
    try:
        return get_seal(id)
    except NotFound:
        raise InvalidInput("There is no such seal.", pointer=pointer_to("from")) from None


def seal_view(seal: Seal) -> dict[str, Any]:
    return head_of(seal).as_json(bytes(seal.signature))


def key_view(key_id: str, key: bytes) -> dict[str, Any]:
    return {"key_id": key_id, "algorithm": "Ed25519", "public_key": b64encode(key).decode()}
