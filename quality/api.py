"""Deviations, issues and CAPA over REST, by subject number."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import User
from core.api.resources import Addable, Resource, step
from core.api.shapes import LARGEST_KEY, Changing, Instant, Seen, Shape, Why, many_of
from quality.actions import capas, issues
from quality.models import (
    Capa,
    CapaAction,
    CapaStatus,
    Category,
    Classification,
    EffectivenessCheck,
    Issue,
    IssueKind,
    IssueStatus,
    RootCause,
)
from sites.models import Site
from subjects.models import DeviationDraft, Subject, Visit


class IssueFilters(Changing):
    """Filters of issues."""

    trial = serializers.CharField(source="site__trial__code", required=False, help_text="Its code.")
    site = serializers.IntegerField(source="site_id", required=False, max_value=LARGEST_KEY)
    subject = serializers.IntegerField(source="subject_id", required=False, max_value=LARGEST_KEY)
    number = serializers.CharField(required=False)
    kind = many_of(IssueKind, "kind__in")
    status = many_of(IssueStatus, "status__in")
    is_important = serializers.BooleanField(required=False)


class Facts(Shape):
    """What is known of an issue; what is left out stays as it is."""

    category = serializers.ChoiceField(choices=Category.choices, required=False, allow_blank=True)
    proposed = serializers.ChoiceField(choices=Classification.choices, required=False)
    happened_on = serializers.DateField(required=False)
    aware_on = serializers.DateField(required=False)
    what = serializers.CharField(required=False, help_text="No names.")
    effect = serializers.CharField(required=False)
    is_monitor_told = serializers.BooleanField(required=False)


class Reporting(Facts):
    """A new issue at a site; of a subject, a visit, or what was drafted when it happened."""

    site = Seen(queryset=Site.objects.all())
    subject = Seen(queryset=Subject.objects.all(), required=False)
    visit = Seen(queryset=Visit.objects.all(), required=False)
    draft = Seen(queryset=DeviationDraft.objects.all(), required=False)
    kind = serializers.ChoiceField(choices=IssueKind.choices, required=False)
    happened_on = serializers.DateField()
    aware_on = serializers.DateField()
    what = serializers.CharField(help_text="No names.")
    effect = serializers.CharField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The facts as the action takes them."""
        about = {name: attrs.pop(name, None) for name in ("subject", "visit", "draft")}
        return {"site": attrs.pop("site"), "values": attrs, **about}


class IssueChange(Facts):
    """What changes of a report."""

    reason = serializers.CharField(required=False, max_length=200)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The facts as the action takes them."""
        return {"reason": attrs.pop("reason", ""), "values": attrs}


class Type(Shape):
    """What it is instead, and why; a deviation has a category."""

    kind = serializers.ChoiceField(choices=IssueKind.choices)
    category = serializers.ChoiceField(choices=Category.choices, required=False)
    reason = serializers.CharField(max_length=200)


class Explanation(Shape):
    """Why it happened, and what was done about it at once."""

    root_cause = serializers.ChoiceField(choices=RootCause.choices)
    why = serializers.CharField()
    correction = serializers.CharField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The facts as the action takes them."""
        return {"values": attrs}


class Assessment(Shape):
    """The class the sponsor confirms, and the reason where it is another than proposed."""

    classification = serializers.ChoiceField(choices=Classification.choices)
    is_important = serializers.BooleanField()
    ethics_due_on = serializers.DateField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(default="", allow_blank=True, max_length=200)


class Linking(Shape):
    """The CAPA that deals with the cause."""

    capa = Seen(queryset=Capa.objects.all())


class Suspicion(Shape):
    """Since when the sponsor is aware of what may be a serious breach."""

    aware_at = Instant()


class Notification(Shape):
    """When the authorities were notified."""

    at = Instant()


class Telling(Shape):
    """When ethics was told."""

    on = serializers.DateField()


class IssueResource(Addable):
    """A deviation or another issue: what happened, how grave it is, and how far it is dealt with."""

    model = Issue
    filters = IssueFilters
    adding, adding_shape, parent = issues.report, Reporting, "site"
    columns = {
        "id": "pk", "number": "number", "trial": "site__trial__code", "site": "site_id",
        "site_number": "site__number", "subject": "subject_id",
        "subject_number": "subject__number", "visit": "visit_id", "draft": "draft_id",
        "kind": "kind", "status": "status", "category": "category", "proposed": "proposed",
        "classification": "classification", "is_important": "is_important",
        "happened_on": "happened_on", "aware_on": "aware_on", "reported_at": "reported_at",
        "what": "what", "effect": "effect", "is_monitor_told": "is_monitor_told",
        "capa": "capa_id", "root_cause": "root_cause", "why": "why", "correction": "correction",
        "ethics_due_on": "ethics_due_on", "ethics_reported_on": "ethics_reported_on",
        "breach_aware_at": "breach_aware_at", "breach_notified_at": "breach_notified_at",
        "breach_dismissed": "breach_dismissed",
    }  # fmt: skip

    change = step(issues.change, IssueChange)
    retype = step(issues.retype, Type)
    explain = step(issues.explain, Explanation)
    link = step(capas.link, Linking)
    assess = step(issues.assess, Assessment)
    suspect_breach = step(issues.suspect_breach, Suspicion)
    notify_breach = step(issues.notify_breach, Notification)
    dismiss_breach = step(issues.dismiss_breach, Why)
    report_to_ethics = step(issues.report_to_ethics, Telling)
    close = step(issues.close)
    reopen = step(issues.reopen, Why)
    void = step(issues.void, Why)


