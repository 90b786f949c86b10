"""Foreign keys only point down (ADR 0001), also those that are written as strings: the registry knows them all."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import ForeignKey, ManyToManyField, Model
from django.db.models.deletion import PROTECT

FLOORS = {"ledger": 0, "budgets": 1, "compliance": 1, "wallets": 2, "walletsite": 3}
MODELS = [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in FLOORS]


def may_point(source: str, target: str) -> bool:
    """Whether a table of one app may refer to a table of another."""
    return source == target or FLOORS[target] < FLOORS[source]


def relations() -> list[Any]:
    """Every relation from one of our tables to one of our tables."""
    found = [
        field
        for model in MODELS
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey | ManyToManyField)
    ]
    return [field for field in found if app_of(field.related_model) in FLOORS]


def app_of(model: type[Model] | str) -> str:
    assert not isinstance(model, str), f"{model} was never found"
    return model._meta.app_label


@pytest.mark.parametrize(
    ("source", "target", "allowed"),
    [
        ("wallets", "ledger", True),
        ("wallets", "budgets", True),
        ("ledger", "ledger", True),
        ("ledger", "wallets", False),
        ("compliance", "budgets", False),
        ("budgets", "compliance", False),
        ("compliance", "wallets", False),
    ],
)
def test_what_pointing_down_means(source: str, target: str, allowed: bool) -> None:
    assert may_point(source, target) is allowed


def test_foreign_keys_point_down() -> None:
    user = apps.get_model(settings.AUTH_USER_MODEL)
    upwards = [
        str(field)
        for field in relations()
        if not may_point(field.model._meta.app_label, app_of(field.related_model)) and field.related_model is not user
    ]
    assert not upwards


def test_nothing_is_deleted_along_a_foreign_key() -> None:
    keys = [field for field in relations() if isinstance(field, ForeignKey)]
    assert keys, "the registry was read"
    assert not [str(field) for field in keys if field.remote_field.on_delete is not PROTECT]


def test_no_relation_hides_its_table() -> None:
    assert not [str(field) for field in relations() if isinstance(field, ManyToManyField)]
