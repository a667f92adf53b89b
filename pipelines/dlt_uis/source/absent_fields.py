"""Fields that the API does not send any more, though they are asked for: told once.

They are kept in the state of the report's resource, so that they travel with the warehouse.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence

from ..reports.fields import Report
from ..warehouse.run import current_run
from .changes import names_in
from .refusal_memory import RefusalMemory, digest_of

logger = logging.getLogger(__name__)

ABSENT_FIELDS = "absent_fields"


def note_absent(
    memory: RefusalMemory,
    report: Report,
    asked: Collection[str],
    left_out: Collection[str],
    absent: Mapping[str, Sequence[str]],
    *,
    told: bool,
) -> None:
    """Notes which fields are not sent any more, and which are again.

    Args:
        report: whose fields they are.
        asked: fields that are to be read.
        left_out: those of them that can't be read now, and so were not asked for.
        absent: those that no record has, see :meth:`.SentFields.absent`.
        told: whether anybody wants to hear of it.
    """
    gone, back = _changes(memory, asked, left_out, absent)
    if not told:
        return
    current_run().progress.changed(
        absent_fields=names_in(report, gone), returned_fields=names_in(report, back)
    )
    if gone:
        logger.warning(
            "fields of %s are asked for and not sent any more, so null in all that is read: %s",
            report.records, ", ".join(gone),
        )  # fmt: skip
    if back:
        logger.warning(
            "fields of %s are sent again: %s. To fill them for %s that are loaded, run a backfill"
            " with --restart.",
            report.records, ", ".join(back), report.records,
        )  # fmt: skip


def _changes(
    memory: RefusalMemory,
    asked: Collection[str],
    left_out: Collection[str],
    absent: Mapping[str, Sequence[str]],
) -> tuple[Sequence[str], Sequence[str]]:
    """What is not sent any more, and what is again; nothing of a place that was not known until
    now, or if other fields are asked for than last time."""
    known, digest = memory.recall(ABSENT_FIELDS), digest_of(asked)
    before = known["absent"] if known.get("asked") == digest else {}
    if absent:
        memory.note(ABSENT_FIELDS, {"asked": digest, "absent": {**before, **absent}})
    gone, back = [], []
    for place in before.keys() & absent.keys():
        gone += [name for name in absent[place] if name not in before[place]]
        back += [name for name in before[place] if name not in (*absent[place], *left_out)]
    return sorted(gone), sorted(back)
