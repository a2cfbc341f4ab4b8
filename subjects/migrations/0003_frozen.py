"""Completed visits are kept unchanged by the database."""

from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).parent.parent / "sql" / "frozen.sql").read_text()


class Migration(migrations.Migration):
    """Create the triggers."""

    dependencies = [("subjects", "0002_initial")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
