"""What belongs to an approved version, and how visits go on, is held by the database."""

from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).parent.parent / "sql" / "amendments.sql").read_text()


class Migration(migrations.Migration):
    """Create the triggers."""

    dependencies = [("trials", "0007_amendments")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
