"""The brands of the one platform; only the host differs between them."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from ..errors import UnknownBrand

BRANDS: Mapping[str, str] = {
    "uis": "https://dataapi.uiscom.ru/v2.0",
    "comagic": "https://dataapi.comagic.ru/v2.0",
    "callgear": "https://dataapi.callgear.com/v2.0",
    "novofon": "https://dataapi-jsonrpc.novofon.ru/v2.0",
}
"""Address of the Data API by brand."""

RECORDINGS: Mapping[str, str] = {
    "uis": "app.uiscom.ru",
    "comagic": "app.comagic.ru",
    "callgear": "app.callgear.com",
    "novofon": "app.novofon.ru",
}
"""Host of a brand's recordings, as in ``https://app.uiscom.ru/system/media/talk/…``."""

_DOMAINS: Mapping[str, tuple[str, ...]] = {
    "uis": (".uiscom.ru",),
    "comagic": (".comagic.ru",),
    "callgear": (".callgear.com", ".callgear.ae"),
    "novofon": (".novofon.ru",),
}


def url_of(brand: str) -> str:
    """Address of a brand's Data API.

    Raises:
        UnknownBrand: there is no such brand.
    """
    try:
        return BRANDS[brand.strip().lower()]
    except KeyError:
        raise UnknownBrand(brand, BRANDS) from None


def brand_of(url: str, configured: str) -> str:
    """The brand that answers at an address: its host tells, or else what is configured.

    Raises:
        UnknownBrand: there is no such brand.
    """
    url_of(configured)
    host = f".{urlsplit(url).hostname or ''}"
    for brand, domains in _DOMAINS.items():
        if host.endswith(domains):
            return brand
    return configured.strip().lower()


def domain_of(url: str, brand: str) -> str:
    """The domain of a brand's hosts, such as ``uiscom.ru``: that of the address of its API, or else
    its first one.

    Raises:
        UnknownBrand: there is no such brand.
    """
    try:
        domains = _DOMAINS[brand]
    except KeyError:
        raise UnknownBrand(brand, BRANDS) from None
    host = f".{urlsplit(url).hostname or ''}"
    return next((each for each in domains if host.endswith(each)), domains[0]).removeprefix(".")
