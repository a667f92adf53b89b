"""Claiming the tables for the configured account, where reading begins: others are refused there.

Sync, backfill, verify and pipelines of the host's all come here before anything is written.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import dlt
from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.common.exceptions import DltException
from dlt.common.schema.typing import TTableSchemaColumns
from dlt.destinations.job_client_impl import SqlJobClientBase

from ..api.client import DataApi
from ..errors import (
    LACKING,
    AnotherAccount,
    ApiError,
    CustomersRefused,
    RequestRefused,
)
from ..reports import REPORTS, TABLES
from ..reports.own_names import (
    ADOPTIONS,
    APP_ID,
    BRAND,
    CREDENTIAL,
    LOAD_ID,
    OWNER_COLUMNS,
    SYNC_WINDOWS,
    USER_ID,
)
from ..warehouse.columns import columns_in, current_pipeline
from ..warehouse.connection import connected_client
from ..warehouse.owners import NOBODY, OWNER_NAMES, Holders, Owner, Place
from ..warehouse.run import Columns, current_run
from .connection import Connection
from .load_ids import is_loading
from .overrides import table_of
from .settings import Settings

logger = logging.getLogger(__name__)

UNTOLD = (*LACKING, RequestRefused, ApiError)
"""Errors of ``get.account`` that calls can be read in spite of; others may pass, or are of all."""

_NAMES: Mapping[str, str] = {name: name for name in (*TABLES, SYNC_WINDOWS)}


def place_of(
    pipeline: dlt.Pipeline,
    names: Mapping[str, str] = _NAMES,
    columns: Columns | None = None,
) -> Place | None:
    """Who holds the tables of a pipeline, ``None`` where rows can't be asked for.

    Args:
        names: of our tables, as the host calls them.
        columns: of those that are there, by table, if they are known already.

    Raises:
        DltException: of dlt; the warehouse can't be reached.
    """
    with connected_client(pipeline) as client:
        if not isinstance(client, SqlJobClientBase):
            return None
        windows = names[SYNC_WINDOWS]
        try:
            there = columns_in(client, names.values()) if columns is None else columns
            holders = _holders(client, windows, there.get(windows, {}))
        except DestinationUndefinedEntity:  # where the dataset is not there yet
            return Place(pipeline.dataset_name, windows)
        owner = {_folded(client, name) for name in OWNER_COLUMNS}
        ours = list(_our_tables(client, names, there))
        tells = any(owner <= table.keys() for table in ours) if ours else None
        return Place(pipeline.dataset_name, windows, holders, tells)


def _our_tables(
    client: SqlJobClientBase, names: Mapping[str, str], there: Columns
) -> Iterator[TTableSchemaColumns]:
    """The columns of tables of reports; somebody else's may be called so, too."""
    for report in REPORTS.values():
        columns = there.get(names[report.table], {})
        if columns.keys() >= {_folded(client, name) for name in report.required}:
            yield columns


def _holders(client: SqlJobClientBase, table: str, columns: TTableSchemaColumns) -> Holders:
    """Whom the rows of the table name; rows of earlier versions, which lack columns, nobody."""
    if not columns:
        return NOBODY
    sql = client.sql_client
    known = [name for name in OWNER_NAMES if _folded(client, name) in columns]
    listed = list(map(sql.escape_column_name, known))
    # it may have been dropped by hand; the load that follows makes it anew
    has_load_id = _folded(client, LOAD_ID) in columns
    newest = f"MAX({sql.escape_column_name(LOAD_ID)})" if has_load_id else "MAX('')"
    query = f"SELECT {', '.join([newest, *listed])} FROM {sql.make_qualified_table_name(table)}"
    if listed:
        query += f" GROUP BY {', '.join(listed)}"
    found = [row for row in sql.execute_sql(query) or () if row[0] is not None]
    found.sort(key=lambda row: str(row[0]), reverse=True)
    return Holders.of(_owner(dict(zip(known, row[1:], strict=True))) for row in found)


def _folded(client: SqlJobClientBase, name: str) -> str:
    """A column's name as the warehouse lists it."""
    return client.capabilities.casefold_identifier(name)


def _owner(row: Mapping[str, Any]) -> Owner:
    return Owner(
        app_id=_number(row.get(APP_ID)),
        user_id=_number(row.get(USER_ID)),
        brand=row.get(BRAND),
        credential=row.get(CREDENTIAL),
        adoptions=_number(row.get(ADOPTIONS)) or 0,
    )


def _number(value: Any) -> int | None:
    """A number, of whatever type its column has become."""
    try:
        return None if value is None else int(value)
    except ValueError:
        return None


