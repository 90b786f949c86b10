"""Every field of every body, found from what the routes declare, and a good request in which to exchange it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rest_framework import serializers
from rest_framework.test import APIClient

from budgets.models.vocabulary import PeriodType
from ledger.api.fields import StrictField
from ledger.models import Transaction
from tests.api.approval_things import adjustment_of
from tests.api.budget_things import budget_of, limit_of, refused_spend_of, request_about, template_of
from tests.api.routes import Route, api_routes
from tests.compliance.clients import api_as
from tests.compliance.factories import UserFactory
from tests.wallets.holds import reserve
from tests.wallets.scene import Scene
from wallets.models import WebhookEndpoint

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class BodyField:
    """One field in the body of one route; `path` leads to it, 0 standing for the first row of a list."""

    route: Route
    path: Path
    field: StrictField

    @property
    def pointer(self) -> str:
        return "".join(f"/{step}" for step in self.path)

    @property
    def name(self) -> str:
        return f"{self.route.name}{self.pointer}"


def body_fields(*kinds: type[StrictField]) -> list[BodyField]:
    """The fields of these kinds."""
    return [
        BodyField(route, path, field)
        for route in api_routes()
        if route.operation.body is not None
        for path, field in _fields_of(route.operation.body(), ())
        if isinstance(field, kinds)
    ]


def _fields_of(field: Any, path: Path) -> Iterator[tuple[Path, StrictField]]:
    match field:
        case StrictField():
            yield path, field
        case serializers.ListField() | serializers.ListSerializer():
            yield from _fields_of(field.child, (*path, 0))
        case serializers.BaseSerializer():
            for name, child in getattr(field, "fields", {}).items():
                yield from _fields_of(child, (*path, name))


@dataclass(frozen=True)
class Request:
    """The example of a route with real ids, to be sent with one field exchanged."""

    client: APIClient
    path: str
    body: dict[str, Any]
    field: BodyField

    def send(self, value: Any) -> Any:
        body = copy.deepcopy(self.body)
        _parent_of(body, self.field.path)[self.field.path[-1]] = value
        return self._send(json.dumps(body))

    def send_without(self) -> Any:
        body = copy.deepcopy(self.body)
        _parent_of(body, self.field.path).pop(self.field.path[-1], None)
        return self._send(json.dumps(body))

    def send_as_written(self, value: str) -> Any:
        """With a value that is not JSON, or not only a value."""
        body = copy.deepcopy(self.body)
        _parent_of(body, self.field.path)[self.field.path[-1]] = "@"
        return self._send(json.dumps(body).replace('"@"', value))

    def _send(self, text: str) -> Any:
        headers = {"Idempotency-Key": "key-1", "If-Match": "*"}
        method = self.field.route.method
        return self.client.generic(method, self.path, text, content_type="application/json", headers=headers)


def _parent_of(body: Any, path: Path) -> Any:
    """What the field is in. An optional object on the way is made."""
    for step in path[:-1]:
        body = body[step] if isinstance(step, int) else body.setdefault(step, {})
    return body


def request_for(field: BodyField, scene: Scene) -> Request:
    """A request that is good as long as the field is: from FINANCE, or from a service where only those may."""
    policy = field.route.view.policy[field.route.method]
    newcomer = UserFactory(company=scene.cast.company)
    real = {
        "user_id": str(newcomer.id),
        **dict.fromkeys(("wallet_id", "from_wallet_id", "from_account"), str(scene.alices.id)),
        "endpoint_id": str(WebhookEndpoint.objects.create(company=scene.cast.company, url="https://a.example/").id),
        **dict.fromkeys(("to_wallet_id", "to_account", "destination_wallet_id"), str(scene.bobs.id)),
        "txn_id": str(Transaction.objects.get(destination_wallet_id=scene.alices.id, type="DEPOSIT").id),
    }
    if "{reservation_id}" in field.route.path:
        real["reservation_id"] = reserve(scene.cast.alice, scene.alices)["reservation_id"]
    if "/budget" in field.route.path or "/limit" in field.route.path:
        real.update(_rules_of(scene))
    if field.route.path == "/v1/budget-requests":
        real["txn_id"] = refused_spend_of(scene.alices)
    if "{request_id}" in field.route.path:
        asker = scene.cast.frida if field.route.path.endswith("/withdraw") else scene.cast.alice
        real["request_id"] = request_about(budget_of(scene.alices, PeriodType.MONTHLY), asker)
    if field.route.path.startswith(("/v1/approval", "/v1/adjustments")):
        UserFactory(company=scene.cast.company, role="FINANCE")
    if "{approval_id}" in field.route.path:
        own = field.route.path.endswith("/withdraw")
        maker = scene.cast.frida if own else UserFactory(company=scene.cast.company, role="FINANCE")
        real["approval_id"] = str(adjustment_of(scene.alices, maker).id)
    caller = scene.cast.frida if "FINANCE" in policy.roles or policy.is_public else scene.cast.bookings
    body = _with_real_ids(field.route.operation.body_example, real)
    return Request(api_as(caller), field.route.url(**real), body, field)


def _rules_of(scene: Scene) -> dict[str, str]:
    first, second = (str(budget_of(scene.alices, kind).id) for kind in (PeriodType.YEARLY, PeriodType.QUARTERLY))
    budgets = {**dict.fromkeys(("id", "budget_id", "from_budget_id"), first), "to_budget_id": second}
    return {**budgets, "limit_id": limit_of(scene.alices), "template_id": template_of(scene.alices)}


def _with_real_ids(example: Any, real: dict[str, str]) -> Any:
    match example:
        case dict():
            return {name: real.get(name) or _with_real_ids(value, real) for name, value in example.items()}
        case list():
            return [_with_real_ids(value, real) for value in example[:1]]
        case _:
            return example
