from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db import models


class TreeSeal(models.Model):
    """A signed state of a Merkle tree, chained to the one before it (ADR 0018)."""

    APPEND_ONLY = True

    id = models.UUIDField(primary_key=True, editable=False)
    number = models.BigIntegerField(unique=True, help_text="1, 2, 3, … without a gap.")
    first_index = models.BigIntegerField(help_text="The first leaf that it added.")
    tree_size = models.BigIntegerField(unique=True, help_text="Leaves of the tree after it.")
    root = models.BinaryField(max_length=32)
    previous_root = models.BinaryField(max_length=32)
    horizon_xid = models.BigIntegerField(help_text="Everything of database transactions below it is sealed.")
    sealed_at = models.DateTimeField()
    key_id = models.CharField(max_length=64)
    algorithm = models.CharField(max_length=16)
    signature = models.BinaryField(max_length=64)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"Seal {self.number}"


class TreeLeaf(models.Model):
    """One sealed row: the commitments to its parts, and the secret that their salts come from.

    Attributes:
        ROW_COLUMN: names the row by its id.
    """

    APPEND_ONLY = True
    ROW_COLUMN: ClassVar[str]

    index = models.BigIntegerField(primary_key=True)
    data = models.BinaryField(help_text="The bytes that are hashed (docs/sealing.md).")
    secret = models.BinaryField(max_length=16)
    hash = models.BinaryField(max_length=32)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"Leaf {self.index}"

    @property
    def row_id(self) -> UUID:
        id: UUID = getattr(self, self.ROW_COLUMN)
        return id


class TreeNode(models.Model):
    """The root of a complete subtree of two leaves or more. It never changes, so proofs read it instead of leaves."""

    APPEND_ONLY = True

    pk = models.CompositePrimaryKey("level", "index")
    level = models.PositiveSmallIntegerField(help_text="Two to the power of it leaves are below.")
    index = models.BigIntegerField(help_text="Counts the subtrees of this level from the left.")
    hash = models.BinaryField(max_length=32)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"Node {self.level}/{self.index}"
