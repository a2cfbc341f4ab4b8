"""Approved schedule versions are kept unchanged by the database."""

from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).parent.parent / "sql" / "immutable.sql").read_text()


class Migration(migrations.Migration):
    """Create the triggers."""

    dependencies = [("trials", "0001_initial")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
