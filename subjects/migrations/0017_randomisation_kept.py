"""What randomisations must agree with, and that allocations are kept, is held by the database."""

from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).parent.parent / "sql" / "randomisation.sql").read_text()


class Migration(migrations.Migration):
    """Create the triggers."""

    dependencies = [("subjects", "0016_randomisation")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
