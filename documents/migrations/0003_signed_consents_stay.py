"""No version of a signed consent leaves the site."""

from pathlib import Path

from django.db import migrations

SIGNED = (Path(__file__).parent.parent / "sql" / "signed.sql").read_text()


class Migration(migrations.Migration):
    """Create the trigger."""

    dependencies = [("documents", "0002_voided_kept_at_the_site")]
    operations = [migrations.RunSQL(SIGNED, migrations.RunSQL.noop)]
