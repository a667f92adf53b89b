"""Personal data is dropped or replaced by keyed hashes; nothing else changes."""

from __future__ import annotations

import hashlib
import hmac
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlt_uis.decoding.decoder import Decoder
from dlt_uis.decoding.names import Names
from dlt_uis.errors import (
    ConfigurationError,
    InvalidSetting,
    PrivacyKeyUnusable,
    PrivacyRefused,
    UnknownPrivacyField,
)
from dlt_uis.privacy.pages import Privacy
from dlt_uis.privacy.personal import GROUPS, group_of
from dlt_uis.privacy.pseudonyms import Pseudonyms
from dlt_uis.reading.selection import FieldSelection
from dlt_uis.reports import REPORTS
from dlt_uis.reports.calls import CALLS_REPORT
from dlt_uis.tables.rows import report_table

from .test_decoding import CALL, ZONE, body

KEY = "0123456789abcdef0123456789abcdef"

IMPERSONAL = """
id start_time finish_time finish_reason direction cpn_region_id cpn_region_name cpn_country_name
cpn_country_id source is_lost communication_number communication_id communication_type
wait_duration total_wait_duration lost_call_processing_duration talk_duration clean_talk_duration
total_duration postprocess_duration sale_date sale_cost is_transfer search_engine referrer_domain
channel last_answered_employee_rating scenario_name scenario_id site_domain_name site_id
campaign_name campaign_id visit_other_campaign auto_call_campaign_name visitor_type visits_count
visitor_first_campaign_id visitor_first_campaign_name visitor_device call_api_request_id
utm_source utm_medium utm_term utm_content utm_campaign openstat_ad openstat_campaign
openstat_service openstat_source eq_utm_source eq_utm_medium eq_utm_term eq_utm_content
eq_utm_campaign eq_utm_expid source_id source_name source_new channel_new channel_code attributes
tags.tag_id tags.tag_name tags.tag_type tags.tag_change_time employees.is_answered
employees.is_talked segments.segment_id segments.segment_name scenario_operations.id
scenario_operations.name visitor_custom_properties.property_name call_session_id connect_time
duration finish_reason_description is_transfered is_operator employee_rating is_coach
release_cause_code release_cause_description is_failed is_talked action_id action_name group_id
group_name date_time utm_expid status initiator answer_time chat_channel_id chat_channel_type
chat_channel_name messages_count is_group_chat release_cause employee_raiting
employee_messages_count leg_id chargeable_duration direction_type cost_per_minute total_charge
bonuses_charge chat_id position channel_id channel_type resource__size resource__type
resource__mime_type is_agree_to_process_personal_data is_agree_to_mailing process_time form_type
form_name name type cm_id integrated_campaign_data__adv_system
integrated_campaign_data__ext_campaign_id integrated_campaign_data__ext_campaign_name
integrated_campaign_data__keyword_id integrated_campaign_data__keyword
integrated_campaign_data__current_banner_id integrated_campaign_data__banner_id
integrated_campaign_data__banner_name integrated_campaign_data__group_id
integrated_campaign_data__group_name integrated_campaign_data__auditory_id
integrated_campaign_data__auditory_name integrated_campaign_data__placement_name
integrated_campaign_data__yandex_placement_type integrated_campaign_data__campaign_type
integrated_campaign_data__device_type integrated_campaign_data__position_type
integrated_campaign_data__yandex_region_id integrated_campaign_data__yandex_region_name
integrated_campaign_data__yandex_region_type engine hits_count
integrated_campaign_data__old_banner_ids hits.hit_time hits.hit_duration
communications.communication_id communications.communication_type
communications.communication_date_time communications.tags.tag_id communications.tags.tag_name
communications.tags.tag_type communications.tags.tag_change_time date status_stats.status
status_stats.seconds groups.group_id groups.group_name campain_id campaign_ext_id
campaign_ext_name banner_group_id banner_group_name keyword_id keyword current_banner_id
current_banner_name banner_id banner_name cost_sum daily_budget weekly_budget currency shows_count
clicks_count calls_count chats_count goals_count offline_messages_count communications_count
favorites_count old_banner_ids communications.attributes
"""


def fields() -> set[str]:
    return {column.path for report in REPORTS.values() for column in report.columns}


