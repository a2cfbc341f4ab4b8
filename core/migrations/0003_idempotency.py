from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("core", "0002_audit"),
    ]

    operations = [
        migrations.RemoveField(model_name="idempotency", name="path"),
        migrations.RemoveField(model_name="idempotency", name="location"),
        migrations.RenameField(model_name="idempotency", old_name="status", new_name="code"),
        migrations.AlterField(
            model_name="idempotency",
            name="code",
            field=models.PositiveSmallIntegerField(help_text="HTTP status of the answer", null=True),
        ),
        migrations.AddField(
            model_name="idempotency",
            name="content",
            field=models.CharField(default="", help_text="hash of what was asked for", max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="idempotency",
            name="headers",
            field=models.JSONField(default=dict),
        ),
        migrations.AlterField(
            model_name="idempotency",
            name="body",
            field=models.BinaryField(help_text="encrypted: it may name subjects", null=True),
        ),
        migrations.AlterField(
            model_name="idempotency",
            name="key",
            field=models.CharField(help_text="hash of the key", max_length=64),
        ),
    ]
