from decimal import Decimal

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

from ledger.migrations._partitioned import CreatePartitionedModel


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Asset",
            fields=[
                ("code", models.CharField(max_length=16, primary_key=True, serialize=False)),
                ("symbol", models.CharField(max_length=8)),
                ("chain", models.CharField(blank=True, max_length=16)),
                (
                    "kind",
                    models.CharField(
                        choices=[("FIAT", "Fiat"), ("CRYPTO", "Crypto"), ("TOKEN", "Token")], max_length=8
                    ),
                ),
                ("scale", models.PositiveSmallIntegerField(help_text="Decimals that the ledger keeps.")),
                (
                    "cash_scale",
                    models.PositiveSmallIntegerField(help_text="Decimals that people see and providers pay."),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("cash_scale__lte", models.F("scale")), ("scale__lte", 18)),
                        name="asset_scales",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("owner_type", models.CharField(max_length=32)),
                ("owner_id", models.UUIDField()),
                ("book", models.CharField(choices=[("money", "money"), ("allowance", "allowance")], max_length=16)),
                (
                    "bucket",
                    models.CharField(
                        choices=[
                            ("AVAILABLE", "AVAILABLE"),
                            ("PENDING", "PENDING"),
                            ("RESERVED", "RESERVED"),
                            ("STAKED", "STAKED"),
                            ("SPENT", "SPENT"),
                            ("SYSTEM", "SYSTEM"),
                        ],
                        max_length=16,
                    ),
                ),
                ("balance", models.DecimalField(decimal_places=18, default=0, max_digits=38)),
                ("min_balance", models.DecimalField(decimal_places=18, default=0, max_digits=38, null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("ACTIVE", "ACTIVE"),
                            ("SUSPENDED", "SUSPENDED"),
                            ("FROZEN", "FROZEN"),
                            ("CLOSED", "CLOSED"),
                        ],
                        default="ACTIVE",
                        max_length=16,
                    ),
                ),
                ("seq", models.BigIntegerField(default=0, help_text="Number of postings.")),
                ("version", models.BigIntegerField(default=0, help_text="Number of events.")),
                (
                    "folded_xid",
                    models.BigIntegerField(help_text="System accounts: the checkpoint's horizon.", null=True),
                ),
                ("opened_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                (
                    "asset",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.asset"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Command",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("scope", models.CharField(max_length=120)),
                ("key", models.CharField(max_length=255)),
                ("request_hash", models.BinaryField(max_length=32)),
                ("type", models.CharField(max_length=32)),
                ("actor_type", models.CharField(max_length=16)),
                ("actor_id", models.UUIDField(null=True)),
                ("session_id", models.UUIDField(null=True)),
                ("correlation_id", models.CharField(blank=True, max_length=100)),
                (
                    "outcome",
                    models.CharField(
                        choices=[("ACCEPTED", "Accepted"), ("REFUSED", "Refused")], max_length=16, null=True
                    ),
                ),
                ("refusal_code", models.CharField(blank=True, max_length=64)),
                ("transaction_id", models.UUIDField(null=True)),
                ("reply_status", models.PositiveSmallIntegerField(null=True)),
                ("reply_body", models.TextField(blank=True)),
                ("received_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("scope", "key"), name="command_once"),
                    models.CheckConstraint(
                        condition=models.Q(("outcome", "REFUSED"), ("refusal_code", ""), _connector="XOR"),
                        name="command_refusal_has_code",
                    ),
                ],
            },
        ),
        CreatePartitionedModel(
            name="Event",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("AccountsOpened", "AccountsOpened"),
                            ("AccountStatusChanged", "AccountStatusChanged"),
                            ("TransactionCompleted", "TransactionCompleted"),
                            ("TransactionFailed", "TransactionFailed"),
                        ],
                        max_length=64,
                    ),
                ),
                (
                    "stream",
                    models.CharField(choices=[("transaction", "transaction"), ("accounts", "accounts")], max_length=32),
                ),
                ("stream_id", models.UUIDField()),
                ("seq", models.PositiveIntegerField()),
                ("schema_version", models.PositiveSmallIntegerField(default=1)),
                ("data", models.JSONField()),
                ("actor_type", models.CharField(max_length=16)),
                ("actor_id", models.UUIDField(null=True)),
                ("session_id", models.UUIDField(null=True)),
                ("correlation_id", models.CharField(blank=True, max_length=100)),
                ("effective_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("xid", models.BigIntegerField(help_text="Database transaction that wrote it; orders commits safely.")),
                (
                    "command",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.command",
                    ),
                ),
            ],
        ),
        CreatePartitionedModel(
            name="OutboxMessage",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("aggregate_type", models.CharField(max_length=32)),
                ("aggregate_id", models.UUIDField()),
                ("sequence", models.BigIntegerField()),
                ("type", models.CharField(max_length=64)),
                ("version", models.PositiveSmallIntegerField(default=1)),
                ("data", models.JSONField()),
                (
                    "status",
                    models.CharField(
                        choices=[("PENDING", "Pending"), ("PUBLISHED", "Published"), ("FAILED", "Failed")],
                        default="PENDING",
                        max_length=16,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField()),
                ("error", models.TextField(blank=True)),
                ("created_at", models.DateTimeField()),
                ("published_at", models.DateTimeField(null=True)),
                (
                    "event",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.event",
                    ),
                ),
            ],
        ),
        CreatePartitionedModel(
            name="Posting",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("amount", models.DecimalField(decimal_places=18, max_digits=38)),
                ("account_seq", models.BigIntegerField(help_text="Empty on system accounts.", null=True)),
                ("balance_after", models.DecimalField(decimal_places=18, max_digits=38, null=True)),
                ("effective_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.account",
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.event",
                    ),
                ),
            ],
        ),
        CreatePartitionedModel(
            name="Transaction",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("company_id", models.UUIDField()),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("DEPOSIT", "DEPOSIT"),
                            ("WITHDRAWAL", "WITHDRAWAL"),
                            ("TRANSFER", "TRANSFER"),
                            ("PAYMENT", "PAYMENT"),
                            ("REFUND", "REFUND"),
                            ("REVERSAL", "REVERSAL"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("INITIATED", "INITIATED"),
                            ("VALIDATING", "VALIDATING"),
                            ("BALANCE_RESERVED", "BALANCE_RESERVED"),
                            ("SENT_TO_PROVIDER", "SENT_TO_PROVIDER"),
                            ("PROVIDER_PROCESSING", "PROVIDER_PROCESSING"),
                            ("PROVIDER_CONFIRMING", "PROVIDER_CONFIRMING"),
                            ("COMPENSATING", "COMPENSATING"),
                            ("COMPLETED", "COMPLETED"),
                            ("FAILED", "FAILED"),
                            ("REVERSED", "REVERSED"),
                            ("CANCELLED", "CANCELLED"),
                        ],
                        max_length=24,
                    ),
                ),
                (
                    "status",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Case(
                            models.When(
                                state__in=["COMPLETED", "FAILED", "REVERSED", "CANCELLED"], then=models.F("state")
                            ),
                            default=models.Value("PENDING"),
                        ),
                        output_field=models.CharField(max_length=24),
                    ),
                ),
                ("source_wallet_id", models.UUIDField(null=True)),
                ("destination_wallet_id", models.UUIDField(null=True)),
                ("amount", models.DecimalField(decimal_places=18, max_digits=38)),
                ("fee_amount", models.DecimalField(decimal_places=18, default=0, max_digits=38)),
                ("total_amount", models.DecimalField(decimal_places=18, max_digits=38)),
                ("reference_type", models.CharField(blank=True, max_length=50)),
                ("reference_id", models.CharField(blank=True, max_length=100)),
                ("external_reference_id", models.CharField(blank=True, max_length=100)),
                ("description", models.CharField(blank=True, max_length=500)),
                ("metadata", models.JSONField(default=dict)),
                ("refusal_code", models.CharField(blank=True, max_length=64)),
                ("risk_score", models.DecimalField(decimal_places=2, max_digits=5, null=True)),
                ("initiated_by", models.UUIDField(null=True)),
                ("effective_at", models.DateTimeField()),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("completed_at", models.DateTimeField(null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "asset",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.asset"
                    ),
                ),
                (
                    "command",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.command",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.UniqueConstraint(
                fields=("owner_id", "owner_type", "book", "asset", "bucket"), name="account_one_per_owner_asset_bucket"
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("balance__gt", Decimal("-100000000000000000000")),
                    ("balance__lt", Decimal("100000000000000000000")),
                ),
                name="account_balance_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("min_balance__isnull", True), ("balance__gte", models.F("min_balance")), _connector="OR"
                ),
                name="account_floor",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("min_balance__isnull", True),
                    models.Q(
                        ("min_balance__gt", Decimal("-100000000000000000000")),
                        ("min_balance__lt", Decimal("100000000000000000000")),
                    ),
                    _connector="OR",
                ),
                name="account_floor_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("bucket", "SYSTEM"), ("min_balance__isnull", True)),
                    models.Q(
                        models.Q(("bucket", "SYSTEM"), _negated=True),
                        ("folded_xid__isnull", True),
                        ("min_balance__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="account_only_system_has_no_floor",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["ACTIVE", "SUSPENDED", "FROZEN", "CLOSED"])), name="account_status"
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("bucket__in", ["AVAILABLE", "PENDING", "RESERVED", "STAKED", "SPENT", "SYSTEM"])),
                name="account_bucket",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("book__in", ["money", "allowance"])), name="account_book"
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("seq__gte", 0), ("version__gte", models.F("seq"))), name="account_counters"
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["stream_id", "seq"], name="event_stream"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["xid"], name="event_xid"),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(condition=models.Q(("seq__gte", 1)), name="event_seq_positive"),
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(
                condition=models.Q(("status", "PENDING")), fields=["created_at", "sequence"], name="outbox_pending"
            ),
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(fields=["aggregate_id", "sequence"], name="outbox_aggregate"),
        ),
        migrations.AddConstraint(
            model_name="outboxmessage",
            constraint=models.CheckConstraint(
                condition=models.Q(("sequence__gte", 1)), name="outbox_sequence_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="outboxmessage",
            constraint=models.CheckConstraint(
                condition=models.Q(("status", "PUBLISHED"), ("published_at__isnull", True), _connector="XOR"),
                name="outbox_published_has_time",
            ),
        ),
        migrations.AddIndex(
            model_name="posting",
            index=models.Index(fields=["account", "account_seq"], name="posting_account_seq"),
        ),
        migrations.AddIndex(
            model_name="posting",
            index=models.Index(fields=["account", "effective_at"], name="posting_account_effective"),
        ),
        migrations.AddConstraint(
            model_name="posting",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount__gt", Decimal("-100000000000000000000")),
                    ("amount__lt", Decimal("100000000000000000000")),
                    models.Q(("amount", 0), _negated=True),
                ),
                name="posting_amount",
            ),
        ),
        migrations.AddConstraint(
            model_name="posting",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("account_seq__isnull", True), ("balance_after__isnull", True)),
                    models.Q(
                        ("account_seq__gte", 1),
                        ("account_seq__isnull", False),
                        ("balance_after__isnull", False),
                        ("balance_after__gt", Decimal("-100000000000000000000")),
                        ("balance_after__lt", Decimal("100000000000000000000")),
                    ),
                    _connector="OR",
                ),
                name="posting_chain",
            ),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["source_wallet_id", "id"], name="transaction_source"),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["destination_wallet_id", "id"], name="transaction_destination"),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["reference_id", "reference_type"], name="transaction_reference"),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["company_id", "created_at"], name="transaction_created"),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                condition=models.Q(("state__in", ["COMPLETED", "FAILED", "REVERSED", "CANCELLED"]), _negated=True),
                fields=["state", "created_at"],
                name="transaction_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", Decimal("0")), ("amount__lt", Decimal("100000000000000000000"))),
                name="transaction_amount",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("fee_amount__gte", Decimal("0")), ("fee_amount__lt", Decimal("100000000000000000000"))
                ),
                name="transaction_fee",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("total_amount__gt", Decimal("0")),
                    ("total_amount__lt", Decimal("100000000000000000000")),
                    (
                        "total_amount",
                        django.db.models.expressions.CombinedExpression(
                            models.F("amount"), "+", models.F("fee_amount")
                        ),
                    ),
                ),
                name="transaction_total",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "INITIATED",
                            "VALIDATING",
                            "BALANCE_RESERVED",
                            "SENT_TO_PROVIDER",
                            "PROVIDER_PROCESSING",
                            "PROVIDER_CONFIRMING",
                            "COMPENSATING",
                            "COMPLETED",
                            "FAILED",
                            "REVERSED",
                            "CANCELLED",
                        ],
                    )
                ),
                name="transaction_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("source_wallet_id__isnull", True),
                    ("destination_wallet_id__isnull", True),
                    models.Q(("source_wallet_id", models.F("destination_wallet_id")), _negated=True),
                    ("state", "FAILED"),
                    _connector="OR",
                ),
                name="transaction_wallets_differ",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("destination_wallet_id__isnull", False),
                        ("source_wallet_id__isnull", False),
                        ("type", "TRANSFER"),
                    ),
                    models.Q(
                        ("destination_wallet_id__isnull", False),
                        ("source_wallet_id__isnull", True),
                        ("type", "DEPOSIT"),
                    ),
                    models.Q(("source_wallet_id__isnull", False), ("type__in", ["WITHDRAWAL", "PAYMENT"])),
                    ("type__in", ["REFUND", "REVERSAL"]),
                    _connector="OR",
                ),
                name="transaction_wallets_per_type",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(("state", "FAILED"), ("refusal_code", ""), _connector="OR"),
                name="transaction_failed_has_code",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("risk_score__isnull", True),
                    models.Q(("risk_score__gte", 0), ("risk_score__lte", 100)),
                    _connector="OR",
                ),
                name="transaction_risk_score",
            ),
        ),
    ]
