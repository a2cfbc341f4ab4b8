"""The functions behind field history, revisions and append-only tables."""

from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).parent.parent / "sql" / "audit.sql").read_text()


class Migration(migrations.Migration):
    """Create the functions; the triggers are attached after every migrate."""

    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
