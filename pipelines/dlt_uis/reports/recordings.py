"""Where reports tell of recordings: which of their fields hold ids of such, or links to them."""

from __future__ import annotations

from dataclasses import dataclass

from .call_legs import CALL_LEGS_REPORT
from .calls import CALLS_REPORT
from .fields import Report

KINDS = ("talk", "wav", "voice_mail", "full")
"""What users call the kinds of recordings; all but the last are parts of a link, too."""

WHOLE_CALL = "full"
"""The kind of those that have a link of their own, at another host."""


@dataclass(frozen=True)
class RecordingField:
    """A field of a report that leads to recordings of a kind.

    Attributes:
        name: of the field: an array of recordings' ids, or for :data:`WHOLE_CALL` a link.
        call: field with the id of the call.
        communication: field with the id that stands in links. Where it is not loaded it is the
            call's, which is the same in all accounts that are known.
    """

    kind: str
    report: Report
    name: str
    call: str = "id"
    communication: str = "communication_id"

    @property
    def table(self) -> str:
        return self.report.table

    @property
    def child_table(self) -> str | None:
        """Table of the array's elements."""
        return None if self.kind == WHOLE_CALL else self.report.child(self.name).table

    @property
    def child_key(self) -> str:
        return self.report.child_column("id")

    @property
    def child_cursor(self) -> str:
        return self.report.child_cursor


def _of_legs(kind: str, name: str) -> RecordingField:
    return RecordingField(kind, CALL_LEGS_REPORT, name, "call_session_id", "call_session_id")


RECORDING_FIELDS = (
    RecordingField("talk", CALLS_REPORT, "call_records"),
    RecordingField("wav", CALLS_REPORT, "wav_call_records"),
    RecordingField("voice_mail", CALLS_REPORT, "voice_mail_records"),
    RecordingField(WHOLE_CALL, CALLS_REPORT, "full_record_file_link"),
    _of_legs("talk", "call_records"),
    _of_legs("wav", "wav_call_records"),
)
"""All such fields. A leg names recordings that its call may name, too."""
