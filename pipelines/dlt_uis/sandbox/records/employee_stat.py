"""How long employees were in which status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from ...reports.fields import Report
from ..catalog import EMPLOYEES
from ..clockwork import Clock, date_of, start_of
from ..people import FIRST_EMPLOYEE_ID, FIRST_GROUP_ID, SHIFTS, groups_of, names_of
from ..query import Query
from ..statuses import Status
from ..working_days import stretches
from .base import Archive, Record, Records
from .form import Form
from .sums import Row, Rows

_A_DAY = 100_000
"""What a day's numbers are multiples of: it is the ordinal times this, and the employee's id."""

_GONE = 900
"""The place of the first employee who has left since."""


class EmployeeStat(Archive):
    """A row for each employee: the seconds of what a request asks for. It has a number if that is
    one day. Rows are added for employees who have left since.

    Args:
        first_day: the account's first.
    """

    def __init__(self, report: Report, clock: Clock, seed: int, first_day: date) -> None:
        super().__init__(report, clock)
        self._form = Form(report)
        self._seed = seed
        self._first_day = first_day
        self._gone: dict[date, int] = {}

    def asked(self, query: Query) -> tuple[Records, Sequence[int]]:
        start, end = (int(each) for each in query.window)
        by_mnemonic = query.options.get("only_default_statuses_in_stats", True)
        rows = Rows(self.report, self.edits, self._rows(start, end, by_mnemonic=by_mnemonic))
        return rows, range(len(rows.ids))

    def everything(self) -> tuple[Records, Sequence[int]]:
        """The rows of each day, with the day."""
        count = (self.clock.today() - self._first_day).days + 1
        days = (self._first_day + timedelta(days=each) for each in range(count))
        rows = Rows(self.report, self.edits, (row for day in days for row in self._dated(day)))
        return rows, range(len(rows.ids))

    def _dated(self, day: date) -> Iterator[Row]:
        start = start_of(day)
        for row in self._rows(start, start_of(day + timedelta(days=1)) - 1, by_mnemonic=True):
            yield row._replace(record={"date": day.isoformat(), **row.record})

    def _rows(self, start: int, end: int, *, by_mnemonic: bool) -> Iterator[Row]:
        """Of local seconds, both included."""
        # requests may reach a second further than a day
        first = max(date_of(start + 1), self._first_day)
        last = min(date_of(end - 1), self.clock.today())
        if first > last:
            return
        gone = range(_GONE, _GONE + self._gone.get(first, 0))
        for employee in (*range(len(EMPLOYEES)), *gone):
            id_ = FIRST_EMPLOYEE_ID + employee
            seconds: Counter[Status] = Counter()
            for ordinal in range(first.toordinal(), last.toordinal() + 1):
                seconds += self._seconds(employee, date.fromordinal(ordinal), start, end)
            record = self._form.filled(_values(employee, seconds, by_mnemonic=by_mnemonic))
            yield Row(start, first.toordinal() * _A_DAY + id_ if first == last else -id_, record)

    def _seconds(self, employee: int, day: date, start: int, end: int) -> Counter[Status]:
        local = self.clock.local
        end = min(end + 1, local(self.clock.second()))
        seconds: Counter[Status] = Counter()
        for stretch in stretches(self._seed, self.clock, employee, day):
            seconds[stretch.status] += max(
                0, min(local(stretch.end), end) - max(local(stretch.start), start)
            )
        return seconds

    def record(self, number: int) -> Record:
        ordinal = number // _A_DAY
        if not self._first_day.toordinal() <= ordinal <= self.clock.today().toordinal():
            raise KeyError(number)
        day = date.fromordinal(ordinal)
        return Rows(self.report, self.edits, self._dated(day)).record(number)

    def add(self, at: int, count: int) -> list[int]:
        day = date_of(self.clock.local(at))
        before = self._gone.get(day, 0)
        self._gone[day] = before + count
        first = day.toordinal() * _A_DAY + FIRST_EMPLOYEE_ID + _GONE
        return list(range(first + before, first + before + count))


def _values(employee: int, seconds: Counter[Status], *, by_mnemonic: bool) -> dict[str, Any]:
    name = EMPLOYEES[employee] if employee < _GONE else f"Уволенный Сотрудник {employee}"
    if by_mnemonic:
        stats = {each.mnemonic: seconds[each] for each in seconds if each.mnemonic}
    else:
        stats = {str(each.id): seconds[each] for each in seconds}
    return {
        "id": FIRST_EMPLOYEE_ID + employee,
        **names_of(name),
        "status_stats": stats,
        "groups": [
            {"group_id": FIRST_GROUP_ID + group, "group_name": SHIFTS[group].name}
            for group in groups_of(employee)
        ],
    }
