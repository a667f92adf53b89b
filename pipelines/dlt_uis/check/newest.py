"""One request that tells much: which fields are refused, how many calls there are, the newest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..api.client import DataApi
from ..api.envelope import Envelope
from ..errors import FieldUnavailable, MalformedResponse, SortProhibited, UisError
from ..reading.refused_fields import refused_fields
from ..reports.fields import Report, Way

AHEAD = timedelta(hours=26)
"""How far ahead of us a clock can be, anywhere: so late are calls looked for."""

_TIME = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True)
class Newest:
    """The local time at which the newest record of a range began, and how many records it has,
    ``None`` if the API does not say.

    ``refused`` are the fields that the account can't read, each with the API's reason.
    """

    started: datetime | None
    total: int | None
    refused: Sequence[FieldUnavailable]


def newest_record(
    api: DataApi,
    report: Report,
    fields: Sequence[str],
    start: datetime,
    end: datetime,
    filter: Mapping[str, Any] | None,  # noqa: A002 - the API's name
    suspects: Collection[str] = (),
    more: Mapping[str, Any] | None = None,
) -> Newest:
    """Asks for the newest record between two local times, in all of ``fields``, as a sync does.

    It costs a point: the API charges nothing for requests that it refuses. Where it refuses fields
    without naming them, it costs more (:mod:`.reading.refused_fields`), or one more if all of
    them are among the ``suspects``. Where the API can't sort by the cursor it is any record.

    Args:
        more: further parameters of the request.

    Raises:
        UisError: see :meth:`.DataApi.call`.
    """
    always = report.required
    refused: dict[str, FieldUnavailable] = {}
    params: dict[str, Any] = {"limit": 1, **(more or {})}
    if report.way is not Way.CHATS:
        params["date_from"], params["date_till"] = start.strftime(_TIME), end.strftime(_TIME)
    if report.is_sortable and report.way is Way.WINDOWS:
        params["sort"] = [{"field": report.cursor, "order": "desc"}]
    if filter is not None:
        params["filter"] = filter

    def ask(fields: Sequence[str]) -> Envelope[Any]:
        return api.call(report.method, {**params, "fields": fields})

    while True:
        others = [name for name in fields if name not in refused and name not in always]
        try:
            answer = ask([*always, *others])
        except SortProhibited:
            params.pop("sort")
        except UisError as error:
            refused.update(refused_fields(error, always, others, ask, suspects))
        else:
            is_dated = report.way is Way.WINDOWS
            return _newest(answer, report.cursor if is_dated else None, list(refused.values()))


def _newest(
    answer: Envelope[Any], cursor: str | None, refused: Sequence[FieldUnavailable]
) -> Newest:
    if not answer.data or cursor is None:
        return Newest(None, answer.total, refused)
    try:
        started = datetime.fromisoformat(answer.data[0][cursor])
    except (IndexError, KeyError, TypeError, ValueError):
        raise MalformedResponse(f"a record without a {cursor}") from None
    return Newest(started, answer.total, refused)
