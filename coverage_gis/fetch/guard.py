"""Where downloads may go: the catalogue's hosts and what the user names, never inside the house.

A publisher's page, a list of feeds or a redirect may name any address; an attacker who can change
one could otherwise make this program ask servers of the user's own network.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from coverage_gis.errors import DownloadError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[\w-]+(\.[\w-]+)*|[0-9a-f:.]*:[0-9a-f:.]*")  # names, IPv4; IPv6

Origin = tuple[str, str, int]
"""Scheme, host and port."""


@dataclass(frozen=True)
class Guard:
    """Origins that may be asked.

    Attributes
    ----------
    known
        Of the shipped catalogue: allowed at public addresses.
    trusted
        Named by the user (mirror, settings, --allow-host): allowed wherever they are.
    """

    known: frozenset[Origin]
    trusted: frozenset[Origin] = frozenset()

    def check_url(self, url: str, *, came_from: str = "") -> None:
        """Refuse a URL whose origin is not allowed.

        Parameters
        ----------
        url
            The URL about to be asked.
        came_from
            The URL that redirected to it, "" if none did.

        Raises
        ------
        DownloadError
            Saying how to allow it.
        """
        origin = origin_of(url)
        if came_from and origin[0] == "http" and urlsplit(came_from).scheme == "https":
            raise DownloadError(f"{came_from} redirects to {url}, which is not encrypted; refused.")
        if origin not in self.known | self.trusted:
            how = f"{came_from} redirects to it" if came_from else "the address came from a list"
            raise DownloadError(
                f"{url} was refused: {origin[1]} is not among the catalogue's hosts ({how}); "
                f"if you trust it, allow it with --allow-host {allowing(origin)}."
            )

    def check_address(self, url: str, address: str) -> None:
        """Refuse a private address behind a host that the user has not named.

        Parameters
        ----------
        url
            What is asked.
        address
            The IP address that its host's name led to.

        Raises
        ------
        DownloadError
            If it is not a public address.
        """
        origin = origin_of(url)
        if origin not in self.trusted and not is_public(address):
            raise DownloadError(
                f"{url} was refused: its host leads to the private address {address}; if that is "
                f"meant to be, allow it with --allow-host {allowing(origin)}."
            )


def is_public(address: str) -> bool:
    """Tell whether an IP address is on the public internet; what is none is not."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(ip, "ipv4_mapped", None)
    return bool((mapped or ip).is_global and not (mapped or ip).is_multicast)


def origin_of(url: str) -> Origin:
    """Return the scheme, host and port of a URL.

    Raises
    ------
    DownloadError
        If it is no http(s) URL.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise DownloadError(f"'{url[:200]}' is not an address ({error}).") from error
    host = _plain(parts)
    if parts.scheme not in _PORTS or not _HOST.fullmatch(host) or parts.username is not None:
        raise DownloadError(f"'{url[:200]}' is not an http(s) address.")
    return parts.scheme, host, port or _PORTS[parts.scheme]


def origins_of(urls: Iterable[str]) -> frozenset[Origin]:
    """Return the origins of URLs."""
    return frozenset(origin_of(url) for url in urls)


def parse_allowed(text: str) -> Origin:
    """Return the origin a user allows: ``host``, ``host:port`` (https) or ``http://host[:port]``.

    Raises
    ------
    SettingsError
        If it is none of these.
    """
    url = text if "://" in text else f"https://{text}"
    try:
        origin = origin_of(url)
    except DownloadError:
        origin = None
    if origin is None or urlsplit(url).path.strip("/"):
        raise SettingsError(
            f"'{text}' is not a host to allow; write it as data.example.jp, data.example.jp:8443 "
            "or http://data.example.jp."
        )
    return origin


def allowing(origin: Origin) -> str:
    """Return how a user writes an origin to allow it."""
    scheme, host, port = origin
    host = f"[{host}]" if ":" in host else host
    tail = "" if port == _PORTS[scheme] else f":{port}"
    return f"{host}{tail}" if scheme == "https" else f"http://{host}{tail}"


def _plain(parts: SplitResult) -> str:
    return (parts.hostname or "").lower().rstrip(".")
