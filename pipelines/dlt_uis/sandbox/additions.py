"""What people and machines add to records after the fact, as the API writes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

_TIME = "%Y-%m-%d %H:%M:%S"


def manual_tag(name: str, time: str) -> dict[str, Any]:
    """A tag that a user puts on a record at a time."""
    return {
        "tag_id": 5_000 + sum(name.encode()),
        "tag_name": name,
        "tag_type": "manual",
        "tag_change_time": time,
        "tag_user_id": 78,
        "tag_user_login": "анна@example.ru",
        "tag_employee_id": None,
        "tag_employee_full_name": None,
    }


def transcript(call: int, start_time: str, phrases: Sequence[str]) -> list[dict[str, Any]]:
    """What was said in a call, a phrase every three seconds."""
    start = datetime.strptime(start_time, _TIME)
    return [
        {
            "id": call * 100 + number,
            "phrase": phrase,
            "start_time": (start + timedelta(seconds=3 * number)).strftime(_TIME),
            "is_operator": number % 2 == 0,
            "edited_phrase": None,
        }
        for number, phrase in enumerate(phrases)
    ]