def test_every_field_was_judged_once() -> None:
    """A field that is added to a report must be put into a group, or be named as impersonal."""
    impersonal = {*IMPERSONAL.split()}
    judged = [path for group in GROUPS.values() for path in group.paths]
    assert len(judged) == len(set(judged))
    grouped = {field for field in fields() if field in judged or field.partition(".")[0] in judged}
    assert grouped | impersonal == fields()
    assert not grouped & impersonal
    arrays = {child.name for report in REPORTS.values() for child in report.children}
    assert {*judged} <= fields() | arrays
    assert not set(GROUPS) & {name for report in REPORTS.values() for name in report.names}


def test_the_name_of_an_undocumented_field_tells_its_group() -> None:
    """So that a field which the API adds to its kind is likely to be protected with it."""
    assert group_of("transfer_phone_number") == "phone_numbers"
    assert group_of("employees.employee_phone") == "phone_numbers"
    assert group_of("utm_referrer") == "pages"
    assert group_of("hold_duration") == "undocumented"


def test_what_one_report_documents_is_in_its_group_everywhere() -> None:
    assert group_of("tags.tag_employee_full") == "names"
    assert group_of("visitor_profile_url") == "online_ids"


def digest(text: str, key: str = KEY) -> str:
    return hmac.digest(key.encode(), text.encode(), hashlib.sha256).hex()[:32]


@pytest.mark.parametrize("key", [KEY, "ключ" * 8, "k" * 64, "k" * 65])
def test_a_pseudonym_is_the_standard_keyed_hash(key: str) -> None:
    """HMAC-SHA256 in the standard's way, so that anybody with the key can look a value up."""
    pseudonyms = Pseudonyms(key)

    @given(texts=st.lists(st.none() | st.text(max_size=8), max_size=5))
    @settings(max_examples=20)
    def check(texts: list[str | None]) -> None:
        found = pseudonyms.of(pa.array(texts, pa.string())).to_pylist()
        assert found == [digest(text, key) if text else text for text in texts]

    check()


def test_a_number_has_one_pseudonym_however_it_is_written() -> None:
    written = [
        "79161234567", "+7 (916) 123-45-67", "7.916.123.45.67", "7\u00a0916\u00a0123‑45‑67",
        "8 (916) 123-45-67", "anonymous", "sip123@example.ru", None, "",
    ]  # fmt: skip
    found = Pseudonyms(KEY).of_phones(pa.array(written)).to_pylist()
    assert set(found[:4]) == {digest("79161234567")}
    assert found[4:] == [
        digest("89161234567"), digest("anonymous"), digest("sip123@example.ru"), None, "",
    ]  # fmt: skip


def test_threads_share_a_key() -> None:
    pseudonyms = Pseudonyms(KEY)
    texts = [[f"{thread}-{number}" for number in range(2_000)] for thread in range(8)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda each: pseudonyms.of(pa.array(each)).to_pylist(), texts))
    assert found == [[digest(text) for text in each] for each in texts]


def page(*calls: dict[str, Any], names: Names | None = None) -> pa.Table:
    whole = [{**CALL, "id": number, **call} for number, call in enumerate(calls)]
    decoded = Decoder(CALLS_REPORT, ZONE, names).decode(body(*whole), CALLS_REPORT.names).data
    assert decoded is not None
    return decoded


def protected(setting: dict[str, Any], *calls: dict[str, Any]) -> list[dict[str, Any]]:
    names = Names(CALLS_REPORT)
    privacy = Privacy(CALLS_REPORT, setting, KEY)
    rows: list[dict[str, Any]] = privacy.protected(page(*calls, names=names), names).to_pylist()
    return rows


def test_without_a_setting_a_page_is_untouched() -> None:
    calls = page({"contact_phone_number": "79161234567"})
    assert Privacy(CALLS_REPORT).protected(calls, Names(CALLS_REPORT)) is calls
    assert Privacy(CALLS_REPORT, {"names": "keep"}).protected(calls, Names(CALLS_REPORT)) is calls


