"""Where the service's own readers of the outbox keep how far they have come."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0009_months")]

    operations = [
        migrations.CreateModel(
            name="Follower",
            fields=[
                ("name", models.CharField(max_length=50, primary_key=True, serialize=False)),
                ("position", models.BigIntegerField(default=0)),
                ("moved_at", models.DateTimeField(null=True)),
            ],
        ),
    ]
