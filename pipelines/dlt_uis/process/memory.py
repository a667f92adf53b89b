"""Memory of the process, mostly for commands that own it."""

from __future__ import annotations

import ctypes
import gc
import sys

import pyarrow as pa

_M_MMAP_THRESHOLD = -3
_LARGE = 1 << 20

DUCKDB_MEMORY = "192MB"
"""How much DuckDB's buffers may hold while it loads, unless the user's configuration says: about as
much as reading took before."""


def be_frugal() -> None:
    """Has memory that was freed go back to the system at once.

    A page takes several times its size while it is received and decoded. Arrow's pool and glibc
    keep what was freed, for each thread, for the next page; but that may be seconds away and
    another thread's, and meanwhile the warehouse loads and needs memory of its own. Measured in a
    backfill of 300,000 calls: 605 MB at the peak instead of 810. Elsewhere nothing changes.
    """
    try:
        pool = pa.jemalloc_memory_pool()
    except NotImplementedError:
        pass
    else:
        pa.jemalloc_set_decay_ms(0)
        pa.set_memory_pool(pool)
    if sys.platform == "linux":
        # glibc's alone; with a bound of our own it maps large blocks, and never moves the bound
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(_M_MMAP_THRESHOLD, _LARGE)


def collect_seldom() -> None:
    """Has Python look for garbage in cycles less often, and never among what is loaded by now.

    A run makes hundreds of thousands of small objects of schemas and settings, hardly any of them
    in cycles; looking through all of Python's modules for them again and again was a twentieth of
    the time of a sync.
    """
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
    gc.enable()