def test_the_same_value_is_the_same_everywhere() -> None:
    """Numbers and names can be joined between fields, arrays and tables; the rest stays."""
    employee = {"employee_id": 5, "employee_full_name": "Anna", "is_talked": True}
    calls: list[dict[str, Any]] = [
        {
            "contact_phone_number": "+7 916 123-45-67",
            "operator_phone_number": "79161234567",
            "last_talked_employee_full_name": "Anna",
            "employees": [employee, {"employee_full_name": None}],
            "call_records": ["r1", None],
            "tags": [{"tag_id": 1, "tag_name": "t", "tag_employee_full_name": "Anna"}],
        },
        {"contact_phone_number": None, "employees": [], "call_records": None},
        {"contact_phone_number": "", "employees": [employee], "call_records": ["r1", "r2"]},
    ]
    setting = dict.fromkeys(("phone_numbers", "names", "recordings"), "pseudonymise")
    first, second, third = protected(setting, *calls)
    number, name = digest("79161234567"), digest("Anna")
    assert first["contact_phone_number"] == first["operator_phone_number"] == number
    assert first["last_talked_employee_full_name"] == name
    assert [each["employee_full_name"] for each in first["employees"]] == [name, None]
    assert third["employees"][0] == {
        "employee_id": 5, "employee_full_name": name, "is_answered": None, "is_talked": True,
    }  # fmt: skip
    assert first["tags"][0]["tag_employee_full_name"] == name
    assert first["tags"][0]["tag_name"] == "t"
    assert first["call_records"] == [digest("r1"), None]
    assert (second["contact_phone_number"], third["contact_phone_number"]) == (None, "")
    assert (second["employees"], second["call_records"]) == ([], None)
    assert third["call_records"] == [digest("r1"), digest("r2")]
    untouched = [name for name in first if name.startswith(("utm", "sale", "start", "visits"))]
    before = report_table(page(*calls), CALLS_REPORT, "1")
    after = Privacy(CALLS_REPORT, setting, KEY).protected(before, Names(CALLS_REPORT))
    assert after.schema == before.schema  # also in what is never null
    assert after.select(untouched) == before.select(untouched)


def test_types_stay_and_slices_do_not_matter() -> None:
    """Pages are filtered before they get here, so that arrays begin in the middle of others."""
    calls = [{"employees": [{"employee_full_name": str(number)}]} for number in range(4)]
    privacy = Privacy(CALLS_REPORT, {"names": "pseudonymise"}, KEY)
    rows = privacy.protected(page(*calls).slice(2, 1), Names(CALLS_REPORT))["employees"].to_pylist()
    assert [row[0]["employee_full_name"] for row in rows] == [digest("2")]
    assert privacy.protected(page(*calls).slice(0, 0), Names(CALLS_REPORT)).num_rows == 0


def test_dropped_fields_are_not_asked_for() -> None:
    """A field of an array's elements can't be left out of the request: it is null."""
    setting = {
        "names": "drop",
        "transcripts": "drop",
        "call_records": "drop",
        "contact_full_name": "keep",
        "undocumented.secret": "drop",
    }
    privacy = Privacy(CALLS_REPORT, setting)
    asked = ["id", "contact_full_name", "call_records", "employees", "secret", "utm_source"]
    assert FieldSelection(CALLS_REPORT, asked, None, privacy.dropped).names == (
        "id", "start_time", "contact_full_name", "employees", "utm_source",
    )  # fmt: skip
    assert {"recognized_text", "last_talked_employee_full_name"} < privacy.dropped
    (row,) = protected(setting, {"employees": [{"employee_id": 1, "employee_full_name": "Anna"}]})
    assert row["employees"][0]["employee_full_name"] is None
    assert row["employees"][0]["employee_id"] == 1


def test_what_is_more_specific_counts() -> None:
    """In any order; TOML's tables in the table mean the same as quoted names."""
    setting = {
        "recognized_text": {"phrase": "keep"},
        "recognized_text.edited_phrase": "drop",
        "transcripts": "pseudonymise",
        "virtual_phone_number": "keep",
        "phone_numbers": "pseudonymise",
    }
    text = {"phrase": "a", "edited_phrase": "b"}
    numbers = {"virtual_phone_number": "74951000000", "contact_phone_number": "79161234567"}
    (row,) = protected(setting, {"recognized_text": [text], **numbers})
    assert (row["recognized_text"][0]["phrase"], row["virtual_phone_number"]) == (
        "a",
        "74951000000",
    )
    assert row["recognized_text"][0]["edited_phrase"] is None
    assert row["contact_phone_number"] == digest("79161234567")


def test_arrays_in_elements_and_objects_have_names_too() -> None:
    """In any order the innermost name counts; what the object got new is treated as it is."""
    privacy = Privacy(
        REPORTS["visitor_sessions"],
        {
            "communications.tags.tag_name": "keep",
            "communications.tags": "drop",
            "communications": "pseudonymise",
            "integrated_campaign_data": "drop",
            "integrated_campaign_data__keyword": "keep",
        },
        KEY,
    )
    told = {
        "communications.tags.tag_name": "keep",
        "communications.tags.tag_user_login": "drop",
        "communications.tags.new": "drop",
        "communications.communication_type": "pseudonymise",
        "communications.communication_id": "keep",
        "integrated_campaign_data__keyword": "keep",
        "integrated_campaign_data__keyword_id": "drop",
        "integrated_campaign_data__old_banner_ids": "drop",
        "integrated_campaign_data__new": "drop",
        "hits.hit_url": "keep",
    }
    assert {path: privacy.treatment(path).value for path in told} == told
    assert "integrated_campaign_data" not in privacy.dropped


