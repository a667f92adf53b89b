"""Whose recordings they are: zone and brand of each customer, as the warehouse knows them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from dlt.destinations.sql_client import SqlClientBase

from ..errors import UnknownTimezone
from ..localtime.zones import Zone
from ..reports.own_names import BRAND, SYNC_WINDOWS, USER_ID
from ..warehouse.slices import slice_of

_KNOWN = ("timezone", BRAND, USER_ID)


@dataclass(frozen=True)
class Accounts:
    """Zones and brands by customer, ``None`` where rows do not tell theirs.

    Args:
        zone, brand: where the warehouse does not know them.
    """

    zone: Zone
    brand: str
    zones: Mapping[int | None, Zone] = field(default_factory=dict)
    brands: Mapping[int | None, str] = field(default_factory=dict)

    @property
    def any_zone(self) -> Zone:
        """The zone that the days of a range are meant in: where there are several, one of them."""
        return next(iter(self.zones.values()), self.zone)

    def zone_of(self, user_id: int | None) -> Zone:
        return self.zones.get(user_id, self.zone)

    def brand_of(self, user_id: int | None) -> str:
        return self.brands.get(user_id, self.brand)


def accounts_of(
    sql: SqlClientBase[Any], columns: Collection[str], zone: Zone, brand: str, *, owned: bool
) -> Accounts:
    """What the newest windows that were read tell.

    Args:
        columns: of the table of windows, none if there is none.
        owned: whether rows of calls tell their customer.
    """
    if "finished_at" not in columns:
        return Accounts(zone, brand)
    name = sql.escape_column_name
    told = [name(each) if each in columns else "NULL" for each in _KNOWN]
    query = (
        f"SELECT {', '.join(told)}, MAX({slice_of(sql, name('finished_at'), 1)})"
        f" FROM {sql.make_qualified_table_name(SYNC_WINDOWS)}"
        f" GROUP BY {', '.join([each for each in told if each != 'NULL'] or ['1'])}"
    )
    zones: dict[int | None, Zone] = {}
    brands: dict[int | None, str] = {}
    rows = sql.execute_sql(query) or ()
    for zone_name, its_brand, user_id, _ in sorted(rows, key=lambda row: row[3] or 0):
        customer = user_id if owned else None
        if zone_name:
            with suppress(UnknownTimezone):
                zones[customer] = Zone(zone_name)
        if its_brand:
            brands[customer] = its_brand
    return Accounts(zone, brand, zones, brands)
