"""Pages of a report, asked of the API: requests in its own terms, answers as Arrow tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pyarrow as pa

from ..api.client import DataApi
from ..api.envelope import Envelope, decode_json
from ..api.slots import Slot
from ..decoding.decoder import Decoder, total_items
from ..decoding.sent_fields import SentFields
from ..errors import (
    FieldUnavailable,
    MalformedResponse,
    MethodDisabled,
    RequestRefused,
    SortProhibited,
)
from ..progress import Progress
from ..reports.fields import Report, Way
from .page_size import PageSize
from .paging import Listener, Page, Request
from .selection import FieldSelection

TIME = "%Y-%m-%d %H:%M:%S"
"""How the API writes times, and reads them."""

_LONG = 1024 * 1024
_LIKELY_FULL = 0.8


class ReportPages:
    """Fetches pages of a report; called from several threads.

    Args:
        filters: passed through to the API, in its own syntax; all are to hold.
        page_size: the ``limit`` of requests.
        more: further parameters of each request.
        sorts: whether pages are asked for in the order of the cursor.
        sent: looks at the answers.
    """

    def __init__(
        self,
        api: DataApi,
        report: Report,
        selection: FieldSelection,
        decoder: Decoder,
        progress: Progress,
        *,
        page_size: PageSize,
        filters: Sequence[Mapping[str, Any] | None] = (),
        more: Mapping[str, Any] | None = None,
        sorts: bool = True,
        sent: SentFields | None = None,
    ) -> None:
        self._sorts = sorts
        self._more = more or {}
        self._api = api
        self._report = report
        self._selection = selection
        self._decoder = decoder
        self._progress = progress
        self._page_size = page_size
        self._filters = [each for each in filters if each is not None]
        self._sent = sent
        self._each = f'"{report.cursor}"'.encode()
        """What each record of an answer has once."""

    def fetch(
        self, request: Request, listener: Listener | None = None, slot: Slot | None = None
    ) -> Page:
        """One page, sorted by the cursor if it can be; without fields that the account can't read.

        Args:
            listener: is told of the page before it is decoded, if that is worth it.
            slot: for the requests, as :meth:`DataApi.call`.

        Raises:
            UisError: see :meth:`DataApi.call`.
        """
        while True:
            fields = self._selection.names
            try:
                return self._page(request, fields, listener, slot)
            except SortProhibited:
                raise
            except (FieldUnavailable, RequestRefused, MethodDisabled) as error:
                self._selection.leave_out(error, fields, partial(self._try, request, slot))

    def _try(self, request: Request, slot: Slot | None, fields: Sequence[str]) -> None:
        """Asks for one call that a request is for, to learn whether fields are refused."""

        def decode(body: bytes) -> Envelope[Any]:
            self._progress.answered(len(body))
            return decode_json(body)

        params = self._params(replace(request, offset=0), fields)
        self._api.call(self._report.method, {**params, "limit": 1}, decode, slot=slot)

    def _page(
        self,
        request: Request,
        fields: tuple[str, ...],
        listener: Listener | None,
        slot: Slot | None,
    ) -> Page:
        def decode(body: bytes) -> Envelope[pa.Table]:
            self._progress.answered(len(body))
            if listener is not None and self._tells(body):
                total = total_items(body)
                if total is not None:
                    listener.told(request, total)
            if self._sent is not None:
                self._sent.look(body)
            return self._decoder.decode(body, fields)

        params = self._params(request, fields)

        def less(_: Mapping[str, Any]) -> Mapping[str, Any] | None:
            # the page has to know with which limit it was asked for
            tried, params["limit"] = params["limit"], self._page_size.after_timeout(params["limit"])
            return params if params["limit"] < tried else None

        envelope = self._api.call(self._report.method, params, decode, less, slot)
        if envelope.data is None:
            raise MalformedResponse("an answer without records")
        return Page(self._report, envelope.data, envelope.total, params["limit"], envelope.refused)

    def _tells(self, body: bytes) -> bool:
        """Whether a page is likely to have as many calls as were asked for, and takes long to
        decode. Another one says soon itself whether there are more, whatever it promises."""
        if len(body) < _LONG:
            return False
        calls = body.count(self._each, 0, _LONG) * len(body) / _LONG
        return calls >= _LIKELY_FULL * self._page_size.limit

    def _params(self, request: Request, fields: Sequence[str]) -> dict[str, Any]:
        params: dict[str, Any] = {
            "limit": self._page_size.limit,
            "fields": list(fields),
            **self._more,
            **dict(request.more),
        }
        if self._report.way is not Way.CHATS:
            params["date_from"] = request.date_from.strftime(TIME)
            params["date_till"] = request.date_till.strftime(TIME)
        if self._sorts:
            order = "desc" if request.descending else "asc"
            params["sort"] = [{"field": self._report.cursor, "order": order}]
        if request.offset:
            params["offset"] = request.offset
        filters = [*self._filters]
        bounds = [(">", request.id_above), ("<", request.id_below)]
        for operator, bound in [*bounds, *(("!=", id_) for id_ in request.id_not_in)]:
            if bound is not None:
                filters.append({"field": self._report.ranged, "operator": operator, "value": bound})
        if filters:
            one = len(filters) == 1
            params["filter"] = filters[0] if one else {"filters": filters, "condition": "and"}
        return params
