"""Which fields of reports hold personal data, in groups that a user can name.

A field is in a group if it names or reaches a person, quotes one, or singles one out among others.
Left out, each with its reason, and still to be named one by one:

* ids of records (``id``, ``communication_id``, ``call_session_id``, …), of tags, sites, scenarios,
  campaigns and requests: tables are joined by them, and they are nobody's. That of
  ``employee_stat`` is an employee's, and its key. The part of a recording's link that opens it is
  grouped.
* ``cpn_…``: the region of a number's range, which millions share.
* ``utm_…``, ``openstat_…``, ``integrated_campaign_data``, campaigns and sources: labels of an
  advertisement, the same for all who saw it. ``referrer_domain``, ``search_engine``,
  ``site_domain_name``: a domain without the page.
* names of tags, goals, forms, groups and channels, segments, attributes, ``scenario_…``: words of
  the account's own lists.
* durations, ratings, sales, costs, counts and kinds: facts about a record that name nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

UNDOCUMENTED = "undocumented"
"""Group of all fields that the documentation does not list and that no other group claims."""


@dataclass(frozen=True)
class Group:
    """Fields of one kind of personal data.

    Args:
        paths: of the fields: a field, an array, or ``array.field`` for a field of its elements.
        words: an undocumented field belongs here too if its name has one of these in it.
    """

    paths: tuple[str, ...]
    words: tuple[str, ...] = ()


PHONE_NUMBERS = "phone_numbers"

GROUPS: Mapping[str, Group] = {
    # the account's own virtual numbers are no secret, but searching for digits should find none
    PHONE_NUMBERS: Group(
        (
            "contact_phone_number",
            "operator_phone_number",
            "virtual_phone_number",
            "calling_phone_number",
            "called_phone_number",
            "employee_phone_number",
            "visitor_phone_number",
        ),
        ("phone",),
    ),
    "names": Group(
        (
            "contact_full_name",
            "first_answered_employee_full_name",
            "last_answered_employee_full_name",
            "first_talked_employee_full_name",
            "last_talked_employee_full_name",
            "employee_full_name",
            "full_name",
            "first_name",
            "last_name",
            "patronymic",
            "visitor_name",
            "visitor_email",
            "chat_username",
            "employees.employee_full_name",
            "tags.tag_employee_full_name",
            "tags.tag_employee_full",
            "tags.tag_user_login",  # often an address of electronic mail
            "communications.tags.tag_employee_full_name",
            "communications.tags.tag_employee_full",
            "communications.tags.tag_user_login",
        ),
        ("full_name", "display_name", "first_name", "last_name", "patronymic", "login", "email"),
    ),
    "transcripts": Group(("recognized_text",), ("phrase", "transcript", "recognized")),
    # who has one of these can listen to the call
    "recordings": Group(
        ("full_record_file_link", "call_records", "wav_call_records", "voice_mail_records"),
        ("record",),
    ),
    # they follow a person from site to site, in the hands of who runs the counter, the ads or chats
    "online_ids": Group(
        (
            "ua_client_id",
            "ym_client_id",
            "gclid",
            "yclid",
            "ymclid",
            "ef_id",
            "chat_user_id",
            "visitor_profile_url",
        ),
        ("client_id", "clid"),
    ),
    "ip_addresses": Group(("visitor_ip_address",), ("ip_address",)),
    # together they tell one device from most others
    "devices": Group(
        (
            "visitor_browser_name",
            "visitor_browser_version",
            "visitor_os_name",
            "visitor_os_version",
            "visitor_provider",
            "visitor_screen",
            "visitor_language",
        ),
        ("browser", "user_agent"),
    ),
    # addresses with query strings, in which sites put anything, and what a person searched for
    "pages": Group(
        (
            "communication_page_url",
            "entrance_page",
            "exit_page",
            "hits.hit_url",
            "chat_ad_url",
            "referrer",
            "utm_referrer",
            "eq_utm_referrer",
            "search_query",
        ),
        ("url", "referrer"),
    ),
    "places": Group(("visitor_city", "visitor_region", "visitor_country"), ("city",)),
    # what people and sites wrote themselves: numbers, names, addresses
    "notes": Group(
        ("properties", "employee_comment", "visitor_custom_properties.property_value"),
        ("comment", "message"),
    ),
    # what people wrote to each other in chats, forms and letters, and the files that they sent
    "texts": Group(
        ("text", "employee_answer_message", "resource__file_url", "resource__file_name"),
        ("text",),
    ),
    # ids of your own systems, where they lead to a person
    "external_ids": Group(("ext_id", "call_api_external_id")),
    # numbers that mean something inside the account only: pseudonyms already
    "person_ids": Group(
        (
            "contact_id",
            "visitor_id",
            "visitor_ids",
            "person_id",
            "visitor_session_id",
            "session_ids",
        )
    ),
    "employee_ids": Group(
        (
            "first_answered_employee_id",
            "last_answered_employee_id",
            "first_talked_employee_id",
            "last_talked_employee_id",
            "employee_id",
            "employees.employee_id",
            "tags.tag_employee_id",
            "tags.tag_user_id",
            "communications.tags.tag_employee_id",
            "communications.tags.tag_user_id",
        )
    ),
    UNDOCUMENTED: Group(()),
}
"""The groups by name."""


def group_of(path: str) -> str:
    """The group of a field that the documentation of a report does not list; that of another one
    may, and else words of its name tell."""
    name = path.lower()
    listed = (each for each, group in GROUPS.items() if name in group.paths)
    likely = (each for each, group in GROUPS.items() if any(word in name for word in group.words))
    return next(chain(listed, likely), UNDOCUMENTED)
