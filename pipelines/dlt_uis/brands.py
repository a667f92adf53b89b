"""The brands of the one platform; only the host differs between them."""

from __future__ import annotations

from collections.abc import Mapping

from .errors import UnknownBrand

BRANDS: Mapping[str, str] = {
    "uis": "https://dataapi.uiscom.ru/v2.0",
    "comagic": "https://dataapi.comagic.ru/v2.0",
    "callgear": "https://dataapi.callgear.com/v2.0",
    "novofon": "https://dataapi-jsonrpc.novofon.ru/v2.0",
}
"""Address of the Data API by brand."""


def brand_at(url: str, brand: str) -> str:
    """The brand whose address it is; else ``brand``, as it is configured."""
    for name, own in BRANDS.items():
        if url.strip().rstrip("/") == own:
            return name
    return brand.strip().lower()


def url_of(brand: str) -> str:
    """Address of a brand's Data API.

    Raises:
        UnknownBrand: there is no such brand.
    """
    try:
        return BRANDS[brand.strip().lower()]
    except KeyError:
        raise UnknownBrand(brand, BRANDS) from None
