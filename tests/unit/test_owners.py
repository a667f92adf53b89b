"""Whose calls a dataset holds, decided from the rows of ``sync_windows`` alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dlt_uis.api.auth import LoginAuth, TokenAuth
from dlt_uis.api.brands import brand_of, url_of
from dlt_uis.errors import AnotherAccount, CustomersRefused
from dlt_uis.source.claiming import settled
from dlt_uis.source.connection import Connection
from dlt_uis.warehouse.owners import Holders, Owner, Place

OURS = Owner(app_id=1, brand="uis", credential="a")
OTHER = Owner(app_id=2, brand="uis", credential="b")
NAMELESS = Owner()
UNTOLD = replace(OURS, app_id=None)
CUSTOMER = replace(OURS, user_id=101, tells=True)


def place(*rows: Owner, tells: bool | None = False) -> Place:
    """A dataset with rows of these owners, the newest load first."""
    return Place("data", holders=Holders.of(rows), tells=tells)


def test_the_fingerprint_knows_address_and_token_or_login_and_no_password() -> None:
    def credential(auth: TokenAuth | LoginAuth, url: str = "https://a/v2.0") -> str | None:
        return Connection(url, auth, 101).owner.credential

    ours = credential(TokenAuth("s3cret"))
    assert ours is not None and len(ours) == 64 and set(ours) <= set("0123456789abcdef")
    assert ours == credential(TokenAuth("s3cret"), "https://a/v2.0/ ")
    others = [
        credential(TokenAuth("another")), credential(TokenAuth("s3cret"), "https://b/v2.0"),
        credential(LoginAuth("s3cret", "x")),
    ]  # fmt: skip
    assert len({ours, *others}) == 4
    assert credential(LoginAuth("me", "x")) == credential(LoginAuth("me", "y"))


def test_the_brand_is_that_of_the_address() -> None:
    assert brand_of(url_of("novofon"), "uis") == "novofon"
    assert brand_of("http://127.0.0.1:1/v2.0", " CoMagic ") == "comagic"


@pytest.mark.parametrize(
    ("rows", "configured", "is_sure"),
    [
        ([], OURS, True),  # nobody's yet
        ([OURS], OURS, True),
        ([OURS], replace(OURS, credential="new"), True),  # a new token of the same account
        ([OURS], replace(OURS, brand=None), True),
        ([UNTOLD], OURS, True),  # get.account is allowed by now
        ([OURS], UNTOLD, True),  # it is refused by now
        ([NAMELESS], OURS, False),  # rows of an earlier version
        ([NAMELESS, OURS], OURS, True),  # an earlier version still runs somewhere
        ([UNTOLD], replace(OURS, credential="new"), False),
        ([OURS], replace(UNTOLD, credential="new"), False),
    ],
)
def test_what_may_be_ours_goes_on(rows: list[Owner], configured: Owner, is_sure: bool) -> None:
    owners, doubt = settled([configured], place(*rows), adopt=False)
    assert owners == [configured]
    assert (doubt is None) is is_sure


@pytest.mark.parametrize(
    ("rows", "configured"),
    [
        ([OURS], OTHER),
        ([OURS], replace(OTHER, credential="a")),  # whatever the fingerprint says
        ([NAMELESS, OURS], OTHER),
        ([OURS], replace(OURS, brand="comagic", credential="b")),  # ids are a brand's own
        ([OURS], replace(OURS, user_id=101)),
        ([replace(OURS, user_id=101)], OURS),
        ([replace(OURS, user_id=101)], replace(OURS, user_id=102)),
        ([replace(UNTOLD, user_id=101)], replace(UNTOLD, user_id=102)),
        ([OTHER, OURS], OURS),  # both were loaded side by side: the newer one decides
    ],
)
def test_others_are_refused_and_may_take_over(rows: list[Owner], configured: Owner) -> None:
    """In words that name both, and no credential."""
    with pytest.raises(AnotherAccount) as refused:
        settled([configured], place(*rows), adopt=False)
    assert str(configured) in str(refused.value)
    assert "--adopt" in refused.value.hint
    owners, doubt = settled([configured], place(*rows), adopt=True)
    assert (owners, doubt) == ([replace(configured, adoptions=1)], None)
    # whatever the times of the rows, also if the other one's last load ends after it
    after = place(*rows, *owners)
    assert settled([configured], after, adopt=False) == (owners, None)
    assert settled([configured], after, adopt=True) == (owners, None)
    with pytest.raises(AnotherAccount):
        settled([next(row for row in rows if row != NAMELESS)], after, adopt=False)


def test_a_list_of_customers_may_grow_and_shrink() -> None:
    """Each may have an account of its own; one that is known, or the same token, is enough."""
    second = replace(CUSTOMER, app_id=3, user_id=102)
    for rows, configured in [
        ([CUSTOMER], [CUSTOMER, second]),
        ([CUSTOMER, second], [second]),
        ([CUSTOMER], [second]),
        ([CUSTOMER], [replace(CUSTOMER, credential="new"), replace(second, credential="new")]),
    ]:
        told = [replace(row, tells=False) for row in rows]
        assert settled(configured, place(*told, tells=True), adopt=False)[1] is None


def test_a_list_of_another_agent_is_refused() -> None:
    held = place(replace(CUSTOMER, tells=False), tells=True)
    with pytest.raises(AnotherAccount):
        settled([replace(CUSTOMER, app_id=2, credential="b")], held, adopt=False)
    with pytest.raises(AnotherAccount):
        other = replace(CUSTOMER, app_id=2, credential="b", user_id=201)
        settled([other, replace(other, user_id=202)], held, adopt=False)


@pytest.mark.parametrize("adopt", [True, False])
def test_a_list_and_a_single_customer_do_not_mix(adopt: bool) -> None:
    """The tables have other keys: nothing could be loaded, taken over or not."""
    with pytest.raises(CustomersRefused, match=r"\[101\]"):
        settled([OURS], place(tells=True), adopt=adopt)
    with pytest.raises(CustomersRefused, match="--dataset"):
        settled([CUSTOMER], place(OURS, tells=False), adopt=adopt)
