"""Under which name a recording is stored: a template, and the local date of its call."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from ..errors import InvalidArgument
from ..localtime.zones import Zone
from .recording import Recording

TEMPLATE = "{yyyy}/{mm}/{dd}/{call_id}_{kind}_{record_id}.{ext}"
_FIELDS = ("yyyy", "mm", "dd", "call_id", "kind", "record_id", "ext", "app_id", "user_id")
_TELLING = ("call_id", "kind", "record_id")
_LONGEST = 150


def template_of(*, owned: bool) -> str:
    """The template by default; recordings that tell their customer lie apart."""
    return f"{{user_id}}/{TEMPLATE}" if owned else TEMPLATE


class Paths:
    """Names files after a template.

    Args:
        zone_of: the zone of a customer, by which days are counted.
        owned: whether recordings tell their customer.

    Raises:
        InvalidArgument: files of two recordings might have the same name, or it is no path.
    """

    def __init__(
        self, template: str, zone_of: Callable[[int | None], Zone], *, owned: bool = False
    ) -> None:
        self._template = template
        self._zone_of = zone_of
        telling = (*_TELLING, "user_id") if owned else _TELLING
        if not ({*telling} <= _fields(template) <= {*_FIELDS} and _is_relative(template)):
            raise InvalidArgument("path", _allowed(telling))

    def of(self, recording: Recording, extension: str) -> str | None:
        """The relative path of a recording's file, ``None`` if its id can be no part of a name."""
        record_id = _as_name(recording.record_id)
        if not 0 < len(record_id) <= _LONGEST:
            return None
        day = self._day(recording)
        return self._template.format(
            yyyy=f"{day.year:04}",
            mm=f"{day.month:02}",
            dd=f"{day.day:02}",
            call_id=recording.call_id,
            kind=recording.kind,
            record_id=record_id,
            ext=extension,
            app_id=recording.app_id or "",
            user_id=recording.user_id or "",
        )

    def _day(self, recording: Recording) -> datetime:
        try:
            return self._zone_of(recording.user_id).local(recording.start)
        except OverflowError:  # at the ends of the calendar
            return recording.start.astimezone(UTC)


def _as_name(record_id: str) -> str:
    """An id as a part of a name: other ids are other names, and none leads to another folder."""
    name = quote(record_id, safe="")
    return name.replace(".", "%2E") if set(name) == {"."} else name


def _fields(template: str) -> set[str]:
    """Names of a template's fields; none that is allowed if one is more than a name."""
    try:
        parts = [part for part in string.Formatter().parse(template) if part[1] is not None]
    except ValueError:
        return set()
    if any(spec or conversion for _, _, spec, conversion in parts):
        return set()
    return {name or "" for _, name, _, _ in parts}


def _is_relative(template: str) -> bool:
    parts = template.split("/")
    return all(part.strip() not in ("", ".", "..") for part in parts) and "\\" not in template


def _allowed(telling: Sequence[str]) -> str:
    others = ", ".join(each for each in _FIELDS if each not in telling)
    return (
        f"a relative path such as {TEMPLATE}; it needs the fields {', '.join(telling)}, and may"
        f" have {others}"
    )
