"""The parameters of ``uis_source``, from dlt's configuration, checked."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from datetime import datetime
from typing import Any

import dlt
from dlt.common.configuration import known_sections, with_config
from dlt.common.typing import TSecretStrValue

from ..api.auth import Auth, auth_of
from ..api.brands import brand_of, url_of
from ..errors import CursorRefused, OneCustomerOnly, OneReportOnly
from ..privacy.pages import Privacy, keep_filter_out_of_trace
from ..reports import REPORTS, of_brand
from ..reports.fields import Report
from ..reports.own_names import SOURCE
from .connection import Connection
from .list_settings import ListSettings, lists_of, settings_of_lists
from .report_settings import reports_of, settings_of
from .settings import ReportSettings, Settings, user_ids_of, utc_now


@dataclass(frozen=True)
class Configured:
    """The parameters of ``uis_source``, checked: what is read, and from where."""

    connections: tuple[Connection, ...]
    settings: Settings
    reports: tuple[ReportSettings, ...]
    start_time: dlt.sources.incremental[datetime] | None = None
    lists: Sequence[ListSettings] = ()

    @property
    def tells_owner(self) -> bool:
        """Whether rows say which customer they are of."""
        return self.connections[0].tells_owner

    @property
    def named_lists(self) -> Sequence[ListSettings]:
        """Those of the lists that ``reference_data`` names."""
        named = self.settings.reference_data
        return [each for each in self.lists if each.listing.table in named]

    def report(self, what: str) -> ReportSettings:
        """What is asked of the only report, for ``what`` reads one.

        Raises:
            OneReportOnly: there are several.
        """
        if len(self.reports) > 1:
            raise OneReportOnly(what)
        return self.reports[0]

    def connection(self, what: str) -> Connection:
        """The only connection, for ``what`` reads one customer.

        Raises:
            OneCustomerOnly: there are several.
        """
        if len(self.connections) > 1:
            raise OneCustomerOnly(what)
        return self.connections[0]


def configure(
    access_token: TSecretStrValue | None = None,
    login: str | None = None,
    password: TSecretStrValue | None = None,
    brand: str = "uis",
    api_url: str | None = None,
    user_id: Any = None,
    timezone: str | None = None,
    start_date: str | None = None,
    end_date: str | None = None,
    reports: Any = None,
    lookback_days: float = Settings.lookback_days,
    stat_hours: float = Settings.stat_hours,
    late_sales_hours: float = Settings.late_sales_hours,
    deep_lookback_hours: float = Settings.deep_lookback_hours,
    deep_lookback_days: float = Settings.deep_lookback_days,
    include_ongoing_calls: bool = ReportSettings.include_ongoing_calls,
    fields: list[str] | None = None,
    exclude_fields: list[str] | None = None,
    filter: dict[str, Any] | None = None,  # noqa: A002 - the API's name
    parallel_windows: int = Settings.parallel_windows,
    page_size: int = Settings.page_size,
    request_attempts: int = Settings.request_attempts,
    request_timeout: float = Settings.request_timeout,
    reserve_minute: float = Settings.reserve_minute,
    reserve_day: float = Settings.reserve_day,
    wait_for_day: bool = Settings.wait_for_day,
    strict_totals: bool = Settings.strict_totals,
    privacy: dict[str, Any] | None = None,
    privacy_key: TSecretStrValue | None = None,
    reference_data: Any = None,
    reference_hours: float = Settings.reference_hours,
    adopt: bool = Settings.adopt,
    tell_changes: bool = ReportSettings.tell_changes,
    start_time: dlt.sources.incremental[datetime] | None = None,
    clock: Any = utc_now,
    sleep: Any = time.sleep,
) -> Configured:
    """Reports and lists of a UIS, CoMagic, CallGear or Novofon account.

    Resources: a table for each report, such as ``calls``, one for each array of its records, such
    as ``calls__tags``, and ``sync_windows``. The tables of a report hang on a hidden resource, such
    as ``calls_report``, which holds its cursor. Lists of reference data, such as ``employees``, are
    there to be selected. Every parameter can come from dlt's configuration, in the section
    ``[sources.uis]`` or as ``SOURCES__UIS__…``.

    Args:
        access_token: key made in the account's administration; or give login and password.
        login: of a user of the account who may use the Data API.
        password: of that user.
        brand: ``uis``, ``comagic``, ``callgear`` or ``novofon``; decides the API's address, and
            which fields are asked for by default: those that its documentation lists.
        api_url: address of the API, instead of the brand's.
        user_id: the customer to read; an agent's (partner's) token needs it. With a list of them
            each is read from a cursor of its own, and rows tell ``app_id`` and ``user_id``.
        timezone: IANA name of the zone that the API's times are in; the account's by default.
        start_date: where the first sync begins: a date or a time in the account's zone, by default
            the midnight 30 days ago. Later syncs begin at the cursor.
        end_date: where reading ends, a date (that day included) or a time in the account's zone.
            With it the calls from ``start_date`` on are read once, and the cursor stays as it is.
        reports: names of the reports to read, with commas between them or as a list, or ``all``;
            ``calls`` by default. In code it may be a mapping of names to settings of their own:
            ``fields``, ``exclude_fields``, ``filter``. In configuration these stand in a section of
            the report, such as ``[sources.uis.call_legs]``.
        lookback_days: how many days before the cursor each sync reads again. Calls end, get
            tags, sales, ratings and transcripts after they began. At least 1/24.
        stat_hours: employee_stat and campaign_daily_stat ask for each day by itself: hours after
            which a sync asks for today again. The days of the lookback are asked for once a day.
        late_sales_hours: hours after which a sync also asks for records of the last 89 days that
            have got a sale since it asked last; 0 for never. It costs a point or two.
        deep_lookback_hours: hours after which a sync reads ``deep_lookback_days`` back instead of
            ``lookback_days``; 0 for never. It is left out where it would take more than a tenth of
            the day's points.
        deep_lookback_days: how far back that is.
        include_ongoing_calls: also bring calls that still go on, with what is known of them; each
            is replaced when it has ended.
        fields: names of the fields of calls to ask for instead of all that the brand documents;
            undocumented fields are possible. ``id`` and ``start_time`` always come along.
        exclude_fields: names of fields of calls not to ask for.
        filter: a filter of calls in the API's syntax, passed through.
        parallel_windows: how many requests may be under way at once.
        page_size: calls in a request, at most 10,000. Memory follows it.
        request_attempts: how often a request is sent that fails in a way that may pass, with
            growing waits in between (8 attempts take about a minute).
        request_timeout: seconds that one attempt may take in all, from connecting to the last byte
            of its answer. A page that does not come in time is tried with half as many calls.
        reserve_minute: share (0 to 1) of the minute's points that is left to the account's other
            integrations.
        reserve_day: the same of the day's points.
        wait_for_day: sleep until the day resets when its points are spent, instead of failing.
        strict_totals: fail where the API returns fewer calls than it promises (``total_items``),
            also when it is asked again. Else all that it returns is loaded, with a warning, and
            ``short`` in ``sync_windows`` tells how many are lacking.
        privacy: what becomes of personal data before anything is written: ``keep``, ``drop`` or
            ``pseudonymise`` by field, such as ``contact_phone_number`` or
            ``employees.employee_full_name``, or by group, such as ``phone_numbers``.
        privacy_key: the secret of the pseudonyms, a random text of at least 32 characters.
        reference_data: true for all lists of reference data that the brand documents, or names of
            some. Those that the account may not read are left out, with one warning.
        reference_hours: hours after which a list is read again, and replaced as a whole; 0 for each
            sync. Each costs a point, or one for each 10,000 rows.
        adopt: take over tables that hold another account's calls, which are refused otherwise.
            Reading begins anew then, and from then on the other account is refused.
        tell_changes: say once in the log, in the summary file and to Slack what has changed at the
            source: new fields, values that do not fit their column, fields that can't be read or
            are not sent any more, or are again.
        start_time: the cursor, if you want to set its initial or end value yourself, or have a
            scheduler set them. With an ``end_value`` the calls before it are read and the stored
            cursor stays as it is. Not together with a list of customers.
        clock: returns the present instant; for tests.
        sleep: waits so many seconds; for tests.

    Raises:
        ConfigurationError: a setting is missing or wrong; the message names it.
    """
    given = locals()
    url = api_url or url_of(brand)
    brand = brand_of(url, brand)
    read = {each.name: given[each.name] for each in dataclass_fields(Settings)}
    named = lists_of(reference_data, brand, is_agent=user_id is not None)
    settings = Settings(**{**read, "reference_data": named})
    auth = auth_of(access_token, login, password)
    plain = {"fields": fields, "exclude_fields": exclude_fields, "filter": filter}
    asked = tuple(
        settings_of(
            report := of_brand(REPORTS[name], brand), own, plain,
            brand=brand, privacy=Privacy(report, privacy, privacy_key), tell_changes=tell_changes,
            include_ongoing_calls=include_ongoing_calls,
        )
        for name, own in reports_of(reports).items()
    )  # fmt: skip
    if any(each.privacy.is_on for each in asked):
        keep_filter_out_of_trace()
    _check_cursor(start_time, [each.report for each in asked])
    connections = _connections(url, auth, brand, user_ids_of(user_id), start_time)
    lists = settings_of_lists(given, brand)
    return Configured(connections, settings, asked, start_time, lists)


def _check_cursor(
    start_time: dlt.sources.incremental[datetime] | None, reports: Sequence[Report]
) -> None:
    """Refuses a cursor that some of the reports are not read by.

    Raises:
        CursorRefused: names one of them.
    """
    field = None if start_time is None else start_time.cursor_path
    for report in reports:
        if field is not None and report.is_of_days:
            raise CursorRefused(
                f"{report.records} are sums of days: set start_date and end_date instead"
            )
        if field is not None and field != report.cursor:
            raise CursorRefused(
                f"its field is {field}, and {report.records} are read by {report.cursor}"
            )


def _connections(
    url: str,
    auth: Auth,
    brand: str,
    customers: tuple[int, ...] | int | None,
    start_time: dlt.sources.incremental[datetime] | None,
) -> tuple[Connection, ...]:
    """A connection for each customer; rows tell theirs where a list of them was given."""
    if isinstance(customers, tuple):
        if start_time is not None:
            raise CursorRefused("user_id is a list: set start_date and end_date instead")
        return tuple(Connection(url, auth, each, brand, tells_owner=True) for each in customers)
    return (Connection(url, auth, customers, brand),)


def for_each_report(given: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The reports that parameters and configuration name, and parameters for each by itself."""
    asked = configured(**given).reports
    own = reports_of(given.get("reports"))
    for each in asked:
        name = each.report.table
        yield name, {**given, "reports": {name: own.get(name, {})}}


def configured(**given: Any) -> Configured:
    """What ``uis_source`` would read with these parameters and dlt's configuration."""
    resolved = with_config(configure, sections=(known_sections.SOURCES, SOURCE))
    return resolved(**given)
