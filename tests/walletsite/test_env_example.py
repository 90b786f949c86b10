"""`.env.example` lists every variable that the code reads, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

READS = re.compile(r"""(?:env\.\w+|_required|os\.environ\.get|os\.environ\.setdefault)\(\s*"([A-Z_]+)\"""")
NOT_OURS = {"DJANGO_SETTINGS_MODULE"}
READ_BY_PACKAGES = {"PROMETHEUS_MULTIPROC_DIR"}


def test_every_variable_is_listed() -> None:
    root = Path(settings.BASE_DIR)
    code = [
        path
        for app in ("walletsite", "ledger", "compliance", "budgets", "wallets")
        for path in (root / app).rglob("*.py")
    ]
    read = {name for path in code for name in READS.findall(path.read_text())} - NOT_OURS
    listed = set(re.findall(r"^([A-Z_]+)=", (root / ".env.example").read_text(), re.MULTILINE))
    assert listed == read | READ_BY_PACKAGES
