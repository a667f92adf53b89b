"""How a view is described: its columns, each with its SQL and its meaning, and what they are of.

The SQL is DuckDB's, with the macros of :mod:`.dialects`. It names tables and other views plainly,
each under an alias by which all their columns go; :mod:`.writing` carries it over.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column of a view.

    Attributes:
        type: DuckDB's name of it.
        sql: what it is, as SQL.
        meaning: the same in words: a sentence. The unit is a part of it.
        needs: columns (``calls.is_lost``) and tables without any of which it can't be told: it is
            null where one is not loaded. A null of what it is made of need not stand here.
    """

    name: str
    type: str
    sql: str
    meaning: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class View:
    """A view.

    Attributes:
        columns: in their order; a new one goes to the end, so that nothing has to be dropped.
        source: the rest of the query, from ``FROM`` on.
        needs: tables, and columns of tables, without any of which there is no such view.
        any_of: tables of which one at least has to be there.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    source: str
    needs: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
