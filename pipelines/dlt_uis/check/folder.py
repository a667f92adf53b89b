"""What a checkup says of dlt's working folder: only where it does not go with the warehouse."""

from __future__ import annotations

from collections.abc import Iterator

import dlt

from ..runner.job import dlt_errors_translated
from ..runner.leftovers import Leftover, leftovers
from ..warehouse.asked_standing import standing_of
from .history import History
from .lines import Line, warning


def folder_lines(check: str, pipeline: dlt.Pipeline, history: History) -> Iterator[Line]:
    """Warnings, none as a rule: a folder that is new, or behind, is as good as any.

    Args:
        check: the name that the lines go by.

    Raises:
        UisError: the warehouse can't be reached.
    """
    moved = getattr(pipeline, "moved_aside", ())
    if moved:
        named = ", ".join(path.name for path in moved)
        yield warning(
            check,
            f"damaged parts of the working folder {pipeline.working_dir} were moved aside: {named}",
            "Nothing is lost: the next sync goes on from the warehouse's state.",
        )
    if history.standing is None:
        return
    left = leftovers(pipeline)
    with dlt_errors_translated(pipeline):
        stale = [each for each in left if not _may_be_loaded(pipeline, each)]
    if stale:
        yield warning(
            check,
            f"{len(stale)} load packages in the working folder {pipeline.working_dir} were read"
            " before the warehouse came to stand where it does",
            f"The next sync drops them, and reads again. A pipeline of your own would load them,"
            f" over what is newer: run `dlt pipeline {pipeline.pipeline_name} sync` before it.",
        )
    elif not left and _is_ahead(pipeline, history):
        yield warning(
            check,
            f"the state in the working folder {pipeline.working_dir} is ahead of the warehouse's,"
            " which has come back from a backup, or lacks what was read last",
            "The next sync goes on from the warehouse's. A pipeline of your own would go on from"
            " the folder's, and not read what is between: run"
            f" `dlt pipeline {pipeline.pipeline_name} sync` before it.",
        )


def _may_be_loaded(pipeline: dlt.Pipeline, leftover: Leftover) -> bool:
    read_at = leftover.read_at()
    try:
        schema = leftover.storage.schema_name(leftover.load_id)
    except (ValueError, OSError, KeyError):
        return False
    return read_at is not None and read_at == standing_of(pipeline, schema)


def _is_ahead(pipeline: dlt.Pipeline, history: History) -> bool:
    """Whether dlt would go on from the folder's state, and it says something else."""
    local, standing = pipeline.state, history.standing
    if standing is None or not standing.has_tables or not local.get("sources"):
        return False
    if local["_state_version"] <= (standing.version or 0):
        return False
    return local.get("sources") != history.state.get("sources")
