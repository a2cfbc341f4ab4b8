"""CTCAE v6.0, loaded as published and kept so by the database."""

import csv
from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent.parent
SQL = (HERE / "sql" / "dictionary.sql").read_text()
VERSION = "CTCAE 6.0"


def load(apps, schema_editor):
    """Every term of the file in one statement."""
    term = apps.get_model("safety", "GradingTerm")
    with (HERE / "data" / "ctcae_v6_terms.csv").open(encoding="utf-8", newline="") as file:
        term.objects.bulk_create(
            term(
                version=VERSION,
                organ_class=row["soc"],
                name=row["term"],
                definition=row["definition"],
                note=row["navigational_note"],
                **{f"grade_{grade}": row[f"grade_{grade}"].strip() for grade in range(1, 6)},
            )
            for row in csv.DictReader(file)
        )


class Migration(migrations.Migration):
    """Load the terms, then forbid their change."""

    dependencies = [("safety", "0001_initial"), ("core", "0001_initial")]
    operations = [
        migrations.RunPython(load, migrations.RunPython.noop),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
