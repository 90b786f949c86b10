from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from ledger.models.event import Event


class Seal(models.Model):
    """A signed state of the one Merkle tree over all events, chained to the one before it (ADR 0018)."""

    APPEND_ONLY = True

    id = models.UUIDField(primary_key=True, editable=False)
    number = models.BigIntegerField(unique=True, help_text="1, 2, 3, … without a gap.")
    first_index = models.BigIntegerField(help_text="The first leaf that it added.")
    tree_size = models.BigIntegerField(unique=True, help_text="Leaves of the tree after it.")
    root = models.BinaryField(max_length=32)
    previous_root = models.BinaryField(max_length=32)
    horizon_xid = models.BigIntegerField(help_text="All events of database transactions below it are sealed.")
    sealed_at = models.DateTimeField()
    key_id = models.CharField(max_length=64)
    algorithm = models.CharField(max_length=16)
    signature = models.BinaryField(max_length=64)

    class Meta:
        constraints = [
            models.CheckConstraint(name="seal_number_positive", condition=Q(number__gte=1)),
            models.CheckConstraint(
                name="seal_adds_leaves", condition=Q(first_index__gte=0, tree_size__gt=F("first_index"))
            ),
        ]
        indexes = [models.Index(name="seal_time", fields=["sealed_at", "id"])]

    def __str__(self) -> str:
        return f"Seal {self.number}"


class SealedLeaf(models.Model):
    """One event in the tree: the commitments to its rows, and the secret that their salts come from."""

    APPEND_ONLY = True

    index = models.BigIntegerField(primary_key=True)
    # The events are read by the sealer that writes this; a checked key to a partitioned table costs a look-up a row
    # (docs/adr/0007-foreign-keys.md). `verify_seals` looks for orphans.
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    data = models.BinaryField(help_text="The bytes that are hashed (docs/sealing.md).")
    secret = models.BinaryField(max_length=16)
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.CheckConstraint(name="sealed_leaf_index", condition=Q(index__gte=0))]

    def __str__(self) -> str:
        return f"Leaf {self.index}"


class SealNode(models.Model):
    """The root of a complete subtree of two leaves or more. It never changes, so proofs read it instead of leaves."""

    APPEND_ONLY = True

    pk = models.CompositePrimaryKey("level", "index")
    level = models.PositiveSmallIntegerField(help_text="Two to the power of it leaves are below.")
    index = models.BigIntegerField(help_text="Counts the subtrees of this level from the left.")
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.CheckConstraint(name="seal_node_place", condition=Q(level__gte=1, index__gte=0))]

    def __str__(self) -> str:
        return f"Node {self.level}/{self.index}"
