"""``call_facts``: a call as an analyst looks at it."""

from __future__ import annotations

from ..view import Column, View
from .days import owner


def _links(kind: str, table: str) -> str:
    """Links to the records of a call: ``@`` (no hash has it) stands for what they have in common,
    as what is summed up can't hold a column of the call itself."""
    return (
        f"replace(of_each({table}, c, string_agg('@' || e.value || '/', ' ' ORDER BY e.position)),"
        f" '@', 'https://' || recordings_host() || '/system/media/{kind}/'"
        " || CAST(c.communication_id AS TEXT) || '/')"
    )


def _utm(name: str) -> Column:
    meaning = f"UTM tag {name}: utm_{name}, or eq_utm_{name} where that is empty."
    sql = f"coalesce(nullif(c.utm_{name}, ''), nullif(c.eq_utm_{name}, ''))"
    return Column(f"utm_{name}", "TEXT", sql, meaning)


CALL_FACTS = View(
    "call_facts",
    "A row for each call that has ended: local time, who answered, waiting and talk, campaign and"
    " UTM tags, tags, links to recordings, revenue.",
    (
        Column("id", "BIGINT", "c.id", "Id of the call; calls.id."),
        Column("start_time", "TIMESTAMPTZ", "c.start_time", "When the call began; filter by it."),
        Column("finish_time", "TIMESTAMPTZ", "c.finish_time", "When the call ended."),
        Column("local_start", "TIMESTAMP", "local(c.start_time)",
               "When the call began, in the account's zone."),
        Column("date", "DATE", "CAST(local(c.start_time) AS DATE)",
               "Day on which the call began, in the account's zone."),
        Column("hour", "BIGINT", "extract(hour FROM local(c.start_time))",
               "Hour in which the call began, 0 to 23, in the account's zone."),
        Column("weekday", "BIGINT", "weekday_of(local(c.start_time))",
               "Weekday on which the call began, 1 (Monday) to 7, in the account's zone."),
        Column("direction", "TEXT", "c.direction", "in (received) or out (placed)."),
        Column("is_answered", "BOOLEAN", "NOT c.is_lost",
               "Whether somebody answered, in either direction."),
        Column("is_missed", "BOOLEAN", "c.direction = 'in' AND c.is_lost",
               "Whether it is an incoming call that nobody answered."),
        Column("contact_phone_number", "TEXT", "c.contact_phone_number",
               "Phone number of the contact, or its pseudonym."),
        Column("virtual_phone_number", "TEXT", "c.virtual_phone_number",
               "Number of the account that took part in the call."),
        Column("first_employee_id", "BIGINT", "c.first_answered_employee_id",
               "Id of the first employee who picked up."),
        Column("first_employee", "TEXT", "c.first_answered_employee_full_name",
               "Full name of the first employee who picked up."),
        Column("last_employee_id", "BIGINT", "c.last_answered_employee_id",
               "Id of the last employee who picked up."),
        Column("last_employee", "TEXT", "c.last_answered_employee_full_name",
               "Full name of the last employee who picked up."),
        Column("wait_seconds", "BIGINT", "c.wait_duration",
               "Seconds that the contact waited for the first talk, or in vain."),
        Column("talk_seconds", "BIGINT", "c.talk_duration",
               "Seconds of talk, until after-call work began."),
        Column("total_seconds", "BIGINT", "c.total_duration", "Length of the call in seconds."),
        Column("campaign", "TEXT", "nullif(c.campaign_name, '')",
               "Name of the advertising campaign that the call is counted for."),
        Column("source", "TEXT", "nullif(c.source_name, '')", "Name of the traffic source."),
        Column("site", "TEXT", "nullif(c.site_domain_name, '')",
               "Domain of the site that the call is counted for."),
        *map(_utm, ("source", "medium", "campaign", "term", "content")),
        Column("is_first", "BOOLEAN", "c.communication_number = 1",
               "Whether it is the visitor's first communication; null for calls of the PBX."),
        Column("is_target", "BOOLEAN",
               "coalesce(of_each(calls__attributes, c, count(e.value), e.value = 'target'), 0) > 0",
               "Whether the call is a target one: it has the attribute target.",
               needs=("calls__attributes.value",)),
        Column("tags", "TEXT",
               "of_each(calls__tags, c, string_agg(e.tag_name, ', ' ORDER BY e.position),"
               " e.position < 5)",
               "Names of the call's first five tags, in their order, with commas between them."),
        Column("recording_links", "TEXT", _links("talk", "calls__call_records"),
               "Links to the recordings of the talk, with spaces between them."),
        Column("voice_mail_links", "TEXT", _links("voice_mail", "calls__voice_mail_records"),
               "Links to the voice messages, with spaces between them."),
        Column("full_record_file_link", "TEXT", "c.full_record_file_link",
               "Link to the recording of the whole call."),
        Column("is_sale", "BOOLEAN", "c.sale_date IS NOT NULL OR c.sale_cost IS NOT NULL",
               "Whether a deal came of the call.", needs=("calls.sale_cost",)),
        Column("sale_date", "TIMESTAMPTZ", "c.sale_date", "When that deal was made."),
        Column("revenue", "DECIMAL(38, 9)", "c.sale_cost",
               "Amount of that deal, in the account's currency."),
        owner("c"),
    ),
    "FROM calls AS c WHERE c.finish_time IS NOT NULL OR NOT is_loaded(calls.finish_time)",
    needs=("calls.id",),
)  # fmt: skip
