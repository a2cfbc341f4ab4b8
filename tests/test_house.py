"""The house rules, so that code not yet written obeys too."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django import forms
from django.apps import apps
from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver

from core.access import ScopedModel
from core.flow import Flow
from tools.measure import complexity

MOST_WAYS = 8  # in which a function can branch
ROOT = Path(__file__).resolve().parent.parent
APPS = [
    *(
        "core",
        "accounts",
        "trials",
        "sites",
        "documents",
        "subjects",
        "quality",
        "safety",
        "budgets",
    ),
    *("inbox", "audit", "workspace", "ctms"),
]
SOURCES = [
    path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts
]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
OURS = [model for model in apps.get_models() if model._meta.app_label in APPS]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_are_small(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") < 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 40, node.name
            assert complexity(node) <= MOST_WAYS, node.name


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_of_tests_are_small(path: Path) -> None:
    assert path.read_text().count("\n") < 400


def forms_below(form: type[forms.ModelForm]) -> Iterator[type[forms.ModelForm]]:
    for each in form.__subclasses__():
        yield each
        yield from forms_below(each)


def columns_of(condition: models.Q) -> set[str]:
    """The fields that a constraint compares."""
    found: set[str] = set()
    for part in condition.children:
        if isinstance(part, models.Q):
            found |= columns_of(part)
        elif isinstance(part, tuple):
            found.add(part[0].partition("__")[0])
            found |= {part[1].name} if isinstance(part[1], models.F) else set()
    return found


def test_no_form_answers_with_the_name_of_a_constraint() -> None:
    """What several fields of a form break together is said by its action, in words."""
    get_resolver().url_patterns  # noqa: B018 - every form is known once every view is
    for form in forms_below(forms.ModelForm):
        model = form._meta.model
        if model is None or form._post_clean is not forms.ModelForm._post_clean:
            continue
        for one in model._meta.constraints:
            columns = columns_of(getattr(one, "condition", None) or models.Q())
            assert len(columns) < 2 or columns - set(form.base_fields), (form, one.name)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_status_is_set_by_a_flow_only(path: Path) -> None:
    if path.name == "flow.py":
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Assign):
            targets = [target.attr for target in node.targets if isinstance(target, ast.Attribute)]
            assert "status" not in targets
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "update":
            assert "status" not in [word.arg for word in node.keywords]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_model_says_what_it_is_and_who_may_see_it(model: type[models.Model]) -> None:
    assert model.__doc__
    assert not model.__doc__.startswith(f"{model.__name__}(")
    if not issubclass(model, ScopedModel):
        kernel = model._meta.app_label == "core" or model.__name__.endswith("Permission")
        assert kernel
        return
    assert model.scope_model() is not None
    assert model.view_permission
    assert len(model.scope_columns()) == 4


@pytest.mark.parametrize("model", [model for model in OURS if hasattr(model, "flow")])
def test_every_flow_speaks_of_known_statuses(model: type[models.Model]) -> None:
    flow = model.flow  # type: ignore[attr-defined]
    if not isinstance(flow, Flow):
        return
    known = {value for value, _ in model._meta.get_field("status").flatchoices}
    assert set(flow.moves) | {end for ends in flow.moves.values() for end in ends} <= known
    assert flow.reasons <= known


def routes(patterns: list[URLPattern | URLResolver], namespace: str = "") -> list[str]:
    """Every named address of ours."""
    found = []
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace in APPS:
                found += routes(pattern.url_patterns, pattern.namespace)
        elif namespace:
            found.append(f"{namespace}:{pattern.name}")
    return found


def test_every_address_is_walked_by_the_page_tests() -> None:
    walked = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    posts = {
        "subjects:confirm",
        "subjects:unbook",
        "inbox:assign",
        "inbox:resume",
        "inbox:snooze",
        "inbox:take_up",
        "inbox:waive",
        "workspace:home",
    }
    posts |= {"accounts:send_password_link", "accounts:session", "accounts:leave_elsewhere"}
    verbs = {"subjects:check_in", "subjects:start"}
    forms = {f"subjects:{verb}" for verb in ("enrol", "end", "contact", "identify", "prefer")}
    forms |= {f"subjects:{verb}" for verb in ("anchors", "find_again", "rescreen", "add_visit")}
    missing = {
        name
        for name in routes(get_resolver().url_patterns)
        if f'"{name}"' not in walked and name not in posts | verbs | forms
    }
    assert missing == set()


def test_templates_carry_no_style_and_no_script() -> None:
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        assert not re.search(r"\sstyle=|\son[a-z]+=\"|<style", text), path
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), path
