"""The OpenAPI document, read off the resources."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from core.api.answers import PROBLEM
from core.api.resources import Addable, Resource, StepRow, WithHistory
from core.api.shapes import OneRecord, Paged, Shape

REFUSALS = {
    401: "No valid token and no session.",
    403: "Your role does not allow it.",
    404: "There is nothing here that you may see.",
    422: "A field is not right, or a rule of the trial says no.",
    429: "Too many calls; `Retry-After` says when to go on.",
}
REFUSALS_OF_WRITES = {
    400: "The body is not JSON.",
    413: "The body is larger than what is read.",
    415: "The body says that it is something else than JSON.",
    409: "Somebody was first, or the record is not in a status for it.",
    412: "The record changed since you read the entity tag in `If-Match`.",
}


class ProblemShape(Shape):
    """A refusal, as RFC 9457 has it."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="For programs: stale, taken, outside_window, refused…")
    detail = serializers.CharField(help_text="For people: what is so, and what to do.")
    errors = serializers.DictField(  # type: ignore[assignment]
        required=False, child=serializers.ListField(child=serializers.CharField())
    )
    offers = serializers.ListField(
        required=False,
        child=serializers.DictField(),
        help_text="Free times, where one was refused.",
    )


class Schema(AutoSchema):
    """What a resource declares, in the words of OpenAPI."""

    def get_request_serializer(self) -> Any:
        """The body that a step or an addition takes."""
        if not isinstance(self.view, Resource):
            return super().get_request_serializer()
        if self._verb() == "create" and isinstance(self.view, Addable):
            return self.view.adding_shape()
        shape = getattr(self._step(), "shape", None)
        return shape() if shape else None

    def get_response_serializers(self) -> Any:
        """The row, a page of rows, and every way to be refused."""
        if not isinstance(self.view, Resource):
            return {200: super().get_response_serializers()} | _problems(REFUSALS)
        found = {200: self._answer(), 304: OpenApiResponse(description="As you have it already.")}
        refusals = dict(REFUSALS)
        if self.method == "POST":
            found = {201 if self._verb() == "create" else 200: self._answer()}
            if getattr(self._step(), "may_end", False):
                found[204] = OpenApiResponse(description="Nothing of the record is left.")
            refusals |= REFUSALS_OF_WRITES
        return found | _problems(refusals)

    def get_override_parameters(self) -> list[Any]:
        """Filters, and the headers of careful callers."""
        if not isinstance(self.view, Resource):
            return list(super().get_override_parameters())
        if self.method == "POST":
            given = [_header("Idempotency-Key", "Sent again, the first answer comes again.")]
            if self._verb() != "create":
                given.append(_header("If-Match", "Entity tag of the record as you read it."))
            return given
        kinds = {"list": self.view.filters, "retrieve": OneRecord, "history": Paged}
        filters = [kinds[self._verb()]] if self._verb() in kinds else []
        return [*filters, _header("If-None-Match", "Entity tag of what you have already.")]

    def get_operation_id(self) -> str:
        """The resource and what is done with it."""
        if not isinstance(self.view, Resource):
            return str(super().get_operation_id())
        return f"{self.view.basename}_{self._verb()}".replace("-", "_")

    def get_description(self) -> str:  # type: ignore[override]
        """What it is, and what this does with it."""
        if not isinstance(self.view, Resource):
            return str(super().get_description())
        does = getattr(self.view, self._verb()).__doc__ or ""
        return f"{does}\n\n{self.view.__doc__}"

    def _is_list_view(self, serializer: Any = None) -> bool:
        return False

    def _answer(self) -> Any:
        view: Any = self.view
        if self._verb() == "history" and isinstance(view, WithHistory):
            return _page_of(StepRow)
        if self._verb() == "list":
            return _page_of(view.shape)
        own = getattr(self._step(), "answer", None)
        return _all_of(own) if own else view.shape()

    def _verb(self) -> str:
        return str(getattr(self.view, "action", ""))

    def _step(self) -> Any:
        return getattr(type(self.view), self._verb(), None)


@lru_cache
def _page_of(shape: type[Shape]) -> Shape:
    """One page of rows and the address of the next."""
    following = serializers.URLField(allow_null=True, help_text="The next page; null at the end.")
    return _made(f"{shape.__name__}Page", results=shape(many=True), next=following)


@lru_cache
def _all_of(shape: type[Shape]) -> Shape:
    """A short list that has no pages."""
    return _made(f"{shape.__name__}List", results=shape(many=True))


def _made(name: str, **fields: Any) -> Shape:
    made: Shape = type(name, (Shape,), {"__doc__": "Rows.", **fields})()
    return made


def _problems(refusals: dict[int, str]) -> dict[Any, Any]:
    """The refusals, each as a problem."""
    return {
        (status, PROBLEM): OpenApiResponse(ProblemShape, description=text)
        for status, text in sorted(refusals.items())
    }


def _header(name: str, text: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=text)
