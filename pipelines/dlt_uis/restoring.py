"""Which state a pipeline goes on from: that of the warehouse it is about to write to.

dlt keeps a copy of the state (the cursor, the chunks that are done) in its working folder, and
takes the warehouse's where that is newer. It does not notice that the copy belongs to another
warehouse, or that the warehouse was made anew; calls would then count as loaded that are not there.
"""

from __future__ import annotations

import hashlib
import logging

import dlt
from dlt.common.destination.client import JobClientBase, WithStateSync
from dlt.common.destination.exceptions import DestinationUndefinedEntity

from .opening import connected_client

logger = logging.getLogger(__name__)

_HOME = "dlt_uis_home"


def leave_other_warehouse(pipeline: dlt.Pipeline) -> str:
    """Forgets what the working folder holds, if that is of another warehouse than the pipeline's.

    To be done before anything is opened: dlt deletes the folder, in which DuckDB's file may be.

    Returns:
        what stands for the pipeline's warehouse and its dataset.

    Raises:
        DltException: of dlt; the warehouse is not configured.
    """
    home = _home(pipeline)
    if _local(pipeline) not in (None, home):
        name = pipeline.pipeline_name
        logger.info("%s has run on another warehouse: taking the state of this one", name)
        pipeline.drop()
    return home


def restore(pipeline: dlt.Pipeline, home: str | None = None) -> None:
    """Brings the state of the pipeline's warehouse, whatever the working folder holds.

    Packages that an earlier run left are dropped where another machine has gone on since: they hold
    what calls were before, and would be merged over what they have become.

    Args:
        home: what :func:`leave_other_warehouse` returned, if it was called already.

    Raises:
        DltException: of dlt; the warehouse can't be reached.
    """
    home = home or leave_other_warehouse(pipeline)
    with connected_client(pipeline) as client:
        _restore(pipeline, client)
    pipeline.set_local_state_val(_HOME, home)


def _restore(pipeline: dlt.Pipeline, client: JobClientBase) -> None:
    before = pipeline.state.get("_version_hash")
    pipeline.sync_destination()
    pending = pipeline.has_pending_data
    if pending and pipeline.state.get("_version_hash") != before:
        logger.info("another machine has gone on: what this one had read is dropped")
        pipeline.abort_packages()
        pipeline.sync_destination()
    elif not pending and pipeline.state.get("sources") and not _is_known_there(pipeline, client):
        name = pipeline.pipeline_name
        logger.info("the warehouse was made anew: %s begins anew, too", name)
        pipeline.drop()
        pipeline.sync_destination()


def _home(pipeline: dlt.Pipeline) -> str:
    """Stands for the warehouse and its dataset; no part of an address can be read from it."""
    fingerprint = pipeline.destination_client().config.fingerprint()
    named = f"{pipeline.destination.destination_type} {fingerprint} {pipeline.dataset_name}"
    return hashlib.sha256(named.encode()).hexdigest()[:16]


def _local(pipeline: dlt.Pipeline) -> str | None:
    try:
        value: str = pipeline.get_local_state_val(_HOME)
    except KeyError:
        return None
    return value


def _is_known_there(pipeline: dlt.Pipeline, client: JobClientBase) -> bool:
    """Whether the warehouse holds a state of the pipeline, or can't hold one."""
    if not isinstance(client, WithStateSync):
        return True
    try:
        return client.get_stored_state(pipeline.pipeline_name) is not None
    except DestinationUndefinedEntity:
        return False
