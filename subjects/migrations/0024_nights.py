from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).parent.parent / "sql" / "nights.sql").read_text()


class Migration(migrations.Migration):

    dependencies = [
        ("sites", "0001_initial"),
        ("subjects", "0023_reminders"),
    ]

    operations = [migrations.RunSQL(SQL, "DROP FUNCTION subjects_nights(bigint)")]
