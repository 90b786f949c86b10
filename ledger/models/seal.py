from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from ledger.models.event import Event
from ledger.models.tree import TreeLeaf, TreeNode, TreeSeal


class Seal(TreeSeal):
    """A signed state of the one tree over all events."""

    class Meta:
        constraints = [
            models.CheckConstraint(name="seal_number_positive", condition=Q(number__gte=1)),
            models.CheckConstraint(
                name="seal_adds_leaves", condition=Q(first_index__gte=0, tree_size__gt=F("first_index"))
            ),
        ]
        indexes = [models.Index(name="seal_time", fields=["sealed_at", "id"])]


class SealedLeaf(TreeLeaf):
    """One event with its postings in the tree."""

    ROW_COLUMN = "event_id"

    # The events are read by the sealer that writes this; a checked key to a partitioned table costs a look-up a row
    # (docs/adr/0007-foreign-keys.md). `verify_seals` looks for orphans.
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="+", db_constraint=False)

    class Meta:
        constraints = [models.CheckConstraint(name="sealed_leaf_index", condition=Q(index__gte=0))]


class SealNode(TreeNode):
    """A subtree over events."""

    class Meta:
        constraints = [models.CheckConstraint(name="seal_node_place", condition=Q(level__gte=1, index__gte=0))]
