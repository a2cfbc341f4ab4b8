"""What answers and waivers must agree with is held by the database; known identities get their hash."""

from pathlib import Path

from django.db import migrations

from subjects.identity import fingerprint_of

SQL = (Path(__file__).parent.parent / "sql" / "eligibility.sql").read_text()


def fill(apps, _editor):
    """Hash name and date of birth where both are known."""
    identities = apps.get_model("subjects", "SubjectIdentity").objects
    for held in identities.exclude(born="").iterator():
        found = fingerprint_of({"name": held.name, "born": held.born})
        identities.filter(pk=held.pk).update(fingerprint=found)


class Migration(migrations.Migration):
    """Create foreign key and triggers, and fill the hashes."""

    dependencies = [("subjects", "0014_eligibility"), ("trials", "0006_waivers")]
    operations = [
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
