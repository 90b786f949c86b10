"""A caller and a view for tests of the conventions alone: no database, no real users."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID, uuid4

from rest_framework.request import Request
from rest_framework.response import Response

from ledger.api.fields import MoneyField, TextField
from ledger.api.pagination import PageQuery
from ledger.api.policy import allow
from ledger.api.schema import operation
from ledger.api.serializers import StrictSerializer
from ledger.api.views import ServiceView


@dataclass(frozen=True)
class Person:
    role: str = "FINANCE"
    scopes: frozenset[str] = frozenset()
    id: UUID = field(default_factory=uuid4)
    company_id: UUID = field(default_factory=uuid4)
    team_id: UUID | None = None
    is_authenticated: bool = True


class Note(StrictSerializer):
    amount = MoneyField()
    text = TextField(max_length=20, required=False)


class NotesView(ServiceView):
    """GET lists, POST takes a note, PUT forgot its policy."""

    policy = {"GET": allow("AUDITOR", "FINANCE", scope="notes:read"), "POST": allow("FINANCE")}

    @operation("List notes", query=PageQuery)
    def get(self, request: Request) -> Response:
        return Response({"limit": self.query(PageQuery)["limit"]})

    @operation("Take a note", body=Note, status=201)
    def post(self, request: Request) -> Response:
        note = self.body(Note)
        return Response({"amount": str(note["amount"])}, status=201)

    @operation("Replace a note")
    def put(self, request: Request) -> Response:
        return Response(status=204)
