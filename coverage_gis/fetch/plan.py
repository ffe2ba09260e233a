"""From catalogue entries to files: which, from where, and where they go."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from coverage_gis.errors import InputError
from coverage_gis.fetch.entries import COUNTRY, EVERY_REGION, MESH1, PREFECTURE, REGION
from coverage_gis.fetch.session import Download

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from coverage_gis.codes.prefecture import Prefecture
    from coverage_gis.fetch.entries import Downloads, Entry
    from coverage_gis.fetch.listings import Listed

REGIONS_FOLDER = "regions"
"""Where extracts are kept once for all prefectures; a run does not look there."""
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Wanted:
    """What a user asks for.

    Attributes
    ----------
    pref
        The prefecture.
    level
        Mesh level: "1km", "500m", "250m", "125m".
    day
        Service date, for the feeds of that day.
    only
        Names of entries; empty for all that are not optional.
    """

    pref: Prefecture
    level: str
    day: date
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class Area:
    """What the boundaries tell: primary meshes and map regions, None where they are unknown."""

    mesh1: tuple[str, ...] | None
    regions: tuple[str, ...]


def wanted_entries(downloads: Downloads, wanted: Wanted) -> list[Entry]:
    """Return the entries a user asks for, in the order of the catalogue.

    Raises
    ------
    InputError
        If one is named that does not exist.
    """
    for name in wanted.only:
        if name not in downloads.entries:
            raise InputError(
                f"'{name}' is not in the catalogue of downloads; there are "
                f"{', '.join(downloads.entries)}."
            )
    return [
        e
        for e in downloads.entries.values()
        if (e.name in wanted.only)
        or (not wanted.only and not e.optional and (not e.levels or wanted.level in e.levels))
    ]


def planned(entry: Entry, wanted: Wanted, area: Area, downloads: Downloads) -> list[Download]:
    """Return the files of an entry whose addresses are known without asking anybody.

    None for entries by page or list, and for those by primary mesh while these are unknown.
    """
    return [_download(entry, fill, wanted) for fill in _fills(entry, wanted, area, downloads)]


def _fills(
    entry: Entry, wanted: Wanted, area: Area, downloads: Downloads
) -> Iterator[dict[str, str]]:
    """Give what is put into an entry's patterns for each of its files."""
    code = wanted.pref.code
    if entry.by == PREFECTURE:
        beyond = downloads.neighbours[code] if entry.neighbours else ()
        for pref in (code, *beyond):
            yield {"pref": pref}
    elif entry.by == COUNTRY:
        yield {}
    elif entry.by == MESH1:
        for mesh1 in area.mesh1 or ():
            yield {"mesh1": mesh1}
    elif entry.by in (REGION, EVERY_REGION):
        for region in downloads.regions if entry.by == EVERY_REGION else area.regions:
            yield {"region": region}


def _download(entry: Entry, fill: Mapping[str, str], wanted: Wanted) -> Download:
    values = {**_values(wanted), **fill}
    name = filled(entry.file, values)
    folder = PurePosixPath(filled(entry.to, _values(wanted)))
    shared = entry.by == REGION
    return Download(
        entry=entry.name,
        url=filled(entry.url, values | {"pref_number": str(int(values["pref"]))}),
        path=PurePosixPath(REGIONS_FOLDER, name) if shared else folder / name,
        file_format=entry.format,
        expects=entry.expects,
        link=folder / name if shared else None,
        edition=entry.edition,
    )


def listed_downloads(entry: Entry, listed: Iterable[Listed], wanted: Wanted) -> list[Download]:
    """Return the files of an entry that a page or a list names."""
    folder = PurePosixPath(filled(entry.to, _values(wanted)))
    return [
        Download(
            entry=entry.name,
            url=one.url,
            path=folder / one.name,
            file_format=entry.format,
            expects=entry.expects,
            edition=one.edition or entry.edition,
            about=one.about,
        )
        for one in listed
    ]


def stand_in(entry: Entry, wanted: Wanted) -> Download | None:
    """Return the file at an entry's own address, for when its page cannot be read."""
    return _download(entry, {}, wanted) if entry.url else None


def page_address(entry: Entry, wanted: Wanted) -> str:
    """Return the address of an entry's page or list."""
    return filled(entry.page, _values(wanted))


def _values(wanted: Wanted) -> dict[str, str]:
    return {
        "pref": wanted.pref.code,
        "pref_number": str(int(wanted.pref.code)),
        "date": wanted.day.isoformat(),
    }


def filled(pattern: str, values: Mapping[str, str]) -> str:
    """Return a pattern with the known names in braces replaced by their values."""
    return _PLACE.sub(lambda m: values.get(m[1], m[0]), pattern)
