"""What is known of a dataset that views are made in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlglot import exp

from ..reports.own_names import USER_ID
from .inputs import INPUTS
from .view import View

Node: TypeAlias = Any
"""A part of a query, as sqlglot has it; its class has another name in newer versions."""

CALLBACK_MINUTES = 20
"""Within how many minutes a missed call is to be called back where nothing else is set."""


@dataclass(frozen=True)
class Dataset:
    """What is known of a dataset.

    Attributes:
        dialect: one of :data:`.dialects.DIALECTS`.
        path: what comes before the name of a table: schema, or project and dataset.
        columns: names of columns by table, of those tables that are there.
        zone: of the account, as an IANA name.
        recordings_host: where recordings are, if the brand is known.
        callback_minutes: within how many minutes a missed call is to be called back.
    """

    dialect: str
    path: tuple[str, ...]
    columns: Mapping[str, Collection[str]]
    zone: str = "UTC"
    recordings_host: str | None = None
    callback_minutes: int = CALLBACK_MINUTES

    def lacks(self, needed: str) -> bool:
        """Whether a column, as ``table.column``, can't be read."""
        table, _, column = needed.partition(".")
        return not {INPUTS[table].times, column} <= {*self.columns.get(table, ())}

    def lacking(self, view: View) -> Sequence[str]:
        """What a view would need that is not there: tables, or columns as ``table.column``."""
        lacking = [needed for needed in view.needs if self.lacks(needed)]
        if view.any_of and all(map(self.lacks, view.any_of)):
            lacking += view.any_of
        names = (each if (table := each.partition(".")[0]) in self.columns else table
                 for each in lacking)  # fmt: skip
        return list(dict.fromkeys(names))

    @property
    def is_owned(self) -> bool:
        """Whether rows tell their customer: ids may be the same among several."""
        return any(USER_ID in columns for columns in self.columns.values())

    def place(self, name: str) -> exp.Table:
        """A table or view of the dataset, by its full name."""
        names = [exp.to_identifier(part, quoted=True) for part in (*self.path, name)]
        catalog, schema, table = [None, None, *names][-3:]
        return exp.Table(this=table, db=schema, catalog=catalog)

    def place_text(self, name: str) -> str:
        """The same as SQL."""
        return self.place(name).sql(self.dialect)
