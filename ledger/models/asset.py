from __future__ import annotations

from django.db import models

from ledger.money import MAX_SCALE


class Asset(models.Model):
    """Something that can be held: a currency, or a token on one chain (C7).

    `USDC-ETH` and `USDC-SOL` are different assets, or they would net to zero against each other.
    """

    READ_ONLY = True

    class Kind(models.TextChoices):
        FIAT = "FIAT"
        CRYPTO = "CRYPTO"
        COUNT = "COUNT"
        TOKEN = "TOKEN"  # noqa: S105 (a kind of asset, not a secret)

    code = models.CharField(primary_key=True, max_length=16)
    symbol = models.CharField(max_length=8)
    chain = models.CharField(max_length=16, blank=True)
    kind = models.CharField(max_length=8, choices=Kind)
    scale = models.PositiveSmallIntegerField(help_text="Decimals that the ledger keeps.")
    cash_scale = models.PositiveSmallIntegerField(help_text="Decimals that people see and providers pay.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="asset_scales", condition=models.Q(scale__lte=MAX_SCALE, cash_scale__lte=models.F("scale"))
            ),
        ]

    def __str__(self) -> str:
        return self.code
