"""Names that are ours, not the API's: of the dlt source, of tables and of columns."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

LOAD_ID = "_dlt_load_id"
REPORT = "report"
PURPOSE = "purpose"
LATE_SALES = "late sales"
"""What windows are read for of which only records with a late sale are asked for."""

POSITION = "position"
DELETED = "_deleted"
APP_ID = "app_id"
USER_ID = "user_id"
BRAND = "brand"
CREDENTIAL = "credential"
ADOPTIONS = "adoptions"
OWNER_COLUMNS: Mapping[str, tuple[pa.DataType, str]] = {
    APP_ID: (pa.int64(), "Account that the row was read from (get.account)."),
    USER_ID: (pa.int64(), "Customer that the row was read of; a setting of user_id."),
}
"""Columns that tell customers apart, where several are loaded into the same tables."""
SYNC_WINDOWS = "sync_windows"
"""Table of the windows that were read."""

VERIFIED_DAYS = "verified_days"
"""Table of the days that were verified."""

RECORDINGS = "recordings"
"""Table of the recordings that were fetched, or are to be."""


SOURCE = "uis"
"""Name of the dlt source, of its schema, and of its section in the configuration."""
