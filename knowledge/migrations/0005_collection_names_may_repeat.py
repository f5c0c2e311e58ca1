
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("knowledge", "0004_document_indexes"),
        ("tenants", "0002_outbox_links"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="collection",
            name="one_collection_per_name",
        ),
        migrations.AddIndex(
            model_name="collection",
            index=models.Index(fields=["tenant", "name"], name="collection_name"),
        ),
    ]
