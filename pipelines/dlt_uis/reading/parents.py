"""What parts of a report are asked for: sites and chats, by the API's own lists of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..api.client import DataApi
from ..api.envelope import Envelope
from ..errors import MalformedResponse
from ..localtime.windows import SECOND, Window
from ..reports.fields import Report, Way
from .fetching import TIME
from .paging import FARTHEST, LARGEST_PAGE


def site_ids(api: DataApi) -> Sequence[int]:
    """Ids of the account's sites, in order.

    Raises:
        UisError: see :meth:`DataApi.call`.
    """
    return _ids(api, "get.sites", {"fields": ["id"]})


def chat_ids(api: DataApi, window: Window) -> Sequence[int]:
    """Ids of the chats that began in a window (local time), in order.

    Raises:
        UisError: see :meth:`DataApi.call`.
    """
    # a bound may be exclusive
    first, last = window.start - SECOND, window.end
    bounds = {"date_from": first.strftime(TIME), "date_till": last.strftime(TIME)}
    return _ids(api, "get.chats_report", {"fields": ["id"], **bounds})


def one_part(api: DataApi, report: Report, window: Window) -> Mapping[str, Any] | None:
    """Parameters that a request has beside its times, to read something of a report: a site, or the
    newest chat of a window (local time); ``None`` if there is none.

    Raises:
        UisError: see :meth:`DataApi.call`.
    """
    match report.way:
        case Way.SITES:
            parts = [{"site_id": id_} for id_ in site_ids(api)]
        case Way.CHATS:
            parts = [{"chat_id": id_} for id_ in reversed(chat_ids(api, window))]
        case _:
            return {}
    return parts[0] if parts else None


def _ids(api: DataApi, method: str, params: Mapping[str, Any]) -> Sequence[int]:
    """All ids, gone through again until as many have come as were promised, or none that is new."""
    found: set[int] = set()
    while True:
        before, promised = len(found), 0
        for offset in range(0, FARTHEST + 1, LARGEST_PAGE):
            page = {**params, "limit": LARGEST_PAGE, "offset": offset}
            answer: Envelope[Any] = api.call(method, page)
            rows = answer.data or []
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise MalformedResponse(f"{method} without a list of objects")
            found.update(int(row["id"]) for row in rows if str(row.get("id", "")).isdecimal())
            promised = max(promised, answer.total or 0)
            if len(rows) < LARGEST_PAGE:
                break
        if len(found) >= promised or len(found) == before:
            return sorted(found)