class CapaFilters(Changing):
    """Filters of CAPA."""

    trial = serializers.CharField(source="site__trial__code", required=False, help_text="Its code.")
    site = serializers.IntegerField(source="site_id", required=False, max_value=LARGEST_KEY)
    status = many_of(CapaStatus, "status__in")


class CapaFacts(Shape):
    """What a CAPA says; what is left out stays as it is."""

    title = serializers.CharField(required=False, max_length=120)
    root_cause = serializers.ChoiceField(choices=RootCause.choices, required=False)
    why = serializers.CharField(required=False)
    measure = serializers.CharField(required=False)
    check_on = serializers.DateField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The facts as the action takes them."""
        return {"values": attrs}


class CapaOpening(CapaFacts):
    """A new CAPA at a site, for issues that have the same cause."""

    site = Seen(queryset=Site.objects.all())
    issues = Seen(queryset=Issue.objects.all(), many=True, required=False)
    title = serializers.CharField(max_length=120)
    root_cause = serializers.ChoiceField(choices=RootCause.choices)
    why = serializers.CharField()
    measure = serializers.CharField()
    check_on = serializers.DateField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The facts as the action takes them."""
        about = {"site": attrs.pop("site"), "issues": attrs.pop("issues", ())}
        return {"values": attrs, **about}


class CapaCheck(Shape):
    """Whether it helped; if not, when it is checked again."""

    is_effective = serializers.BooleanField()
    on = serializers.DateField()
    finding = serializers.CharField()
    next_check_on = serializers.DateField(required=False, allow_null=True)


class CapaResource(Addable):
    """A cause behind issues of a site, and what is done so that it does not come back."""

    model = Capa
    filters = CapaFilters
    watched = {CapaAction: "capa_id", EffectivenessCheck: "capa_id"}
    adding, adding_shape, parent = capas.open_capa, CapaOpening, "site"
    columns = {
        "id": "pk", "number": "number", "trial": "site__trial__code", "site": "site_id",
        "site_number": "site__number", "status": "status", "title": "title",
        "root_cause": "root_cause", "why": "why", "measure": "measure", "check_on": "check_on",
    }  # fmt: skip

    change_capa = step(capas.change_capa, CapaFacts)
    check = step(capas.check, CapaCheck)
    void_capa = step(capas.void_capa, Why)


class OfCapaFilters(Changing):
    """Filters of what belongs to a CAPA."""

    trial = serializers.CharField(
        source="capa__site__trial__code", required=False, help_text="Its code."
    )
    capa = serializers.IntegerField(source="capa_id", required=False, max_value=LARGEST_KEY)


class CapaActionAdding(Shape):
    """Something somebody is to do by a day."""

    capa = Seen(queryset=Capa.objects.all())
    kind = serializers.ChoiceField(choices=CapaAction.Kind.choices)
    text = serializers.CharField(max_length=300)
    owner = serializers.PrimaryKeyRelatedField(queryset=User.objects.filter(is_active=True))
    due_on = serializers.DateField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The facts as the action takes them."""
        return {"capa": attrs.pop("capa"), "owner": attrs.pop("owner"), "values": attrs}


class CapaActionDone(Shape):
    """When it was done, and what shows it."""

    on = serializers.DateField()
    evidence = serializers.CharField(max_length=300)


class CapaActionResource(Addable):
    """What somebody does by a day, to correct or to prevent."""

    model = CapaAction
    filters = OfCapaFilters
    adding, adding_shape, parent = capas.add_action, CapaActionAdding, "capa"
    columns = {
        "id": "pk", "capa": "capa_id", "capa_number": "capa__number", "kind": "kind",
        "text": "text", "owner": "owner_id", "owner_role": "owner_role", "due_on": "due_on",
        "done_on": "done_on", "evidence": "evidence", "dropped": "dropped",
    }  # fmt: skip

    finish_action = step(capas.finish_action, CapaActionDone)
    drop_action = step(capas.drop_action, Why)


class EffectivenessCheckResource(Resource):
    """Whether a CAPA helped, as somebody found on a day."""

    model = EffectivenessCheck
    filters = OfCapaFilters
    columns = {
        "id": "pk", "capa": "capa_id", "capa_number": "capa__number", "on": "on",
        "is_effective": "is_effective", "finding": "finding", "by_name": "by_name",
    }  # fmt: skip
