"""A version that was signed stays in use on that day; a form that was refused stays optional."""

from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).parent.parent / "sql" / "signed.sql").read_text()


class Migration(migrations.Migration):
    """Create the triggers."""

    dependencies = [
        ("subjects", "0011_consents_kept"),
        ("sites", "0008_approvals_corrected"),
        ("trials", "0004_consents"),
    ]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
