"""Protocol files and imports may come before their trial; cells carry their condition."""

import django.db.models.deletion
from django.db import migrations, models

SPONSORS_FIRST = """
    UPDATE trials_protocolfile f SET sponsor_id = t.sponsor_id FROM trials_trial t WHERE t.id = f.trial_id;
    UPDATE trials_protocolimport i SET sponsor_id = t.sponsor_id FROM trials_trial t WHERE t.id = i.trial_id;
    SET CONSTRAINTS ALL IMMEDIATE;
"""


def sponsor(name: str, *, null: bool) -> models.ForeignKey:
    """The sponsor of a file or an import."""
    return models.ForeignKey(
        null=null,
        on_delete=django.db.models.deletion.PROTECT,
        related_name=name,
        to="trials.sponsor",
    )


class Migration(migrations.Migration):
    dependencies = [("trials", "0002_immutable")]

    operations = [
        migrations.RemoveConstraint("protocolfile", "protocol_file_once"),
        migrations.AddField("protocolfile", "sponsor", sponsor("protocol_files", null=True)),
        migrations.AddField("protocolimport", "sponsor", sponsor("protocol_imports", null=True)),
        migrations.RunSQL(SPONSORS_FIRST, migrations.RunSQL.noop),
        migrations.AlterField("protocolfile", "sponsor", sponsor("protocol_files", null=False)),
        migrations.AlterField("protocolimport", "sponsor", sponsor("protocol_imports", null=False)),
        migrations.AlterField(
            "protocolfile",
            "trial",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="protocol_files",
                to="trials.trial",
            ),
        ),
        migrations.AlterField(
            "protocolimport",
            "trial",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="protocol_imports",
                to="trials.trial",
            ),
        ),
        migrations.AddConstraint(
            "protocolfile",
            models.UniqueConstraint(fields=("sponsor", "sha256"), name="protocol_file_once"),
        ),
        migrations.AddConstraint(
            "protocolimport",
            models.UniqueConstraint(
                condition=models.Q(("status", "preview")),
                fields=("file",),
                name="protocol_import_open_once",
            ),
        ),
        migrations.AddField(
            "visitprocedure",
            "condition",
            models.TextField(blank=True, help_text="when it applies, shown as a footnote"),
        ),
    ]
