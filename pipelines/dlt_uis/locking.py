"""One writer at a time, for pipelines of users' own; see :mod:`.warehouse.lock`.

>>> from dlt_uis.locking import writing
>>> with writing(pipeline):  # doctest: +SKIP
...     pipeline.load()
"""

from .warehouse.lock import writing

__all__ = ["writing"]
