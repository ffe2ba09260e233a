"""What a file is, told by its official name and by how its content begins."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from coverage_gis.errors import InputError
from coverage_gis.sources.recognise_text import Recognised, recognise_text
from coverage_gis.sources.recognise_vector import recognise_vector

HEAD_BYTES = 128 * 1024
"""How much of a file its recognition looks at."""
LONG_HEAD_BYTES = 8 * 1024**2
"""How much of a GeoJSON: some writers put a large geometry before the first attributes."""

_OSM = re.compile(r"\.(osm\.pbf|pbf|osm|osm\.bz2|osm\.gz)$", re.IGNORECASE)
_DATE = re.compile(r"(?<!\d)(20\d\d)-?(\d\d)-?(\d\d)(?!\d)|-(\d\d)(\d\d)(\d\d)\.osm", re.IGNORECASE)
_WEB_PAGE = re.compile(rb"\s*(<!doctype html|<html)", re.IGNORECASE)
_TEXT = (".txt", ".csv", ".tsv")
_VECTOR = (".geojson", ".json", ".shp")


def recognise(name: str, head: bytes) -> Recognised | None:
    """Return what a file is, None if it is nothing this program knows.

    Parameters
    ----------
    name
        File or member name.
    head
        Its first ``HEAD_BYTES``; of a shapefile, those of its ``.dbf``.

    Raises
    ------
    InputError
        If it is a known file that is empty, cut off or a web page in disguise.
    """
    base = PurePosixPath(name).name
    suffix = PurePosixPath(name).suffix.lower()
    osm = bool(_OSM.search(base))
    if not (osm or suffix in _TEXT or suffix in _VECTOR):
        return None
    if not head.strip():
        raise InputError(f"{base} is empty; get the file again.")
    if _WEB_PAGE.match(head.removeprefix(b"\xef\xbb\xbf")):
        raise InputError(f"{base} is a web page, perhaps an error message; get the file again.")
    if osm:
        return _recognise_osm(base, head)
    if suffix in _TEXT:
        return recognise_text(base, head)
    return recognise_vector(base, head)


def may_need_more(name: str) -> bool:
    """Tell whether a longer head can still make an unrecognised file known."""
    return PurePosixPath(name).suffix.lower() in (".geojson", ".json")


def _recognise_osm(base: str, head: bytes) -> Recognised:
    """Check that a file named as OpenStreetMap's is one."""
    lower = base.lower()
    if lower.endswith(".pbf"):
        good = b"OSMHeader" in head[:64]
    elif lower.endswith(".bz2"):
        good = head.startswith(b"BZh")
    elif lower.endswith(".gz"):
        good = head.startswith(b"\x1f\x8b")
    else:
        good = b"<osm" in head[:4096]
    if not good:
        raise InputError(f"{base} is not an OpenStreetMap file; get the file again.")
    match = _DATE.search(base)
    date = ""
    if match:
        year, month, day = [g for g in match.groups() if g]
        date = f"{year if len(year) == 4 else '20' + year}-{month}-{day}"
    return Recognised("osm", date, {"date": date} if date else {})