def test_values_in_odd_places_are_protected_too() -> None:
    """Numbers that come as JSON numbers, arrays that are none, elements that are no objects."""
    calls: list[dict[str, Any]] = [
        {"contact_phone_number": 79161234567, "employees": "Anna", "tags": ["Anna"]},
        {"operator_phone_number": {"number": "79161234567"}, "visitor_id": "Anna, 79161234567"},
    ]
    setting = {"phone_numbers": "pseudonymise", "names": "drop", "person_ids": "drop"}
    first, second = protected(setting, *calls)
    assert "visitor_id__v_text" in page(*calls).column_names
    assert first["contact_phone_number"] == digest("79161234567")
    assert "79161234567" not in str(second)
    assert "Anna" not in str(first)


def test_fields_that_are_not_documented() -> None:
    """By name, by the words in their name, or all that is left; numbers have no pseudonym."""
    call = {
        "transfer_phone_number": "7916 123-45-67", "phone_id": 79161234567, "note": "call Anna",
        "kept": "yes", "employees": [{"employee_phone": "79161234567", "employee_mood": "good"}],
    }  # fmt: skip
    (row,) = protected({"phone_numbers": "pseudonymise"}, call)
    assert row["transfer_phone_number"] == digest("79161234567")
    assert "phone_id" not in row
    assert row["note"] == "call Anna"
    assert row["employees"][0]["employee_phone"] == digest("79161234567")
    setting = {"undocumented": "drop", "undocumented.kept": "keep"}
    (row,) = protected(setting, call)
    assert row["kept"] == "yes"
    assert row["employees"][0]["employee_mood"] is None
    assert not {"transfer_phone_number", "phone_id", "note"} & row.keys()
    (row,) = protected({"undocumented.employees.employee_mood": "pseudonymise"}, call)
    assert row["employees"][0]["employee_mood"] == digest("good")


@pytest.mark.parametrize(
    ("setting", "key", "error", "says"),
    [
        ({"contact_phone": "drop"}, KEY, UnknownPrivacyField, "contact_phone_number"),
        ({"phones": "drop"}, KEY, UnknownPrivacyField, "phone_numbers"),
        ({"employees.full_name": "drop"}, KEY, UnknownPrivacyField, "employees.employee_full_name"),
        ({"visitor_id": "pseudonymise"}, KEY, PrivacyRefused, "keep or drop"),
        ({"person_ids": "pseudonymise"}, KEY, PrivacyRefused, "person_ids"),
        ({"id": "drop"}, KEY, PrivacyRefused, "keep"),
        ({"names": "hash"}, KEY, InvalidSetting, "pseudonymise"),
        ({"names": ["drop"]}, KEY, InvalidSetting, "pseudonymise"),
        (["names"], KEY, InvalidSetting, "mapping"),
        ({"names": "pseudonymise"}, None, PrivacyKeyUnusable, "SOURCES__UIS__PRIVACY_KEY"),
        ({"names": "pseudonymise"}, " ", PrivacyKeyUnusable, "SOURCES__UIS__PRIVACY_KEY"),
        ({"names": "pseudonymise"}, "s3cret-but-short", PrivacyKeyUnusable, "32 characters"),
    ],
)
def test_a_wrong_setting_is_named(
    setting: Any, key: str | None, error: type[ConfigurationError], says: str
) -> None:
    with pytest.raises(error) as raised:
        Privacy(CALLS_REPORT, setting, key)
    assert says in str(raised.value)
    assert key is None or not key.strip() or key not in str(raised.value)


def test_a_key_that_makes_the_same_pseudonyms_has_the_same_fingerprint() -> None:
    """Which decides whether a backfill is the same one; it is itself as good as random."""
    setting = {"names": "pseudonymise"}
    one, other = (Privacy(CALLS_REPORT, setting, key).fingerprint for key in (KEY, KEY[::-1]))
    assert one == Privacy(CALLS_REPORT, setting, f"{KEY}\n").fingerprint
    assert one != other
    assert Privacy(CALLS_REPORT, {"names": "keep"}).fingerprint is None
    assert Privacy(CALLS_REPORT, {"names": "drop"}).fingerprint
