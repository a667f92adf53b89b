"""Privacy: personal data is dropped or pseudonymised before anything is written to disk.

It happens to pages in memory, as soon as they are decoded: dlt's working files, the warehouse and
every job that compares with it see protected values only. Work is done by column.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import pyarrow as pa
from dlt.common.configuration import known_sections
from dlt.common.configuration.utils import get_resolved_traces

from ..decoding.arrays import mapped, whole
from ..decoding.names import Names
from ..decoding.shape import ELEMENT
from ..errors import PrivacyKeyUnusable
from ..reports.fields import Listing
from .personal import GROUPS, PHONE_NUMBERS, group_of
from .pseudonyms import SHORTEST_KEY, Pseudonyms
from .treatments import Treatment, Treatments

logger = logging.getLogger(__name__)


class Privacy:
    """Protects pages of a report or list. Threads may share it.

    Args:
        listing: the documented fields.
        setting: treatments by group, field or array; see :class:`.treatments.Treatments`.
        key: of the pseudonyms.

    Raises:
        PrivacyKeyUnusable: pseudonyms are asked for, and there is no key or it is too short.
        ConfigurationError: see :class:`.treatments.Treatments`.
    """

    def __init__(
        self, listing: Listing, setting: Mapping[str, Any] | None = None, key: str | None = None
    ) -> None:
        self._treatments = Treatments(listing, setting)
        self._arrays = {child.name for child in listing.children if child.array.is_of_objects}
        self._pseudonyms = _pseudonyms(key) if self._treatments.need_key else None
        self._warned: set[str] = set()

    @property
    def is_on(self) -> bool:
        """Whether anything is protected."""
        return self._treatments.are_needed

    @cached_property
    def dropped(self) -> frozenset[str]:
        """Top-level fields of which nothing is left: they are not asked of the API."""
        return self._treatments.dropped

    @cached_property
    def fingerprint(self) -> str | None:
        """Differs where the same calls load differently; ``None`` if nothing is protected.

        It does not give the key away.
        """
        if not self.is_on:
            return None
        rules = repr(self._treatments)
        return self._pseudonyms.of_one(rules) if self._pseudonyms else rules

    def protected(self, page: pa.Table, names: Names) -> pa.Table:
        """A page as it may be written; the same one, if nothing is to be protected.

        Dropped columns are left out, dropped fields of elements are null. A variant column is
        treated as its field is.

        Args:
            names: tell which fields the columns stand for.
        """
        if not self.is_on:
            return page
        treated = [
            (field, self._column(field.name, page[field.name], names)) for field in page.schema
        ]
        left = [(field, column) for field, column in treated if column is not None]
        schema = pa.schema([field for field, _ in left])
        return pa.Table.from_arrays([column for _, column in left], schema=schema)

    def treatment(self, path: str) -> Treatment:
        """What becomes of a field, or of ``array.field``; documented or not."""
        return self._treatments.of(path)

    def _column(self, column: str, values: Any, names: Names, path: tuple[str, ...] = ()) -> Any:
        """A column of records, or of the elements that ``path`` leads to, as it may be written."""
        field = names.of(*path).origin(column)
        place = (*path, field)
        name = ".".join(place)
        if path and field == ELEMENT:
            # nobody can tell what is in an element that is no object
            return None
        if name not in self._arrays:
            return self._treated(name, values)
        if column != field:
            # an array that is none, as text: nobody can tell what is in it
            return None
        lists = whole(values) if isinstance(values, pa.ChunkedArray) else values
        return mapped(lists, lambda elements: self._elements(place, names, elements))

    def _elements(
        self, path: tuple[str, ...], names: Names, elements: pa.StructArray
    ) -> pa.StructArray:
        columns = [field.name for field in elements.type]
        treated = [
            _or_nulls(self._column(column, values, names, path), values)
            for column, values in zip(columns, elements.flatten(), strict=True)
        ]
        mask = elements.is_null() if elements.null_count else None
        return pa.StructArray.from_arrays(treated, names=columns, mask=mask)

    def _treated(self, path: str, values: pa.Array | pa.ChunkedArray) -> Any:
        """Values as they may be written, ``None`` if not at all."""
        treatment = self.treatment(path)
        if treatment is Treatment.KEEP:
            return values
        if treatment is Treatment.DROP:
            return None
        if isinstance(values, pa.ChunkedArray):
            values = whole(values)
        return self._pseudonymised(path, values)

    def _pseudonymised(self, path: str, values: pa.Array) -> pa.Array | None:
        make = self._maker(path)
        if pa.types.is_list(values.type):
            return mapped(values, make)
        if pa.types.is_string(values.type):
            return make(values)
        self._warn_of(path)
        return None

    def _maker(self, path: str) -> Callable[[pa.Array], pa.Array]:
        assert self._pseudonyms is not None
        return self._pseudonyms.of_phones if _is_phone(path) else self._pseudonyms.of

    def _warn_of(self, path: str) -> None:
        if path not in self._warned:
            self._warned.add(path)
            logger.warning("The field %s is dropped: only text can be pseudonymised", path)


def _pseudonyms(key: str | None) -> Pseudonyms:
    key = (key or "").strip()
    if not key:
        raise PrivacyKeyUnusable("pseudonyms are asked for, and no key is configured")
    if len(key) < SHORTEST_KEY:
        raise PrivacyKeyUnusable("the key of the pseudonyms is too short")
    return Pseudonyms(key)


def _is_phone(path: str) -> bool:
    return path in GROUPS[PHONE_NUMBERS].paths or group_of(path) == PHONE_NUMBERS


def _or_nulls(treated: pa.Array | None, values: pa.Array) -> pa.Array:
    return pa.nulls(len(values), values.type) if treated is None else treated


def keep_filter_out_of_trace() -> None:
    """Makes dlt forget the setting ``filter``, which may name a phone number.

    It would keep every setting that is no secret in its trace, on disk.
    """
    traces = get_resolved_traces()
    for number, trace in enumerate(traces.resolved_traces):
        if trace.key == "filter" and known_sections.SOURCES in trace.sections:
            traces.resolved_traces[number] = trace._replace(value=None)
