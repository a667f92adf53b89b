"""Packages that our own commands do without, even where they are installed.

Arrow imports both by itself: numpy to exchange arrays with it, and pandas to see whether a plain
value that it is given may be one of pandas'. Together they take as long as dlt does, and nothing
here uses them. A host project's process stays as it is.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder

_UNUSED = ("numpy", "pandas")


class _Absent(MetaPathFinder):
    def find_spec(self, name: str, *_: object) -> None:
        if name in _UNUSED:
            raise ModuleNotFoundError("left out: see dlt_uis.process.absent", name=name)


def hide_unused_packages() -> None:
    """Lets the packages count as not installed; to be called before Arrow is imported."""
    sys.meta_path.insert(0, _Absent())
