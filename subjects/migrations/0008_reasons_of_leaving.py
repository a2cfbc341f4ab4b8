"""Subjects who left get the coded reason that their status or their text names, else "other"."""

from django.db import migrations, models

BY_STATUS = """
UPDATE subjects_subject SET reason_code = CASE status
    WHEN 'withdrawn' THEN 'withdrawal' WHEN 'lost' THEN 'lost' ELSE 'death' END
WHERE status IN ('withdrawn', 'lost', 'deceased')
"""
# Whoever failed screening or ended early: the term that the text begins with, and the rest of it.
BY_TEXT = """
UPDATE subjects_subject s SET
    reason_code = coalesce(f.code, 'other'),
    status_reason = CASE WHEN f.code IS NOT NULL THEN btrim(substr(s.status_reason, length(f.term) + 2))
        WHEN btrim(s.status_reason) = '' THEN 'Not recorded' ELSE s.status_reason END
FROM (
    SELECT g.id, t.term, t.code FROM subjects_subject g LEFT JOIN (VALUES
        ('inclusion criterion not met', 'inclusion', 'screen_failed'),
        ('exclusion criterion met', 'exclusion', 'screen_failed'),
        ('screening window exceeded', 'window', 'screen_failed'),
        ('enrolment closed', 'enrolment_closed', 'screen_failed'),
        ('lost to follow-up', 'lost', 'screen_failed'),
        ('withdrawal by subject', 'withdrawal', 'screen_failed'),
        ('lack of efficacy', 'efficacy', 'terminated'),
        ('non-compliance', 'non_compliance', 'terminated'),
        ('progressive disease', 'progression', 'terminated'),
        ('protocol deviation', 'deviation', 'terminated'),
        ('recovery', 'recovery', 'terminated'),
        ('adverse event', 'adverse_event', ''),
        ('physician decision', 'physician', ''),
        ('pregnancy', 'pregnancy', ''),
        ('site terminated', 'site', ''),
        ('sponsor decision', 'sponsor', ''),
        ('technical problems', 'technical', '')
    ) AS t (term, code, status)
    ON lower(split_part(g.status_reason, ':', 1)) = t.term AND t.status IN ('', g.status)
) f
WHERE f.id = s.id AND s.status IN ('screen_failed', 'terminated')
"""


class Migration(migrations.Migration):
    """Code the reasons, and keep them fitting the status from now on."""

    dependencies = [
        ('sites', '0005_claims_set_aside'),
        ('subjects', '0007_acknowledgement'),
        ('trials', '0003_incoming'),
    ]

    operations = [
        migrations.AddField(
            model_name='subject',
            name='reason_code',
            field=models.CharField(blank=True, choices=[('inclusion', 'Inclusion criterion not met'), ('exclusion', 'Exclusion criterion met'), ('window', 'Screening window exceeded'), ('enrolment_closed', 'Enrolment closed'), ('adverse_event', 'Adverse event'), ('death', 'Death'), ('efficacy', 'Lack of efficacy'), ('lost', 'Lost to follow-up'), ('non_compliance', 'Non-compliance'), ('physician', 'Physician decision'), ('pregnancy', 'Pregnancy'), ('progression', 'Progressive disease'), ('deviation', 'Protocol deviation'), ('recovery', 'Recovery'), ('site', 'Site terminated'), ('sponsor', 'Sponsor decision'), ('withdrawal', 'Withdrawal by subject'), ('technical', 'Technical problems'), ('other', 'Other')], max_length=20),
        ),
        migrations.RunSQL(BY_STATUS, migrations.RunSQL.noop),
        migrations.RunSQL(BY_TEXT, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='subject',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reason_code', ''), models.Q(('status__in', ['screen_failed', 'terminated', 'withdrawn', 'lost', 'deceased']), _negated=True)), models.Q(('reason_code__in', ['inclusion', 'exclusion', 'window', 'enrolment_closed', 'adverse_event', 'lost', 'physician', 'pregnancy', 'site', 'sponsor', 'withdrawal', 'technical', 'other']), ('status', 'screen_failed')), models.Q(('reason_code__in', ['adverse_event', 'efficacy', 'non_compliance', 'physician', 'pregnancy', 'progression', 'deviation', 'recovery', 'site', 'sponsor', 'technical', 'other']), ('status', 'terminated')), models.Q(('reason_code__in', ['withdrawal']), ('status', 'withdrawn')), models.Q(('reason_code__in', ['lost']), ('status', 'lost')), models.Q(('reason_code__in', ['death']), ('status', 'deceased')), _connector='OR'), name='subject_reason_fits_status'),
        ),
        migrations.AddConstraint(
            model_name='subject',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reason_code', 'other'), _negated=True), models.Q(('status_reason', ''), _negated=True), _connector='OR'), name='subject_other_reason_is_said'),
        ),
    ]
