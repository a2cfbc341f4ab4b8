"""Screens of plain records, declared: a list, a form to add and a form to change; saving is an action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import messages
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.text import capfirst, slugify

from core import lists
from core.access import ScopedModel, can, require
from core.actions import Action, RefusedError
from core.dates import show_day
from core.dates.field import DayField
from core.markup import markup
from core.models import Deployment
from core.permissions import Permission
from core.versions import ChangedError, ConflictError, lock
from core.web import BOTH, Request, back, find, page, whole

if TYPE_CHECKING:
    from accounts.models import User


def answer(
    request: Request, form: forms.BaseForm, act: Callable[[], object], *, title: str, verb: str,
    back: str, done: str = "", template: str = "pages/form.html", **context: Any,
) -> HttpResponse:  # fmt: skip
    """A form's page: carry out the action and go back, or show what is wrong beside what was typed.

    What was done is said by ``done``, or else by what the action returns: a text, or a page.
    """
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            outcome = act()
        except forms.ValidationError as error:
            form.add_error(None, error)
        except (RefusedError, ConflictError) as error:
            context |= _refused(form, error)
            status = 409 if isinstance(error, ConflictError) else 422
        else:
            return _told(request, done or outcome, back)
    context = {
        "frame": "pages/frame.html",
        "form": form,
        "title": title,
        "verb": verb,
        "back": back,
    } | context
    return page(request, template, context, status=status)


def _refused(form: forms.BaseForm, error: Exception) -> dict[str, Any]:
    """Say in the form why it was refused; a stale one may be sent again by whoever has read what is so."""
    if not isinstance(error, ChangedError) or error.record != getattr(form, "instance", None):
        form.add_error(None, str(error))
        return {"way_out": error} if getattr(error, "url", "") else {}
    now = [f"{form[name].label}: {_words(error.record, name)}" for name in _typed_anew(form)]
    there = f"What is there now: {'; '.join(now)}. " if now else ""
    form.add_error(None, f"{error.fact} {there}Save again to replace it by what you typed.")
    return {"revision": error.revision}


def _typed_anew(form: Any) -> list[str]:
    """The fields of the record for which the form says otherwise than the record does."""
    known = {field.name for field in form.instance._meta.concrete_fields}
    return [name for name in form.changed_data if name in known]


def _words(record: models.Model, name: str) -> str:
    """A field of a record in words."""
    choice = getattr(record, f"get_{name}_display", None)
    value = choice() if choice else getattr(record, name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return show_day(value)
    return "empty" if value in (None, "") else str(value)


def _told(request: Request, outcome: object, to: str) -> HttpResponse:
    if isinstance(outcome, HttpResponse):
        return outcome
    messages.success(request, str(outcome))
    return back(request, to)


def ask_if_sure(form: forms.BaseForm, concerned: object, text: str) -> None:
    """Where a change gets in the way of something, keep the form open until its box is ticked."""
    if concerned:
        form.fields["sure"] = forms.BooleanField(label=text, required=False)
        if not form.data.get("sure"):
            form.add_error("sure", "Tick the box if this is what you want.")


class Pages:
    """List, add and change a plain record that lies under another one, or under the deployment."""

    model: ClassVar[type[ScopedModel]]
    parent: ClassVar[str] = ""
    key: ClassVar[str] = "slug"
    columns: ClassVar[tuple[str, ...]]
    fields: ClassVar[tuple[str, ...]]
    fields_once_there: ClassVar[tuple[str, ...]] = ()
    edit_permission: ClassVar[Permission]
    step: ClassVar[tuple[str, str]] = ("", "")
    sure: ClassVar[str] = ""
    frame: ClassVar[str] = "pages/frame.html"
    adding: ClassVar[Action[Any, Any, Any]]
    changing: ClassVar[Action[Any, Any, Any]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if not hasattr(cls, "model"):
            return
        if cls.create.__func__ is Pages.create.__func__:  # type: ignore[attr-defined]
            cls.adding = _adding(cls)
        if cls.update.__func__ is Pages.update.__func__:  # type: ignore[attr-defined]
            cls.changing = _changing(cls)

    @classmethod
    def urls(cls, prefix: str = "") -> list[URLPattern]:
        """The addresses of the pages, below the address of the record above."""
        word, words = str(cls.model._meta.model_name), cls.plural()
        return [
            *lists.urls(f"{prefix}{words}", cls.listing, words),
            path(f"{prefix}{words}/add/", BOTH(cls.add), name=f"add_{word}"),
            path(f"{prefix}{words}/<int:pk>/change/", BOTH(cls.change), name=f"change_{word}"),
        ]

    @classmethod
    def plural(cls) -> str:
        """The name of the list, as in its address."""
        return slugify(str(cls.model._meta.verbose_name_plural))

    @classmethod
    def create(cls, above: ScopedModel, values: Mapping[str, Any], by: User) -> object:
        """Add a record by an action."""
        return cls.adding(above, values=values, by=by)

    @classmethod
    def update(
        cls, record: Any, values: Mapping[str, Any], by: User, revision: int | None
    ) -> object:
        """Change a record by an action."""
        return cls.changing(record, values=values, by=by, revision=revision)

    @classmethod
    def around(cls, request: Request, above: ScopedModel) -> dict[str, Any]:
        """What the frame of the pages shows."""
        return {"above": above}

    @classmethod
    def concerned(cls, request: Request, record: Any, values: Mapping[str, Any]) -> list[Any]:
        """What a change gets in the way of, to be listed beside it."""
        return []

    @classmethod
    def listing(cls, request: Request, kind: str = "", **key: str) -> HttpResponseBase:
        """The records as a list, and as its files."""
        above = cls._above(request, key, cls.model.view_permission)
        may_edit, names = can(request.user, cls.edit_permission, above), cls.model._meta
        rows = cls.model.objects.filter(**({cls.parent: above} if cls.parent else {}))

        def change(row: lists.Row) -> str:
            return cls._url(request, f"change_{names.model_name}", {**key, "pk": row["pk"]})

        declared = cls._declared(change if may_edit else None)
        listing = lists.Listing(request, declared, rows.visible_to(request.user), of=above)
        context = {
            "frame": cls.frame,
            "title": capfirst(names.verbose_name_plural),
            "word": names.verbose_name,
            "add_url": cls._url(request, f"add_{names.model_name}", key) if may_edit else "",
            **cls.around(request, above),
        }
        return lists.answer(listing, request, "pages/list.html", context, kind)

    @classmethod
    def _declared(cls, change: lists.Show | None) -> lists.List:
        """The list of the records; for whoever may change them with the ways to do so."""
        names = cls.model._meta
        first, *rest = (_column(cls._field(name), name) for name in cls.columns)
        named = first.show
        if change is not None:
            first = first.but(show=lambda row: lists.lead(change(row), named(row)))
            rest += _steps(*cls.step, named)
        texts = [name for name in cls.columns if isinstance(cls._field(name), models.CharField)]
        return lists.List(
            title=capfirst(str(names.verbose_name_plural)), one=str(names.verbose_name),
            many=str(names.verbose_name_plural), named=named, sort=first.name,
            columns=(first, *rest), search_label="Words",
            search=lambda words: Q(*(Q((f"{name}__icontains", words)) for name in texts), _connector=Q.OR),
        )  # fmt: skip

    @classmethod
    def add(cls, request: Request, **key: str) -> HttpResponse:
        """Add a record."""
        above = cls._above(request, key, cls.edit_permission)
        form = cls._form(above, cls.fields)(request.POST or None)
        word = cls.model._meta.verbose_name
        concerned = cls._ask(request, form, form.instance)
        return answer(
            request, form, lambda: cls.create(above, form.cleaned_data, request.user),
            title=f"Add {word}", verb=f"Add {word}", back=cls._url(request, cls.plural(), key),
            done=f"{capfirst(word)} added.", frame=cls.frame, concerned=concerned,
            **cls.around(request, above),
        )  # fmt: skip

    @classmethod
    def change(cls, request: Request, pk: int, **key: str) -> HttpResponse:
        """Change a record, or say that it is no longer in use."""
        above = cls._above(request, key, cls.edit_permission)
        under = {cls.parent: above} if cls.parent else {}
        record = find(cls.model, request.user, pk=pk, **under)
        form_class = cls._form(above, (*cls.fields, *cls.fields_once_there))
        title, word = f"Change {record}", cls.model._meta.verbose_name
        form = form_class(request.POST or None, instance=record)
        given = request.POST.get("revision", "")
        concerned = cls._ask(request, form, record)
        return answer(
            request, form, lambda: cls.update(record, form.cleaned_data, request.user, whole(given)),
            title=title, verb=f"Change {word}", back=cls._url(request, cls.plural(), key),
            done=f"{record} changed.", frame=cls.frame,
            revision=given or getattr(record, "revision", ""),
            concerned=concerned, **cls.around(request, above),
        )  # fmt: skip

    @classmethod
    def _ask(cls, request: Request, form: forms.ModelForm[Any], record: Any) -> list[Any]:
        """What the typed values get in the way of; the form stays open until that is wanted."""
        values = form.cleaned_data if form.is_bound and form.is_valid() else {}
        concerned = cls.concerned(request, record, values)
        if cls.sure:
            ask_if_sure(form, concerned, cls.sure)
        return concerned

    @classmethod
    def _above(cls, request: Request, key: Mapping[str, Any], permission: Permission) -> Any:
        """The record above, where the person may see it and do this under it."""
        if not cls.parent:
            above: Any = Deployment.objects.get(pk=1)
            if not can(request.user, cls.model.view_permission, cls.model()):
                raise Http404(f"No {cls.model._meta.verbose_name_plural} that you may see.")
            require(request.user, permission, cls.model())
            return above
        above = find(cls._field(cls.parent).related_model, request.user, **key)
        require(request.user, permission, cls.model(**{cls.parent: above}))
        return above

    @classmethod
    def _field(cls, name: str) -> Any:
        return cls.model._meta.get_field(name.partition("__")[0])

    @classmethod
    def _url(cls, request: Request, name: str, key: Mapping[str, Any]) -> str:
        match = request.resolver_match
        return reverse(f"{match.namespace if match else ''}:{name}", kwargs=dict(key))

    @classmethod
    def _form(cls, above: ScopedModel, fields: tuple[str, ...]) -> Any:
        """A form over the fields, whose choices lie under the same record."""

        def shape(field: Any, **given: Any) -> Any:
            if isinstance(field, models.DateField):
                given["form_class"] = DayField
            shaped = field.formfield(**given)
            if field.is_relation and cls.parent:
                shaped.queryset = shaped.queryset.filter(**{cls.parent: above})
            return shaped

        return forms.modelform_factory(cls.model, fields=fields, formfield_callback=shape)


def _adding(pages: type[Pages]) -> Action[Any, Any, Any]:
    """The action that adds one record."""

    def add(above: ScopedModel, *, values: Mapping[str, object], by: User) -> ScopedModel:
        return _kept(pages.model(**({pages.parent: above} if pages.parent else {}), **values))

    return _named(pages, "add", add)


def _changing(pages: type[Pages]) -> Action[Any, Any, Any]:
    """The action that changes one record."""

    def change(
        record: Any, *, values: Mapping[str, object], by: User, revision: int | None = None
    ) -> ScopedModel:
        held = lock(record, revision)
        for name, value in values.items():
            setattr(held, name, value)
        return _kept(held)

    return _named(pages, "change", change)


def _named(pages: type[Pages], verb: str, do: Any) -> Action[Any, Any, Any]:
    names = pages.model._meta
    do.__name__, do.__module__ = f"{verb}_{names.model_name}", pages.__module__
    do.__doc__ = f"{verb.title()} {names.verbose_name}."
    return Action(do, pages.edit_permission, f"{verb} {names.verbose_name}")


def _kept(record: Any) -> ScopedModel:
    """The record, saved; a second one of the same name is refused in words."""
    try:
        with transaction.atomic():
            record.save()
    except IntegrityError as error:
        word = record._meta.verbose_name
        raise ConflictError(f"The {word} {record} is there already. Choose another.") from error
    kept: ScopedModel = record
    return kept


def _column(field: Any, name: str) -> lists.Column:
    """A field as a column: days as days, yes or no in words."""
    makers = {models.BooleanField: lists.yes_no, models.DateField: lists.day}
    make = makers.get(type(field), lists.text)
    return make(name, capfirst(str(field.verbose_name)), order=name)


def _steps(url: str, verb: str, named: lists.Show) -> list[lists.Column]:
    """The next step of a record, as a button at the end of its row."""

    def show(row: lists.Row) -> SafeString:
        return markup(STEP, reverse(url, args=[row["pk"]]), verb, named(row))

    return (
        [lists.Column("step", "Next step", (), show, files=(), css="text-end text-nowrap")]
        if url
        else []
    )


STEP = '<a class="btn btn-small" href="{}">{}<span class="visually-hidden">: {}</span></a>'
