"""What consent forms and consents must agree with is held by the database."""

from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).parent.parent / "sql" / "consents.sql").read_text()


class Migration(migrations.Migration):
    """Create the foreign keys and triggers."""

    dependencies = [("subjects", "0010_consents")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
