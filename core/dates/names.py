"""The names of weekdays and months, which people also shorten."""

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
SHORT = 3  # letters that tell any two of them apart


def weekday_named(word: str) -> int | None:
    """The number of a weekday, Monday is 0, from its name or the first three letters or more."""
    return _place(word, WEEKDAYS)


def month_named(word: str) -> int | None:
    """The number of a month, January is 1, from its name or the first three letters or more."""
    place = _place(word, MONTHS)
    return None if place is None else place + 1


def _place(word: str, names: tuple[str, ...]) -> int | None:
    start = word.casefold()
    found = (place for place, name in enumerate(names) if name.casefold().startswith(start))
    return next(found, None) if len(start) >= SHORT else None
