"""Makes the views of a dataset, and keeps them as they should be."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import dlt
from dlt.destinations.exceptions import DatabaseException
from dlt.destinations.job_client_impl import SqlJobClientBase

from ..errors import NothingLoaded, ViewsRefused, safe_line
from ..warehouse.connection import connected_client
from ..warehouse.lock import writing
from .dataset import Dataset
from .definitions import VIEWS
from .looking import There, database, dataset_of, mark_of, marked, views_there
from .presence import has_had_views, remember
from .putting import put, take_away
from .view import View

logger = logging.getLogger(__name__)


class Change(Enum):
    """What became of a view, in words."""

    CREATED = "created"
    REPLACED = "replaced"
    KEPT = "as it was"
    LEFT_OUT = "left out"
    REMOVED = "removed"
    REFUSED = "refused"


@dataclass(frozen=True)
class Outcome:
    """What became of a view, and ``why``, if that is not plain."""

    view: str
    change: Change
    why: str = ""


def make_views(pipeline: dlt.Pipeline) -> Sequence[Outcome]:
    """Makes the views of a pipeline's dataset that can be made of what is loaded; replaces those
    that were made from something else.

    Raises:
        NothingLoaded: there is no table that a view could read.
        NotADatabase: the warehouse can't have views.
        InvalidSetting: a setting of the views can't be used.
        DltException: of dlt; the warehouse can't be reached.
    """
    with connected_client(pipeline) as any_client:
        client = database(any_client, pipeline)
        dataset = dataset_of(client)
        if not dataset.columns:
            raise NothingLoaded(pipeline.dataset_name)
        with writing(pipeline):
            outcomes = list(_made(client, dataset))
    has_views = any(
        each.change in (Change.CREATED, Change.REPLACED, Change.KEPT) for each in outcomes
    )
    remember(pipeline, has_views=has_views)
    return outcomes


def drop_views(pipeline: dlt.Pipeline) -> Sequence[Outcome]:
    """Drops all views of ours.

    Raises:
        NotADatabase: the warehouse can't have views.
        DltException: of dlt; the warehouse can't be reached.
    """
    with connected_client(pipeline) as any_client, writing(pipeline):
        client = database(any_client, pipeline)
        dataset = dataset_of(client)
        outcomes = [
            _removed(client, name, dataset, "")
            for name, there in views_there(client).items()
            if there.mark is not None
        ]
    remember(pipeline, has_views=False)
    return outcomes


def refuse(pipeline: dlt.Pipeline, outcomes: Sequence[Outcome]) -> None:
    """Fails if the warehouse has refused a view.

    Raises:
        ViewsRefused: it names them.
    """
    refused = {each.view: each.why for each in outcomes if each.change is Change.REFUSED}
    if refused:
        raise ViewsRefused(pipeline.dataset_name, refused)


def keep_views(pipeline: dlt.Pipeline) -> None:
    """Brings the views up to date that a dataset has, after a load; without any it does nothing.

    What is gone is made anew: ``DROP … CASCADE`` takes views along with a column that they read.

    Raises:
        UisError, DltException: see :func:`make_views`.
        ViewsRefused: views are as they were.
    """
    remembered = has_had_views(pipeline)
    with connected_client(pipeline) as any_client:
        client = database(any_client, pipeline)
        found = views_there(client)
        if not remembered and all(each.mark is None for each in found.values()):
            return
        if _is_up_to_date(found, dataset_of(client)):
            if not remembered:
                remember(pipeline, has_views=True)
            return
        outcomes = make_views(pipeline)
    for each in outcomes:
        if each.change is Change.CREATED:
            logger.warning("the view %s was not there, and is made; all go with dlt-uis views"
                           " --drop", each.view)  # fmt: skip
        elif each.change in (Change.REPLACED, Change.REMOVED):
            logger.info("the view %s was %s", each.view, each.change.value)
    refuse(pipeline, outcomes)


def _is_up_to_date(there: Mapping[str, There], dataset: Dataset) -> bool:
    """Whether just the views are there that can be, all made from what is there now; what is not
    ours counts for nothing."""
    mark = mark_of(dataset)
    wanted = {view.name: mark for view in VIEWS.values() if not dataset.lacking(view)}
    foreign = {name for name, each in there.items() if each.mark is None}
    found = {name: each.mark for name, each in there.items() if name not in foreign}
    return found == {name: each for name, each in wanted.items() if name not in foreign}


def _made(client: SqlJobClientBase, dataset: Dataset) -> Iterator[Outcome]:
    there, mark = views_there(client), mark_of(dataset)
    for view in VIEWS.values():
        yield _outcome(client, view, dataset, there, mark)


def _outcome(
    client: SqlJobClientBase,
    view: View,
    dataset: Dataset,
    there: Mapping[str, There],
    mark: str,
) -> Outcome:
    found, lacking = there.get(view.name), dataset.lacking(view)
    if found is not None and found.mark is None:
        what = "view" if found.is_view else "table"
        return Outcome(view.name, Change.REFUSED, f"a {what} that is not ours has this name")
    if lacking:
        why = f"not loaded: {', '.join(lacking)}"
        if found is None:
            return Outcome(view.name, Change.LEFT_OUT, why)
        return _removed(client, view.name, dataset, why)
    if found is not None and found.mark == mark:
        return Outcome(view.name, Change.KEPT)
    change = Change.CREATED if found is None else Change.REPLACED
    return _tried(
        lambda: put(client, view, dataset, marked(view.meaning, mark)), Outcome(view.name, change)
    )


def _removed(client: SqlJobClientBase, name: str, dataset: Dataset, why: str) -> Outcome:
    outcome = Outcome(name, Change.REMOVED, why)
    return _tried(lambda: take_away(client, name, dataset), outcome)


def _tried(change: Callable[[], None], outcome: Outcome) -> Outcome:
    """The outcome, or what the warehouse has against the change."""
    try:
        change()
    except DatabaseException as error:
        # a hint of the warehouse's would be to drop what hangs on the view, too
        said = " ".join(str(error).split()).partition(" HINT:")[0]
        return Outcome(outcome.view, Change.REFUSED, safe_line(said))
    return outcome
