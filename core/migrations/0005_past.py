"""The functions behind reading the past."""

from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).parent.parent / "sql" / "past.sql").read_text()


class Migration(migrations.Migration):
    """Create the functions; the views are laid out after every migrate."""

    dependencies = [("core", "0004_upload")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
