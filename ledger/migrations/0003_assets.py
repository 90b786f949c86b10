"""The fourteen assets of C7, with the grain that the ledger keeps and the grain that people see (C3)."""

from typing import Any

from django.db import migrations

FIAT = ("USD", "EUR", "INR", "GBP")
CRYPTO = (
    ("BTC", "BTC", "BTC", "CRYPTO", 8),
    ("ETH", "ETH", "ETH", "CRYPTO", 18),
    ("SOL", "SOL", "SOL", "CRYPTO", 9),
    ("SUI", "SUI", "SUI", "CRYPTO", 9),
    ("USDC-ETH", "USDC", "ETH", "TOKEN", 6),
    ("USDT-ETH", "USDT", "ETH", "TOKEN", 6),
    ("USDC-SOL", "USDC", "SOL", "TOKEN", 6),
    ("USDT-SOL", "USDT", "SOL", "TOKEN", 6),
    ("USDC-SUI", "USDC", "SUI", "TOKEN", 6),
    ("USDT-SUI", "USDT", "SUI", "TOKEN", 6),
)


def add_assets(apps: Any, schema_editor: Any) -> None:
    Asset = apps.get_model("ledger", "Asset")
    rows = [Asset(code=code, symbol=code, chain="", kind="FIAT", scale=4, cash_scale=2) for code in FIAT]
    rows += [
        Asset(code=code, symbol=symbol, chain=chain, kind=kind, scale=scale, cash_scale=scale)
        for code, symbol, chain, kind, scale in CRYPTO
    ]
    Asset.objects.bulk_create(rows)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_guards")]

    operations = [migrations.RunPython(add_assets, migrations.RunPython.noop)]
