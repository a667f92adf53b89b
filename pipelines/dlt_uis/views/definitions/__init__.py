"""The views, a file each."""

from __future__ import annotations

from collections.abc import Mapping

from ..view import View
from .call_facts import CALL_FACTS
from .communications_by_day import COMMUNICATIONS_BY_DAY
from .employees_by_day import EMPLOYEES_BY_DAY
from .hours import HOURS
from .legs_by_employee import LEGS_BY_EMPLOYEE
from .missed_calls import MISSED_CALLS
from .service_by_day import SERVICE_BY_DAY
from .sources_by_day import SOURCES_BY_DAY

VIEWS: Mapping[str, View] = {
    view.name: view
    for view in (
        CALL_FACTS, MISSED_CALLS, SERVICE_BY_DAY, EMPLOYEES_BY_DAY, SOURCES_BY_DAY, HOURS,
        COMMUNICATIONS_BY_DAY, LEGS_BY_EMPLOYEE,
    )
}  # fmt: skip
"""All views by name."""
