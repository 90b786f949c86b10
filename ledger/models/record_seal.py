from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from ledger.models.tree import TreeLeaf, TreeNode, TreeSeal


class RecordSeal(TreeSeal):
    """A signed state of the tree over the records of the floors above, such as the audit trail (ADR 0030)."""

    class Meta:
        constraints = [
            models.CheckConstraint(name="record_seal_number_positive", condition=Q(number__gte=1)),
            models.CheckConstraint(
                name="record_seal_adds_leaves", condition=Q(first_index__gte=0, tree_size__gt=F("first_index"))
            ),
        ]


class SealedRecord(TreeLeaf):
    """One record in the tree, column by column."""

    ROW_COLUMN = "record_id"

    # No key: the tables belong to the floors above. `verify_seals` looks for orphans.
    record_id = models.UUIDField(unique=True)
    secret = models.BinaryField(max_length=32, help_text="Its second half is for what is erasable.")

    class Meta:
        constraints = [models.CheckConstraint(name="sealed_record_index", condition=Q(index__gte=0))]


class RecordNode(TreeNode):
    """A subtree over records."""

    class Meta:
        constraints = [models.CheckConstraint(name="record_node_place", condition=Q(level__gte=1, index__gte=0))]
