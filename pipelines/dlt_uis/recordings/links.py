"""Where recordings lie: hosts by brand, links, and where a link may lead on to.

A link is a secret: whoever has it can listen to the call. None of them gets into a message.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from ..api.brands import domain_of
from ..reports.recordings import WHOLE_CALL
from .recording import Recording


@dataclass(frozen=True)
class Hosts:
    """The hosts of a brand, or those that are set instead.

    Args:
        api_url: address of the Data API, which tells the brand's domain if it has several.
        media_url: stands before the links of parts of calls, ``records_url`` before those of
            whole calls.
    """

    api_url: str
    media_url: str | None = None
    records_url: str | None = None

    def address(self, recording: Recording, brand: str) -> str | None:
        """The link of a recording; ``None`` if what the report tells of it leads nowhere.

        Raises:
            UnknownBrand: no host is set, and there is no such brand.
        """
        if recording.kind == WHOLE_CALL:
            return self._of_whole_call(recording.link, brand)
        base = self.media_url or f"https://app.{domain_of(self.api_url, brand)}"
        record = quote(recording.record_id, safe="")
        place = f"system/media/{recording.kind}/{recording.communication}/{record}/"
        return f"{base.rstrip('/')}/{place}"

    def _of_whole_call(self, link: str, brand: str) -> str | None:
        try:
            parts = urlsplit(link)
        except ValueError:
            return None
        if not (parts.hostname and parts.path.strip("/")):
            return None
        base = self.records_url
        if base is None:
            domain = domain_of(self.api_url, brand)
            host = parts.hostname if _is_in(parts.hostname, domain) else f"media.{domain}"
            base = f"https://{host}"
        query = f"?{parts.query}" if parts.query else ""
        return f"{base.rstrip('/')}/{quote(parts.path.lstrip('/'), safe='/%')}{query}"

    def led_on(self, link: str, location: str, brand: str) -> str | None:
        """Where a redirect leads to; ``None`` if that is another host family, or less safe.

        A family is a host and those below it; the hosts of a brand are one.
        """
        try:
            target = urljoin(link, location)
            came, goes = urlsplit(link), urlsplit(target)
        except ValueError:
            return None
        if not (came.hostname and goes.hostname):
            return None
        if goes.scheme != "https" and not (goes.scheme == came.scheme == "http"):
            return None
        families = [came.hostname]
        if self.media_url is None or self.records_url is None:
            domain = domain_of(self.api_url, brand)
            families += [domain] if _is_in(came.hostname, domain) else []
        return target if any(_is_in(goes.hostname, family) for family in families) else None


def _is_in(host: str, family: str) -> bool:
    return host == family or host.endswith(f".{family}")