def current_place() -> Place | None:
    """Where the source that is running loads to, by the names that its host gave the tables.

    In a pipeline of the host's the warehouse is asked here. ``None`` where that can't be done,
    where ``sync_windows`` is not loaded, and where rows are only looked at.
    """
    source = dlt.current.source()
    if SYNC_WINDOWS not in source.resources.selected or not is_loading():
        return None
    named = source.schema.naming.normalize_tables_path
    ours = (name for name in _NAMES if name in source.resources)
    names = {name: named(table_of(source.resources[name])) for name in ours}
    known = current_run().place
    if known is not None and known.windows == names[SYNC_WINDOWS]:
        return known
    pipeline = current_pipeline()
    if pipeline is None:
        return None
    try:
        return place_of(pipeline, {**_NAMES, **names})
    except DltException as error:
        logger.debug("who holds the tables is not known: %s", type(error).__name__)
        return None


def claim(
    connections: Sequence[Connection],
    apis: Sequence[DataApi],
    settings: Settings,
    place: Place | None,
    *,
    adopt: bool | None = None,
) -> list[Owner]:
    """Whose calls each connection reads; the tables are theirs, nobody's yet, or taken over.

    The API is asked for the account only where the warehouse does not know the credential yet, or
    where the account's zone is asked for anyway. What can't be known is warned of, once a run.

    Args:
        place: what is loaded into; with ``None`` nothing is checked.
        adopt: take tables over that hold another account's calls; as ``settings`` say by default.

    Raises:
        AnotherAccount, CustomersRefused: see :func:`settled`.
        UisError: see :meth:`DataApi.call`.
    """
    asking = zip(connections, apis, strict=True)
    owners = [told_owner(connection, api, settings, place) for connection, api in asking]
    if place is None:
        return owners
    owners, doubt = settled(owners, place, adopt=settings.adopt if adopt is None else adopt)
    if doubt is not None:
        logger.warning("%s", doubt)
    return owners


def told_owner(
    connection: Connection, api: DataApi, settings: Settings, place: Place | None
) -> Owner:
    """Whose calls a connection reads, with the account's id as far as it can be known.

    Raises:
        UisError: see :meth:`DataApi.call`.
    """
    owner = connection.owner
    known = place.holders.same_credential(owner) if place else []
    if settings.timezone is None:
        app_id = api.account().app_id
    elif known:
        app_id = next((each.app_id for each in known if each.app_id is not None), None)
    elif place or owner.tells:
        app_id = _asked(api)
    else:
        app_id = None
    return replace(owner, app_id=app_id)


def _asked(api: DataApi) -> int | None:
    try:
        return api.account().app_id
    except UNTOLD as error:
        logger.debug("get.account: %s", error.message)
        return None


def settled(
    owners: Sequence[Owner], place: Place, *, adopt: bool
) -> tuple[list[Owner], str | None]:
    """The owners as rows are to name them, and what is in doubt about them, if anything.

    Raises:
        AnotherAccount: the tables hold another account's calls, or another customer's.
        CustomersRefused: these tell customers apart and those do not, or the other way round.
    """
    holders, tells = place.holders, owners[0].tells
    if place.tells not in (None, tells):
        raise CustomersRefused(place.dataset, tells=tells)
    other = holders.other_than(owners)
    if other is not None and not adopt:
        held, configured = map(str, other)
        raise AnotherAccount(place.dataset, place.windows, held=held, configured=configured)
    is_sure = other is None and holders.is_sure_of(owners)
    taken = adopt and not is_sure and bool(holders.owners)
    if taken:
        logger.info("the dataset %s is taken over by %s", place.dataset, owners[0])
    counted = [replace(owner, adoptions=holders.adoptions + taken) for owner in owners]
    return counted, None if is_sure or taken else _doubt(owners, place)


def _doubt(owners: Sequence[Owner], place: Place) -> str | None:
    """Why nobody can tell whether the tables are the owners', now or later; if so."""
    is_told = all(owner.app_id is not None for owner in owners)
    if not place.holders.owners:
        if is_told:
            return None
        return (
            "The API does not tell which account this is. If the token or login of another one is"
            f" configured later, its calls will join those in the dataset {place.dataset}."
        )
    if is_told:
        return (
            f"The dataset {place.dataset} does not tell whose calls it holds: they are taken for"
            f" those of {owners[0]}, and rows name it from now on."
        )
    return (
        "The API does not tell which account this is, and the calls in the dataset"
        f" {place.dataset} were read with another token or login, or before that was noted. They"
        " are taken for those of the same account."
    )
