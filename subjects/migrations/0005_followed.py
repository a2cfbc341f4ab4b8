"""Subjects follow the version their visits were laid out by, which is now kept for everybody."""

from django.db import migrations

FOLLOWED = """
INSERT INTO subjects_subjectschedule (subject_id, version_id, from_on)
SELECT DISTINCT ON (v.subject_id) v.subject_id, d.version_id, s.screened_on
FROM subjects_visit v
JOIN trials_visitdefinition d ON d.id = v.definition_id
JOIN subjects_subject s ON s.id = v.subject_id
WHERE NOT EXISTS (SELECT FROM subjects_subjectschedule h WHERE h.subject_id = v.subject_id)
ORDER BY v.subject_id, v.id DESC
"""


class Migration(migrations.Migration):
    """Note the version of subjects that were screened before."""

    dependencies = [("subjects", "0004_names_in_addresses")]
    operations = [migrations.RunSQL(FOLLOWED, migrations.RunSQL.noop)]
