"""Pages of a report, asked of the API: requests in its own terms, answers as Arrow tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from .client import DataApi
from .decoding import Decoder, total_items
from .envelope import Envelope
from .errors import FieldUnavailable, MalformedResponse
from .fields import Report
from .paging import LARGEST_PAGE, Page, Request
from .progress import Progress
from .selection import FieldSelection

_TIME = "%Y-%m-%d %H:%M:%S"


class ReportPages:
    """Fetches pages of a report; called from several threads.

    Args:
        filter: passed through to the API, in its own syntax.
        page_size: the ``limit`` of each request, at most 10,000 calls.
    """

    def __init__(
        self,
        api: DataApi,
        report: Report,
        selection: FieldSelection,
        decoder: Decoder,
        progress: Progress,
        *,
        page_size: int = LARGEST_PAGE,
        filter: Mapping[str, Any] | None = None,  # noqa: A002 - the API's name
    ) -> None:
        self._api = api
        self._report = report
        self._selection = selection
        self._decoder = decoder
        self._progress = progress
        self._page_size = page_size
        self._filter = filter

    def fetch(self, request: Request) -> Page:
        """One page, sorted by the cursor; without fields that the account can't read.

        Raises:
            MalformedResponse: the answer does not say how many calls match.
            UisError: see :meth:`DataApi.call`.
        """
        while True:
            fields = self._selection.names
            try:
                return self._page(request, fields)
            except FieldUnavailable as error:
                self._selection.leave_out(error, fields)

    def _page(self, request: Request, fields: tuple[str, ...]) -> Page:
        def decode(body: bytes) -> Envelope[pa.Table]:
            self._progress.answered(len(body))
            if request.told is not None and (total := total_items(body)) is not None:
                request.told(total)
            return self._decoder.decode(body, fields)

        params = self._params(request, fields)
        envelope = self._api.call(self._report.method, params, decode)
        total = envelope.metadata.get("total_items")
        if envelope.data is None or not isinstance(total, int):
            raise MalformedResponse("an answer without total_items")
        return Page(envelope.data, total, refused=envelope.refused)

    def _params(self, request: Request, fields: tuple[str, ...]) -> dict[str, Any]:
        params: dict[str, Any] = {
            "date_from": request.date_from.strftime(_TIME),
            "date_till": request.date_till.strftime(_TIME),
            "limit": self._page_size,
            "fields": list(fields),
            "sort": [{"field": self._report.cursor, "order": "asc"}],
        }
        if request.offset:
            params["offset"] = request.offset
        filters = [] if self._filter is None else [self._filter]
        for operator, bound in ((">", request.id_above), ("<", request.id_below)):
            if bound is not None:
                filters.append({"field": self._report.key, "operator": operator, "value": bound})
        if filters:
            one = len(filters) == 1
            params["filter"] = filters[0] if one else {"filters": filters, "condition": "and"}
        return params
