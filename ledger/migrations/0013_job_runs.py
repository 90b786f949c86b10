from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ledger", "0012_inbox")]

    operations = []
