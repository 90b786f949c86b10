from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ledger", "0008_read_models")]

    operations = []
