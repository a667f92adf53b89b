"""Which load package is being extracted."""

from __future__ import annotations

from dlt.common.storages.exceptions import CurrentLoadPackageStateNotAvailable
from dlt.common.storages.load_package import load_package_state


def load_id() -> str:
    """Id of the load package that is being extracted; none where rows are only looked at."""
    try:
        return load_package_state()["load_id"]
    except CurrentLoadPackageStateNotAvailable:
        return ""


def is_loading() -> bool:
    """Whether what is read goes into a load package."""
    return load_id() != ""
