from pathlib import Path

from django.db import migrations

KEPT = (Path(__file__).parent.parent / "sql" / "kept.sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("documents", "0001_documents")]
    operations = [migrations.RunSQL(KEPT, migrations.RunSQL.noop)]
