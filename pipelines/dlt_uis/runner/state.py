"""Which state a pipeline goes on from: that of the warehouse it is about to write to.

dlt keeps a copy of the state (the cursor, the chunks that are done) in its working folder, and
takes the warehouse's only where its version is higher. But the copy may be of another warehouse, or
of one that was made anew or came back from a backup; calls would then count as loaded that are not
there. So here the copy gives way wherever it is not the newest state that the warehouse keeps.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import dlt
from dlt.common.destination.client import JobClientBase, WithStateSync
from dlt.common.pipeline import TPipelineState
from dlt.common.schema import Schema
from dlt.pipeline.state_sync import force_state_extract, mark_state_extracted

from ..reports.fields import Report
from ..reports.own_names import SOURCE
from ..source.cursor import cursor_in
from ..warehouse.asked_standing import standing_in, standing_of
from ..warehouse.connection import connected_client
from ..warehouse.standing import Standing, is_at
from .bereft import records_are_gone
from .leftovers import drop, drop_stale, leftovers, load_leftovers

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Resumed:
    """Where the warehouse stands, and how many load packages of an earlier run were loaded."""

    standing: Standing | None
    packages: int


def resume(pipeline: dlt.Pipeline) -> Resumed:
    """Brings the warehouse's state, and loads what an earlier run left where that is still right.

    Raises:
        DltException: of dlt; the warehouse can't be reached.
    """
    with connected_client(pipeline):
        standing = restore(pipeline)
        if not leftovers(pipeline):
            return Resumed(standing, 0)
        if standing is not None and records_are_gone(
            pipeline, standing.decoded(pipeline.pipeline_name)
        ):
            # they would hide it, and the calls of before would not be read again
            drop(pipeline)
        packages = load_leftovers(pipeline)
        # they have brought a newer state, or were dropped
        return Resumed(restore(pipeline), packages)


def stored_cursor(pipeline: dlt.Pipeline, report: Report) -> datetime | None:
    """The cursor of a pipeline's syncs of a report, as the warehouse has it.

    The working folder is left alone: a sync may be at work in it.

    Raises:
        DltException: of dlt; the warehouse can't be reached.
    """
    standing = standing_of(pipeline, SOURCE)
    if standing is None:
        return cursor_in(pipeline.state, report)
    return cursor_in(standing.decoded(pipeline.pipeline_name), report)


def restore(pipeline: dlt.Pipeline) -> Standing | None:
    """Brings the state of the pipeline's warehouse, whatever the working folder holds.

    Packages that an earlier run left stay if they may still be loaded; then the folder is ahead of
    the warehouse by what they hold.

    Returns:
        where the warehouse stands, ``None`` if it can't keep a state.

    Raises:
        DltException: of dlt; the warehouse can't be reached.
    """
    with connected_client(pipeline) as client:
        standing = standing_in(client, pipeline, SOURCE)
        drop_stale(pipeline, standing)
        if standing is None or leftovers(pipeline) or is_at(pipeline.state, standing):
            return standing
        name = pipeline.pipeline_name
        if standing.version is None:
            logger.info("the warehouse has no state of %s: it begins anew", name)
        elif pipeline.state.get("sources"):
            logger.info("the warehouse has another state of %s than this machine: taking it", name)
        state = standing.decoded(name)
        _install(pipeline, state, _schemas(client, state.get("schema_names") or ()))
        return standing


def _schemas(client: JobClientBase, names: Iterable[str]) -> list[Schema]:
    """Schemas as they are stored; one that is not begins anew."""
    assert isinstance(client, WithStateSync)
    found = {name: client.get_stored_schema(name) for name in names}
    return [
        Schema(name) if stored is None else Schema.from_dict(json.loads(stored.schema))
        for name, stored in found.items()
    ]


def _install(pipeline: dlt.Pipeline, state: TPipelineState, schemas: Iterable[Schema]) -> None:
    """Puts state and schemas into the working folder, in the place of those that it has.

    What else is there stays, DuckDB's file maybe, which ``pipeline.drop`` would delete.
    """
    kept = pipeline.schemas
    for name in list(kept.list_schemas()):
        with suppress(FileNotFoundError):
            kept.remove_schema(name)
    kept.live_schemas.clear()  # type: ignore[attr-defined]
    for schema in schemas:
        kept.save_schema(schema, link_import_schema=False)
    names = kept.list_schemas()
    default = state.get("default_schema_name")
    default = default if default in names else next(iter(names), None)
    pipeline.default_schema_name = default  # type: ignore[assignment]
    pipeline.schema_names = sorted(names)
    pipeline.first_run = not names
    with pipeline.managed_state() as held:
        local = held["_local"]
        held.clear()  # type: ignore[attr-defined]
        held.update(state)
        held["_local"] = local
        if names:
            mark_state_extracted(held, state["_version_hash"])
        else:
            force_state_extract(held)
