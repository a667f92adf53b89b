"""One request that tells much: which fields are refused, how many calls there are, the newest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..api.client import DataApi
from ..api.envelope import Envelope
from ..errors import FieldUnavailable, MalformedResponse, UisError
from ..reading.refused_fields import refused_fields
from ..reports.fields import Report

AHEAD = timedelta(hours=26)
"""How far ahead of us a clock can be, anywhere: so late are calls looked for."""

_TIME = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True)
class Newest:
    """The local time at which the newest call of a range began, and how many calls it has, ``None``
    if the API does not say.

    ``refused`` are the fields that the account can't read, each with the API's reason.
    """

    started: datetime | None
    total: int | None
    refused: Sequence[FieldUnavailable]


def newest_call(
    api: DataApi,
    report: Report,
    fields: Sequence[str],
    start: datetime,
    end: datetime,
    filter: Mapping[str, Any] | None,  # noqa: A002 - the API's name
    suspects: Collection[str] = (),
) -> Newest:
    """Asks for the newest call between two local times, in all of ``fields``, as a sync does.

    It costs a point: the API charges nothing for requests that it refuses. Where it refuses fields
    without naming them, it costs more (:mod:`.reading.refused_fields`), or one more if all of
    them are among the ``suspects``.

    Raises:
        UisError: see :meth:`.DataApi.call`.
    """
    always = report.required
    refused: dict[str, FieldUnavailable] = {}
    params: dict[str, Any] = {
        "date_from": start.strftime(_TIME),
        "date_till": end.strftime(_TIME),
        "limit": 1,
    }
    if report.is_sortable:
        params["sort"] = [{"field": report.cursor, "order": "desc"}]
    if filter is not None:
        params["filter"] = filter

    def ask(fields: Sequence[str]) -> Envelope[Any]:
        return api.call(report.method, {**params, "fields": fields})

    while True:
        others = [name for name in fields if name not in refused and name not in always]
        try:
            answer = ask([*always, *others])
        except UisError as error:
            refused.update(refused_fields(error, always, others, ask, suspects))
        else:
            return _newest(answer, report.cursor, list(refused.values()))


def _newest(answer: Envelope[Any], cursor: str, refused: Sequence[FieldUnavailable]) -> Newest:
    if not answer.data:
        return Newest(None, answer.total, refused)
    try:
        started = datetime.fromisoformat(answer.data[0][cursor])
    except (IndexError, KeyError, TypeError, ValueError):
        raise MalformedResponse(f"a call without a {cursor}") from None
    return Newest(started, answer.total, refused)
