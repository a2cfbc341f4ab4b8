"""Grades that no dictionary defines, and changes of what is voided, are refused by the database."""

from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).parent.parent / "sql" / "graded.sql").read_text()


class Migration(migrations.Migration):
    """Create the triggers."""

    dependencies = [("safety", "0004_voided")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
