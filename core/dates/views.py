"""What a typed day means, for whoever is typing it."""

from django.forms import ValidationError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from core.dates.field import DayField, today
from core.dates.names import SHORT, WEEKDAYS
from core.dates.show import RELATIVE_WITHIN, show_day, show_due


@require_safe
def read(request: HttpRequest) -> JsonResponse:
    """The day as it is shown, with its weekday and how far away it is; else why it cannot be read."""
    try:
        day = DayField().clean(request.GET.get("text", ""))
    except ValidationError as error:
        return JsonResponse({"error": " ".join(error.messages)})
    said = WEEKDAYS[day.weekday()][:SHORT]
    if abs((day - today()).days) <= RELATIVE_WITHIN:
        said = f"{said}, {show_due(day, today()).replace('late', 'ago')}"
    return JsonResponse({"shown": show_day(day), "said": said})
