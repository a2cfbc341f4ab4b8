"""A protocol file becomes a trial with exactly its visits, or a message and nothing at all."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.durations import Duration
from tests.trials import studies
from tests.trials.test_usdm_expected import EXPECTED as OTHERS
from tests.trials.test_usdm_expected import LATER
from tests.world import World
from trials.forms import RowForm
from trials.models import (
    Amendment,
    Arm,
    Criterion,
    ProtocolImport,
    RegistryId,
    ScheduleVersion,
    Trial,
    VisitDefinition,
    VisitProcedure,
)
from trials.models.schedule import MAX_VISITS

pytestmark = pytest.mark.django_db

DATA = Path(__file__).resolve().parent.parent / "data"
PILOT = "cdisc_pilot_lzzt_v4.json"
EXPECTED = OTHERS | {PILOT: [(-14, -14, -14), (-2, -2 - 4 / 24, -2), (0, 0, 0), *LATER]}
UPLOAD = "/protocols/import/"


def file_of(name: str) -> bytes:
    return next(DATA.rglob(name)).read_bytes()


def upload(
    client: Client, world: World, raw: bytes, *, trial: str = "", name: str = "p.json"
) -> Any:
    url = reverse("trials:import", args=[trial]) if trial else UPLOAD
    file = SimpleUploadedFile(name, raw, "application/json")
    return client.post(url, {"sponsor": world.sponsor.pk, "file": file})


def posted(client: Client, url: str, do: str, **changes: str) -> dict[str, str]:
    """What a browser would send back: every field as the page shows it, and what was changed."""
    context = client.get(url).context
    data = {"do": do, "revision": str(context["held"].revision)}
    forms = [context["trial_form"], context.get("number_form")]
    if context.get("preview"):
        data |= {f"row-{key}": str(value) for key, value in (
            ("TOTAL_FORMS", len(context["lines"])), ("INITIAL_FORMS", len(context["lines"])),
        )}  # fmt: skip
        forms += list(context["formset"])
    for form in filter(None, forms):
        for bound in form:
            value = bound.value()
            shown = bound.field.prepare_value(value)
            if shown is not None and shown is not False:
                data[bound.html_name] = "on" if shown is True else str(shown)
    return data | changes


def start(client: Client, world: World, name: str, **changes: str) -> Trial:
    """From the file to the trial."""
    url = upload(client, world, file_of(name)).headers["Location"]
    response = client.post(url, posted(client, url, "commit", **changes))
    assert response.status_code == 302, response.context["errors"]
    return ProtocolImport.objects.get(pk=int(url.split("/")[-2])).trial


def placed(version: ScheduleVersion) -> list[tuple[float, float, float]]:
    """Day, earliest and latest of each planned visit, from the anchor."""
    visits = list(version.visits.filter(timeline=None).order_by("position"))
    days: dict[int, Duration] = {}
    found = []
    for visit in visits:
        base = days[visit.after_visit_id] if visit.after_visit_id else Duration()
        days[visit.pk] = here = base + visit.offset
        early, late = visit.window or (Duration(), Duration())
        found.append((here.in_days, (here - early).in_days, (here + late).in_days))
    return found


@pytest.mark.parametrize("name", EXPECTED)
def test_each_given_file_becomes_a_trial_with_exactly_its_visits(
    world: World, client: Client, name: str
) -> None:
    client.force_login(world.manager)
    trial = start(client, world, name)
    version = trial.schedules.get()
    assert version.status == "draft"
    assert placed(version) == [pytest.approx(expected) for expected in EXPECTED[name]]
    assert bytes(version.source_file.raw) == file_of(name)


def test_the_pilot_brings_arms_criteria_amendments_numbers_cells_and_events(
    world: World, client: Client
) -> None:
    client.force_login(world.manager)
    trial = start(client, world, PILOT)
    version = trial.schedules.get()
    assert (trial.protocol_number, trial.code, trial.name) == ("H2Q-MC-LZZT", "h2q-mc-lzzt", "LZZT")
    assert trial.planned_subjects == 300
    assert Arm.objects.filter(trial=trial).count() == 3
    assert Amendment.objects.filter(trial=trial).count() == 1
    assert Criterion.objects.filter(version=version).count() == 31
    assert version.epochs.get(position=0).name == "Screening"
    assert RegistryId.objects.get(trial=trial).value == "NCT12345678"
    cells = VisitProcedure.objects.filter(visit__version=version)
    assert cells.filter(visit__timeline=None).count() == 170
    event = version.visits.get(timeline__isnull=False)
    assert (event.name, event.type) == ("Early Termination", "early_termination")
    call = version.visits.get(code="W8.2")
    assert (call.modality, call.after_visit.code, call.basis) == ("phone", "W8", "actual")
    assert call.source_ids == {
        "encounter": "Encounter_7", "instances": ["ScheduledActivityInstance_16"],
    }  # fmt: skip


def test_nothing_is_in_the_trial_before_the_commit_and_corrections_come_along(
    world: World, client: Client
) -> None:
    client.force_login(world.manager)
    url = upload(client, world, file_of(PILOT), trial="tmr-204").headers["Location"]
    data = posted(client, url, "save", **{
        "row-3-name": "Week 2 <b>call</b>", "row-3-offset": "Day 16", "row-3-window": "-1/+2",
        "row-3-modality": "phone",
    })  # fmt: skip
    del data["row-15-is_included"]
    assert client.post(url, data).status_code == 302
    assert world.trial.schedules.count() == 1
    text = client.get(url).content.decode()
    assert "Week 2 &lt;b&gt;call&lt;/b&gt;" in text
    assert "15 of 16" in text
    done = client.post(url, posted(client, url, "commit", **{"version-number": "2.0"}))
    assert done.headers["Location"] == reverse("trials:schedule", args=["tmr-204"])
    version = world.trial.schedules.get(number="2.0")
    changed = version.visits.get(position=3)
    assert (changed.name, changed.modality) == ("Week 2 <b>call</b>", "phone")
    assert (changed.days, changed.early_days, changed.late_days) == (15, 1, 2)
    assert version.visits.filter(timeline=None).count() == 15
    assert "Week 2 <b>call</b>" not in client.get(done.headers["Location"]).content.decode()


def test_leaving_out_a_visit_lets_the_next_count_from_the_anchor(
    world: World, client: Client
) -> None:
    client.force_login(world.manager)
    url = upload(client, world, file_of(PILOT)).headers["Location"]
    data = posted(client, url, "save")
    del data["row-6-is_included"]
    client.post(url, data)
    assert client.post(url, posted(client, url, "commit")).status_code == 302
    call = VisitDefinition.objects.get(code="W8.2")
    assert (call.after_visit, call.days) == (None, 70)


def test_a_wrong_cell_says_why_beside_itself_and_saves_nothing(
    world: World, client: Client
) -> None:
    client.force_login(world.manager)
    url = upload(client, world, file_of(PILOT)).headers["Location"]
    response = client.post(url, posted(client, url, "commit", **{"row-3-offset": "Day 0"}))
    assert response.status_code == 422
    text = response.content.decode()
    assert "There is no day 0" in text
    assert 'value="Day 0"' in text
    assert not Trial.objects.filter(protocol_number="H2Q-MC-LZZT").exists()
    assert ProtocolImport.objects.get().corrections == {}


def test_a_visit_without_a_time_asks_for_it(world: World, client: Client) -> None:
    client.force_login(world.manager)
    broken = json.loads(file_of(PILOT))
    line = broken["study"]["versions"][0]["studyDesigns"][0]["scheduleTimelines"][0]
    gone = "ScheduledActivityInstance_24"
    line["timings"] = [
        one for one in line["timings"] if one["relativeFromScheduledInstanceId"] != gone
    ]
    url = upload(client, world, json.dumps(broken).encode()).headers["Location"]
    assert "Say when" in client.get(url).content.decode()
    refused = client.post(url, posted(client, url, "commit"))
    assert refused.status_code == 422
    assert "Say when these take place, or leave them out: Week 26" in refused.content.decode()
    assert Trial.objects.count() == 1
    revision = str(refused.context["revision"])
    answered = posted(client, url, "commit", **{"row-15-offset": "26 wk", "revision": revision})
    assert client.post(url, answered).status_code == 302
    assert VisitDefinition.objects.get(name="Week 26").days == 182


def test_what_no_timing_leads_to_is_shown_and_can_be_taken(world: World, client: Client) -> None:
    client.force_login(world.manager)
    broken = json.loads(file_of(PILOT))
    line = broken["study"]["versions"][0]["studyDesigns"][0]["scheduleTimelines"][0]
    for one in line["instances"]:
        if one["id"] == "ScheduledActivityInstance_23":
            one["defaultConditionId"], one["timelineExitId"] = None, line["exits"][0]["id"]
    url = upload(client, world, json.dumps(broken).encode()).headers["Location"]
    shown = client.get(url).context["lines"]
    lost = [row for row, *_ in shown if not row.is_reachable]
    assert [(row.name, row.is_included) for row in lost] == [("Week 26", False)]
    assert client.post(url, posted(client, url, "commit")).status_code == 302
    version = Trial.objects.get(protocol_number="H2Q-MC-LZZT").schedules.get()
    assert version.visits.filter(timeline=None).count() == 15
    assert version.unreachable[0]["source_id"] == "ScheduledActivityInstance_24"


def test_the_same_file_twice_opens_the_same_preview_and_then_the_trial(
    world: World, client: Client
) -> None:
    client.force_login(world.manager)
    first = upload(client, world, file_of(PILOT))
    again = upload(client, world, file_of(PILOT))
    assert first.headers["Location"] == again.headers["Location"]
    url = first.headers["Location"]
    data = posted(client, url, "commit")
    client.post(url, data)
    repeated = client.post(url, data)
    assert repeated.status_code == 302
    assert Trial.objects.filter(protocol_number="H2Q-MC-LZZT").count() == 1
    third = upload(client, world, file_of(PILOT))
    assert third.status_code == 409
    assert "/trials/h2q-mc-lzzt/set-up/activities/" in third.content.decode()
    other = upload(client, world, file_of(PILOT), trial="tmr-204")
    assert other.status_code == 409
    assert "This file belongs to H2Q-MC-LZZT" in other.content.decode()


def test_a_trial_that_exists_keeps_its_number_and_lineage_follows_the_visits(
    world: World, client: Client
) -> None:
    client.force_login(world.manager)
    start(client, world, PILOT)
    changed = file_of(PILOT).replace(b'"versionIdentifier": "2"', b'"versionIdentifier": "3"')
    taken = upload(client, world, changed + b" ")
    url = taken.headers["Location"]
    clash = client.post(url, posted(client, url, "commit"))
    assert clash.status_code == 422
    assert "exists already" in clash.content.decode()
    assert ProtocolImport.objects.get(status="preview").trial is None
    url = upload(client, world, changed + b"  ", trial="h2q-mc-lzzt").headers["Location"]
    client.post(url, posted(client, url, "commit", **{"version-number": "3"}))
    first, second = ScheduleVersion.objects.filter(trial__code="h2q-mc-lzzt").order_by("pk")
    lineages = [list(v.visits.order_by("pk").values_list("lineage")) for v in (first, second)]
    assert lineages[0] == lineages[1]
    assert Arm.objects.filter(trial=first.trial).count() == 3


def test_a_file_is_not_offered_a_number_that_is_there_with_a_nought(
    world: World, client: Client
) -> None:
    client.force_login(world.manager)
    changed = file_of(PILOT).replace(b'"versionIdentifier": "2"', b'"versionIdentifier": "1"')
    url = upload(client, world, changed, trial="tmr-204").headers["Location"]
    assert client.get(url).context["number_form"]["number"].value() == "1-2", "there is a 1.0"


def test_two_people_correcting_one_import_do_not_overwrite_each_other(
    world: World, client: Client
) -> None:
    client.force_login(world.manager)
    url = upload(client, world, file_of(PILOT)).headers["Location"]
    mine = posted(client, url, "save", **{"row-3-name": "Mine"})
    theirs = posted(client, url, "save", **{"row-3-name": "Theirs"})
    assert client.post(url, theirs).status_code == 302
    late = client.post(url, mine)
    assert late.status_code == 409
    assert "changed while you had it open" in late.content.decode()
    assert 'value="Mine"' in late.content.decode()
    assert (
        ProtocolImport.objects.get().corrections["ScheduledActivityInstance_12"]["name"] == "Theirs"
    )


def test_a_register_record_starts_a_trial(world: World, client: Client) -> None:
    client.force_login(world.manager)
    trial = start(client, world, "NCT02210780.json")
    assert trial.protocol_number == "R668-AD-1314"
    assert (trial.phase, trial.planned_subjects) == ("Phase 2", 194)
    assert trial.registry_ids.get(registry="ClinicalTrials.gov").value == "NCT02210780"
    assert trial.countries.filter(code="US").exists()
    assert trial.schedules.count() == 0
    again = upload(client, world, file_of("NCT02210780.json"))
    assert again.status_code == 409
    assert trial.get_absolute_url() in again.content.decode()


def test_a_register_record_fills_only_what_a_trial_does_not_say(
    world: World, client: Client
) -> None:
    client.force_login(world.manager)
    url = upload(client, world, file_of("NCT03475563.json"), trial="tmr-204").headers["Location"]
    assert client.post(url, posted(client, url, "commit")).status_code == 302
    world.trial.refresh_from_db()
    assert (world.trial.name, world.trial.planned_subjects) == ("Tamarind", 100)


def test_an_import_can_be_set_aside_and_the_file_read_again(world: World, client: Client) -> None:
    client.force_login(world.manager)
    url = upload(client, world, file_of(PILOT)).headers["Location"]
    pk = ProtocolImport.objects.get().pk
    assert url == reverse("trials:preview", args=[pk])
    assert client.post(reverse("trials:discard", args=[pk])).status_code == 302
    assert client.get(url).status_code == 302
    assert upload(client, world, file_of(PILOT)).headers["Location"] != url


def test_only_those_who_edit_protocols_import(world: World, client: Client) -> None:
    client.force_login(world.manager)
    ours = upload(client, world, file_of(PILOT), trial="tmr-204").headers["Location"]
    new = upload(client, world, file_of("lilly_nct03421379_v4.json")).headers["Location"]
    for_trial = reverse("trials:import", args=["tmr-204"])
    client.force_login(world.cra)
    assert client.get(for_trial).status_code == 403
    assert client.get(ours).status_code == 404
    refused = upload(client, world, file_of(PILOT))
    assert refused.status_code == 403
    assert "does not allow to import a protocol for any sponsor" in refused.content.decode()
    stranger = User.objects.create(username="stranger", email="s@example.org")
    client.force_login(stranger)
    for url in (for_trial, ours, new, reverse("trials:schedule", args=["tmr-204"])):
        assert client.get(url).status_code == 404, url
    assert client.post(ours, {"do": "commit"}).status_code == 404


def test_pages_run_a_fixed_number_of_queries(
    world: World, client: Client, django_assert_max_num_queries: Any
) -> None:
    client.force_login(world.manager)
    urls = [
        upload(client, world, file_of(name)).headers["Location"]
        for name in (PILOT, "lilly_nct03421379_v4.json")
    ]
    trial = start(client, world, "observational_scope1_v4.json")
    urls += [UPLOAD, reverse("trials:schedule", args=[trial.code])]
    for url in urls:
        client.get(url)
        with django_assert_max_num_queries(14):
            assert client.get(url).status_code == 200


def of_many(count: int) -> bytes:
    """A file of a protocol with so many visits, a day apart."""
    rows = [studies.instance(f"v{n}", f"e{n}") for n in range(count)]
    times = [
        studies.anchor("v0"),
        *(studies.after(f"v{n}", f"P{n}D", "v0") for n in range(1, count)),
    ]
    return studies.raw(studies.document(studies.design(studies.timeline(rows, times))))


def test_the_largest_protocol_is_corrected_and_committed(world: World, client: Client) -> None:
    client.force_login(world.manager)
    url = upload(client, world, of_many(MAX_VISITS)).headers["Location"]
    names = {"trial-protocol_number": "BIG-1", "trial-code": "big-1", "trial-name": "Big"}
    corrected = client.post(url, posted(client, url, "save", **{"row-299-name": "The last"}))
    assert corrected.status_code == 302
    saved = client.post(url, posted(client, url, "commit", **names))
    assert saved.status_code == 302, saved.context["errors"]
    visits = Trial.objects.get(code="big-1").schedules.get().visits
    assert (visits.count(), visits.get(days=299).name) == (MAX_VISITS, "The last")
    # With a version before it, each row also asks from which visit it goes on.
    fields = MAX_VISITS * len(RowForm.base_fields) + 100
    assert fields <= settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
