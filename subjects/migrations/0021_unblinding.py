"""Who learnt of an allocation, when and why; it stays as it was recorded."""

from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SQL = (Path(__file__).parent.parent / "sql" / "unblinding.sql").read_text()


class Migration(migrations.Migration):

    dependencies = [
        ('subjects', '0020_scans_of_consents'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Unblinding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('emergency', 'Blind broken in an emergency'), ('accident', 'Unblinded by accident')], max_length=12)),
                ('learnt_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('reason', models.CharField(max_length=300)),
                ('learnt_by', models.CharField(max_length=200, verbose_name='who knows now')),
                ('by_name', models.CharField(max_length=150)),
                ('randomisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='unblindings', to='subjects.randomisation')),
                ('reader', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('kind', 'emergency'), ('reader__isnull', False)), models.Q(('kind', 'accident'), ('reader', None)), _connector='OR'), name='unblinding_read_in_an_emergency'), models.CheckConstraint(condition=models.Q(models.Q(('reason', ''), _negated=True), models.Q(('learnt_by', ''), _negated=True)), name='unblinding_says_who_and_why'), models.CheckConstraint(condition=models.Q(('learnt_at__lte', models.F('recorded_at'))), name='unblinding_is_not_to_come')],
            },
        ),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
