"""Notes of staff on wallets: never changed but for the erasure of their text, never deleted."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import ledger.ids

GUARDS = """
CREATE FUNCTION wallets_guard_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL
        AND (OLD.id, OLD.wallet_id, OLD.author_id, OLD.author_role, OLD.created_at)
            IS NOT DISTINCT FROM (NEW.id, NEW.wallet_id, NEW.author_id, NEW.author_role, NEW.created_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'of a note only the text can be erased, once: % refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER wallets_walletnote_no_change BEFORE UPDATE OR DELETE ON wallets_walletnote
    FOR EACH ROW EXECUTE FUNCTION wallets_guard_note();
CREATE TRIGGER wallets_walletnote_no_truncate BEFORE TRUNCATE ON wallets_walletnote
    FOR EACH STATEMENT EXECUTE FUNCTION wallets_guard_note();
"""
NO_GUARDS = """
DROP TRIGGER wallets_walletnote_no_truncate ON wallets_walletnote;
DROP TRIGGER wallets_walletnote_no_change ON wallets_walletnote;
DROP FUNCTION wallets_guard_note();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("wallets", "0006_imports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WalletNote",
            fields=[
                ("id", models.UUIDField(default=ledger.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("author_role", models.CharField(max_length=16)),
                ("text", models.CharField(blank=True, help_text="Empty once it is erased.", max_length=1000)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("erased_at", models.DateTimeField(null=True)),
                ("erased_by", models.UUIDField(null=True)),
                (
                    "author",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "wallet",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notes",
                        to="wallets.wallet",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["wallet", "created_at", "id"], name="wallet_note_listed")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("erased_at__isnull", True),
                                ("erased_by__isnull", True),
                                models.Q(("text", ""), _negated=True),
                            ),
                            models.Q(("erased_at__isnull", False), ("erased_by__isnull", False), ("text", "")),
                            _connector="OR",
                        ),
                        name="wallet_note_erased_or_not",
                    )
                ],
            },
        ),
        migrations.RunSQL(GUARDS, NO_GUARDS),
    ]
