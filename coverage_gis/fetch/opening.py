"""Whom to ask: the publishers, or a mirror of theirs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from coverage_gis.errors import DownloadError, SettingsError
from coverage_gis.fetch.guard import Guard, origin_of, origins_of, parse_allowed
from coverage_gis.fetch.mirror import MirrorFolder, MirrorServer
from coverage_gis.fetch.transport import Http

if TYPE_CHECKING:
    from collections.abc import Iterable

    from coverage_gis.fetch.entries import Downloads
    from coverage_gis.fetch.transport import Transport


def open_transport(
    downloads: Downloads, *, mirror: str = "", allow_hosts: Iterable[str] = ()
) -> Transport:
    """Return what asks for files.

    Parameters
    ----------
    downloads
        The catalogue, whose hosts may be asked.
    mirror
        URL or folder to ask instead; "" takes what the settings name.
    allow_hosts
        Further hosts, beside those of the settings.

    Raises
    ------
    SettingsError
        If a host or the mirror is no such thing.
    MissingInputError
        If the mirror is a folder that does not exist.
    """
    mirror = mirror or downloads.fetch.mirror
    is_server = mirror.lower().startswith(("http://", "https://"))
    if mirror and not is_server:
        return MirrorFolder(Path(mirror))
    trusted = {parse_allowed(text) for text in (*downloads.fetch.allow_hosts, *allow_hosts)}
    for name in downloads.by_user:
        trusted |= origins_of(downloads.entries[name].addresses)
    if mirror:
        try:
            trusted.add(origin_of(mirror))
        except DownloadError as error:
            raise SettingsError(f"The mirror cannot be used: {error}") from error
    shipped = (e for e in downloads.entries.values() if e.name not in downloads.by_user)
    known = origins_of(a for e in shipped for a in e.addresses)
    http = Http(Guard(known, frozenset(trusted)), timeout_s=downloads.fetch.timeout_s)
    return MirrorServer(http, mirror) if mirror else http
