"""Nobody is blinded and unblinded in one trial: held by the database."""

from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).parent.parent / "sql" / "unblinded.sql").read_text()


class Migration(migrations.Migration):
    """Create the trigger."""

    dependencies = [("accounts", "0005_unblinded_roles")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
