"""Where a warehouse stands: the newest state that it keeps of a pipeline, and what it has loaded.

dlt takes the state of the load with the highest id, which is a time of the clock of the machine
that loaded it: one run under a clock that is wrong would hide all later ones. Here it is the state
with the highest version: each is made from the one before. Whether anything was loaded in between
is found out by comparing two standings for being equal, not by their times.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import asdict, dataclass, field
from typing import Any

from dlt.common.pipeline import TPipelineState
from dlt.common.versioned_state import decompress_state
from dlt.pipeline.state_sync import default_pipeline_state, migrate_state_to_current

_KEPT = "dlt_uis_standing"


@dataclass(frozen=True)
class Standing:
    """Where a warehouse stands. Two are equal if nothing was loaded in between.

    Attributes:
        home: stands for the warehouse and its dataset.
        version: of the newest state, as is ``version_hash``; ``None`` where there is no state.
        loads: how many loads of the schema are complete, as is ``newest_load``.
        has_tables: whether dlt's own tables are there.
        state: the newest state, as it is stored.
    """

    home: str
    version: int | None = None
    version_hash: str | None = None
    loads: int = 0
    newest_load: str | None = None
    has_tables: bool = field(default=False, compare=False)
    state: str = field(default="", compare=False, repr=False)

    def decoded(self, pipeline_name: str) -> TPipelineState:
        """The newest state, or that of a pipeline that never ran."""
        if self.version is None:
            return default_pipeline_state()
        return migrate_state_to_current(pipeline_name, decompress_state(self.state))

    def as_json(self) -> dict[str, Any]:
        """What two standings are compared by."""
        whole = asdict(self)
        return {name: whole[name] for name in whole if name not in ("has_tables", "state")}


def keep(standing: Standing, package_state: MutableMapping[str, Any]) -> None:
    """Keeps in the state of a load package where the warehouse stood before it was read."""
    package_state[_KEPT] = standing.as_json()


def remembered(package_state: Mapping[str, Any]) -> Standing | None:
    """Where the warehouse stood before a load package was read, if that was kept in its state."""
    try:
        return Standing(**package_state[_KEPT])
    except (KeyError, TypeError):
        return None


def is_at(state: Mapping[str, Any], standing: Standing) -> bool:
    """Whether a working folder's ``state`` is the one that the warehouse keeps."""
    if standing.version is None:
        return not state.get("sources")
    kept = (standing.version, standing.version_hash)
    return (state.get("_state_version"), state.get("_version_hash")) == kept
