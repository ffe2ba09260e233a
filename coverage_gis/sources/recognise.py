"""What a file is, told by its official name and by how its content begins."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from coverage_gis.errors import InputError
from coverage_gis.sources.recognise_places import recognise_municipal
from coverage_gis.sources.recognise_text import recognise_text
from coverage_gis.sources.recognise_vector import is_gml_name, recognise_gml, recognise_vector
from coverage_gis.sources.recognised import Recognised
from coverage_gis.sources.sheets import is_workbook

HEAD_BYTES = 128 * 1024
"""How much of a file its recognition looks at."""
LONG_HEAD_BYTES = 8 * 1024**2
"""How much of a GeoJSON: some writers put a large geometry before the first attributes. And the
whole of a workbook, whose table of contents is at its end."""

POPULATION_RASTER, GRAPHML, DEM = "population-raster", "graphml", "dem"

_OSM = re.compile(r"\.(osm\.pbf|pbf|osm|osm\.bz2|osm\.gz)$", re.IGNORECASE)
_DATE = re.compile(r"(?<!\d)(20\d\d)-?(\d\d)-?(\d\d)(?!\d)|-(\d\d)(\d\d)(\d\d)\.osm", re.IGNORECASE)
_WEB_PAGE = re.compile(rb"\s*(<!doctype html|<html)", re.IGNORECASE)
_TEXT = (".txt", ".csv", ".tsv")
_WORKBOOK = (".xlsx", ".xlsm", ".xls")
_VECTOR = (".geojson", ".json", ".shp")
_RASTER = (".tif", ".tiff")
_GRAPHML = (".graphml",)
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_PEOPLE = re.compile(r"pop|ppp|population|人口", re.IGNORECASE)
_HEIGHTS = re.compile(r"(?<![a-z])dem(?![a-z])|elevation|標高", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)E?((?:19|20)\d\d)(?!\d)")


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
    gml = is_gml_name(base)
    if not (osm or gml or suffix in (*_TEXT, *_WORKBOOK, *_VECTOR, *_RASTER, *_GRAPHML)):
        return None
    if not head.strip():
        raise InputError(f"{base} is empty; get the file again.")
    if _WEB_PAGE.match(head.removeprefix(b"\xef\xbb\xbf")):
        raise InputError(f"{base} is a web page, perhaps an error message; get the file again.")
    if osm:
        return _recognise_osm(base, head)
    if suffix in _RASTER:
        return _recognise_raster(base, head)
    if suffix in _GRAPHML:
        return Recognised(GRAPHML, "") if b"<graphml" in head[:4096] else None
    if suffix in _VECTOR or gml:
        return recognise_gml(base, head) if gml else recognise_vector(base, head)
    return _recognise_table(base, head)


def may_need_more(name: str, head: bytes) -> bool:
    """Tell whether a longer head can still make an unrecognised file known."""
    json = PurePosixPath(name).suffix.lower() in (".geojson", ".json")
    return len(head) == HEAD_BYTES and (json or is_workbook(head))


def _recognise_table(base: str, head: bytes) -> Recognised | None:
    whole = len(head) not in (HEAD_BYTES, LONG_HEAD_BYTES)
    if not is_workbook(head):
        return recognise_text(base, head, whole=whole)
    return recognise_municipal(base, head, whole=True) if whole else None


def _recognise_raster(base: str, head: bytes) -> Recognised | None:
    """Return a GeoTIFF of people or of heights: its name says so, as WorldPop's and GSI's do."""
    if not head.startswith(_TIFF):
        raise InputError(f"{base} is not a GeoTIFF; get the file again.")
    if not _PEOPLE.search(base):
        return Recognised(DEM, "") if _HEIGHTS.search(base) else None
    year = _YEAR.search(base.replace("_", " "))
    return Recognised(POPULATION_RASTER, year[1] if year else "", {"year": year[1]} if year else {})


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
