"""A wallet's history lies in an index in the order in which it is shown: a page costs the same however long it is."""

from django.db import migrations, models

SIDES = {"transaction_source": "source_wallet_id", "transaction_destination": "destination_wallet_id"}


class Migration(migrations.Migration):
    dependencies = [("ledger", "0015_sealed_records")]

    operations = [
        *(migrations.RemoveIndex(model_name="transaction", name=name) for name in SIDES),
        *(
            migrations.AddIndex(
                model_name="transaction", index=models.Index(name=name, fields=[wallet, "created_at", "id"])
            )
            for name, wallet in SIDES.items()
        ),
    ]
