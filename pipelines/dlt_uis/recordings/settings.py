"""Settings of recordings, which stand in ``[sources.uis]`` beside those of the source."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from dlt.common.configuration import known_sections, with_config

from ..api.brands import brand_of, url_of
from ..errors import InvalidSetting
from ..localtime.zones import Zone
from ..privacy.treatments import Treatment, Treatments
from ..reports import DEFAULT_REPORT
from ..reports.own_names import SOURCE
from ..source.settings import LONGEST_TIMEOUT, utc_now
from .links import Hosts

ATTEMPTS, TIMEOUT = 4, 60.0


@dataclass(frozen=True)
class Settings:
    """What is configured.

    Attributes:
        brand: where the warehouse does not tell it, as is ``zone``.
        kept: how long the tariff keeps recordings, if that is known.
        treatments: what becomes of personal data, by field.
        attempts: how often a recording is asked for in one run, if its server fails.
        timeout: seconds that an answer may take to begin, and a short one to come.
    """

    brand: str
    hosts: Hosts
    treatments: Treatments
    zone: Zone | None
    kept: timedelta | None
    attempts: int
    timeout: float
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]

    def is_protected(self, field: str) -> bool:
        """Whether the warehouse has no true values of a field of the report, by these settings."""
        return self.treatments.of(field) is not Treatment.KEEP


def _configure(
    brand: str = "uis",
    api_url: str | None = None,
    timezone: str | None = None,
    privacy: dict[str, Any] | None = None,
    media_url: str | None = None,
    records_url: str | None = None,
    recordings_kept_days: float | None = None,
    request_attempts: int = ATTEMPTS,
    request_timeout: float = TIMEOUT,
    clock: Any = utc_now,
    sleep: Any = time.sleep,
) -> Settings:
    url = api_url or url_of(brand)
    for name, address in (("media_url", media_url), ("records_url", records_url)):
        if address and not _is_web_address(address):
            raise InvalidSetting(name, "a web address such as https://app.uiscom.ru")
    if request_attempts < 1:
        raise InvalidSetting("request_attempts", "a number, at least 1")
    if not 0 < request_timeout <= LONGEST_TIMEOUT:
        raise InvalidSetting("request_timeout", "seconds, from more than 0 to a day (86400)")
    return Settings(
        brand=brand_of(url, brand),
        hosts=Hosts(url, media_url or None, records_url or None),
        treatments=Treatments(DEFAULT_REPORT, privacy),
        zone=Zone(timezone) if timezone else None,
        kept=_kept(recordings_kept_days),
        attempts=request_attempts,
        timeout=request_timeout,
        clock=clock,
        sleep=sleep,
    )


def _kept(days: float | None) -> timedelta | None:
    if days is None:
        return None
    if not 0 < days <= timedelta.max.days:
        raise InvalidSetting("recordings_kept_days", "a number of days, such as 30")
    return timedelta(days=days)


def _is_web_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def configured(given: Mapping[str, Any] | None = None) -> Settings:
    """The settings, from dlt's configuration and as they are ``given``.

    Raises:
        ConfigurationError: one of them is wrong; the message names it.
    """
    resolved = with_config(_configure, sections=(known_sections.SOURCES, SOURCE))
    settings: Settings = resolved(**(given or {}))
    return settings
