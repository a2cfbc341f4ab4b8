"""The component tags: small pieces of the interface, always shape and word, never colour alone."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, Select
from django.templatetags.static import static
from django.utils.safestring import SafeString

from core import charts
from core.dates.field import DayInput
from core.markup import markup

register = template.Library()

CHIP_ICONS = {"ok": "check", "warn": "alert", "crit": "octagon", "info": "clock", "plum": "lock"}
SHAPES = {
    "g": '<circle class="rag-ok" cx="6" cy="6" r="5"/>',
    "a": '<path class="rag-warn" d="M6 .8 11.6 11H.4z"/>',
    "x": '<path class="rag-crit" d="M6 0 12 6 6 12 0 6z"/>',
    "n": '<circle class="rag-none" cx="6" cy="6" r="4.5"/>',
}


def sized(component: str, size: str) -> str:
    """The classes of a component, which may be smaller or larger than usual."""
    return f"{component} {component}-{size}" if size else component


@cache
def _sprite() -> str:
    """The address of the icons; pages show dozens of them."""
    return static("vendor/icons.svg")


@register.simple_tag
@cache
def icon(name: str, size: str = "") -> SafeString:
    """An icon of the sprite; decoration only, so hidden from screen readers."""
    return markup(
        '<svg class="{}" aria-hidden="true"><use href="{}#i-{}"/></svg>',
        sized("icon", size), _sprite(), name,
    )  # fmt: skip


@register.simple_tag
@lru_cache(maxsize=1000)
def chip(state: str, text: str, shape: str = "") -> SafeString:
    """A state as icon and word."""
    name = shape or CHIP_ICONS.get(state, "circle")
    kind = f"chip is-{state}" if state else "chip"
    return markup('<span class="{}">{}{}</span>', kind, icon(name), text)


@register.simple_tag
def rag(level: str, text: str) -> SafeString:
    """A level as a shape with words: g fine, a attention, x stop, n none."""
    return markup(
        '<span class="rag"><svg viewBox="0 0 12 12" aria-hidden="true">{}</svg>{}</span>',
        SafeString(SHAPES[level]), text,
    )  # fmt: skip


@register.simple_tag
def avatar(name: str, size: str = "") -> SafeString:
    """The initials of a person; the name is printed beside it or read out."""
    initials = "".join(part[0] for part in name.replace("Dr ", "").split()[:2])
    return markup('<span class="{}" aria-hidden="true">{}</span>', sized("avatar", size), initials)


@register.simple_tag
def window_bar(window: Any, today: Any, days: int = 0) -> SafeString:
    """Protocol window, target, booking and today in one small picture."""
    return charts.window_bar(
        window.earliest, window.target, window.latest, window.booked, today, window.state, days
    )


@register.simple_tag
def share_bar(percent: int, title: str, state: str = "") -> SafeString:
    """A share as a bar: of what runs, full, late, or of what is past."""
    return charts.bar(percent, title, state)


def _said(choices: Iterable[tuple[Any, Any]], none: str) -> list[tuple[Any, Any]]:
    """The choices of a list, with a word in place of the dashes that stand for none."""
    return [
        (key, none if key == "" and str(said).startswith("--") else said) for key, said in choices
    ]


KINDS: dict[type, str] = {
    CheckboxInput: "checkbox", CheckboxSelectMultiple: "choices", DayInput: "day",
}  # fmt: skip


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, label: str = "") -> dict[str, Any]:
    """A form field: label above, hint, input, error with icon, wired for screen readers."""
    kind = KINDS.get(type(bound.field.widget), "")
    attributes = _described(bound)
    if kind in {"", "day"}:
        own = bound.field.widget.attrs.get("class", "")
        attributes["class"] = f"input {own}".strip()
    if isinstance(bound.field.widget, Select):
        none = "Choose" if bound.field.required else "Not said"
        bound.field.widget.choices = _said(bound.field.widget.choices, none)
    return {
        "bound": bound,
        "kind": kind,
        "label": label or bound.label,
        "input": bound.as_widget(attrs=attributes),
    }


def _described(bound: BoundField) -> dict[str, str | bool]:
    """The attributes that lead from an input to its hint and its errors."""
    parts = [("hint", bound.help_text), ("error", bound.errors)]
    described = " ".join(f"{bound.id_for_label}-{name}" for name, said in parts if said)
    attributes: dict[str, str | bool] = {"aria-describedby": described} if described else {}
    return attributes | ({"aria-invalid": "true"} if bound.errors else {})
