"""What goes on: what a run of ours tells the functions that dlt calls, which it can't pass them.

It is in one :class:`~contextvars.ContextVar`. New threads see an empty one, and so do functions
that run in a pipeline of a host's: those ask the warehouse themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

import dlt
from dlt.common.destination.client import JobClientBase
from dlt.common.schema.typing import TTableSchemaColumns
from dlt.pipeline.trace import PipelineTrace

from ..api.points import Governor
from ..progress import Progress
from .owners import Place
from .standing import Standing

Columns = Mapping[str, TTableSchemaColumns]
"""Columns by table."""


@dataclass(frozen=True)
class Run:
    """A run of one of our own commands, or a part of it.

    Attributes:
        progress: counts what it does.
        columns: those that the tables had when it began; ``None`` in a host's pipeline.
        place: where it loads to, and whose calls are there.
        standing: where the warehouse stood when it began.
        governor: lets requests go as the account's points allow, if one is known already:
            another would have to spend a point to learn what is left.
        traces: where dlt's traces are kept, if somebody asks for them.
        connected: a pipeline, and a client that is connected to its warehouse.
    """

    progress: Progress = field(default_factory=Progress)
    columns: Columns | None = None
    place: Place | None = None
    standing: Standing | None = None
    governor: Governor | None = None
    traces: list[PipelineTrace] | None = None
    connected: tuple[dlt.Pipeline, JobClientBase] | None = None


_current: ContextVar[Run | None] = ContextVar("dlt_uis_run", default=None)


def current_run() -> Run:
    """The run that goes on, or an empty one."""
    return _current.get() or Run()


@contextmanager
def running(**known: Any) -> Iterator[Run]:
    """What goes on inside the ``with`` block knows this, beside what is known around it.

    Args:
        known: fields of :class:`Run`.
    """
    run = replace(current_run(), **known)
    token = _current.set(run)
    try:
        yield run
    finally:
        _current.reset(token)
