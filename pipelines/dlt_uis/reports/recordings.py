"""Where reports tell of recordings: which of their fields hold ids of such, or links to them."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = ("talk", "wav", "voice_mail", "full")
"""What users call the kinds of recordings; all but the last are parts of a link, too."""

WHOLE_CALL = "full"
"""The kind of those that have a link of their own, at another host."""


@dataclass(frozen=True)
class RecordingField:
    """A field of a report that leads to recordings of a kind.

    Attributes:
        table: of the report; ``noun`` is what one record of it is called.
        name: of the field: an array of recordings' ids, or for :data:`WHOLE_CALL` a link.
        call: field with the id of the call.
        communication: field with the id that stands in links. Where it is not loaded it is the
            call's, which is the same in all accounts that are known.
    """

    kind: str
    table: str
    noun: str
    name: str
    call: str = "id"
    communication: str = "communication_id"

    @property
    def child_table(self) -> str | None:
        """Table of the array's elements."""
        return None if self.kind == WHOLE_CALL else f"{self.table}__{self.name}"

    @property
    def child_key(self) -> str:
        return f"{self.noun}_id"

    @property
    def child_cursor(self) -> str:
        return f"{self.noun}_start_time"


def _of_legs(kind: str, name: str) -> RecordingField:
    return RecordingField(kind, "call_legs", "call_leg", name, "call_session_id", "call_session_id")


RECORDING_FIELDS = (
    RecordingField("talk", "calls", "call", "call_records"),
    RecordingField("wav", "calls", "call", "wav_call_records"),
    RecordingField("voice_mail", "calls", "call", "voice_mail_records"),
    RecordingField(WHOLE_CALL, "calls", "call", "full_record_file_link"),
    _of_legs("talk", "call_records"),
    _of_legs("wav", "wav_call_records"),
)
"""All such fields. A leg names recordings that its call may name, too."""
