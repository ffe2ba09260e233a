"""KSJ vector layers recognised by their attributes' names, in GeoJSON and shapefiles."""

from __future__ import annotations

import re

from coverage_gis.sources.recognise_text import Recognised

_GEOJSON_FIELD = re.compile(rb'"((?:N03|N02|P04|P11)_\w{1,8})"\s*:')
_NAME = re.compile(r"(N03|N02|P04|P11)[-_](\d{2,8})(?:_(\d{2})(?!\d))?", re.IGNORECASE)
# N03's zip also holds the same area dissolved to prefectures and sub-prefectures.
_OTHER_LAYER = re.compile(r"(sub)?prefecture", re.IGNORECASE)
_DBF_HEADER, _DBF_FIELD, _DBF_END = 32, 32, 0x0D

# A layer is known by attributes that no other layer of its data set has.
_NEEDED = {
    "n03": {"N03_001", "N03_004", "N03_007"},
    "n02": {"N02_003", "N02_005"},
    "p04": {"P04_001", "P04_002", "P04_003"},
    "p11": {"P11_001", "P11_002"},
}


def recognise_vector(base: str, head: bytes) -> Recognised | None:
    """Return which KSJ layer a GeoJSON, or a shapefile whose ``.dbf`` begins so, is.

    The name gives edition and prefecture; where it does not, the attributes give the edition,
    as their meanings changed under the same names (P11 of 2010 and 2022).
    """
    fields = _dbf_fields(head) if base.lower().endswith(".shp") else _geojson_fields(head)
    kind = next((k for k, needed in _NEEDED.items() if needed <= fields), None)
    if kind is None or (kind == "n03" and _OTHER_LAYER.search(base)):
        return None
    detail: dict[str, str] = {}
    edition = _edition_by_fields(kind, fields)
    name = _NAME.search(base)
    if name and name[1].lower() == kind:
        year = name[2][:4] if len(name[2]) >= 4 else f"20{name[2][:2]}"
        detail["year"] = year
        edition = f"N03-{year}" if kind == "n03" else f"{name[1].upper()}-{year[2:]}"
        if name[3]:
            detail["pref"] = name[3]
    return Recognised(kind, edition, detail)


def _edition_by_fields(kind: str, fields: set[str]) -> str:
    if kind == "p04":
        return "P04-20" if "P04_010" in fields else "P04-14"
    if kind == "p11":
        # 2010: operators in 003_1..19, routes in 004_1..19; 2022: two digits, 003_01..35.
        return "P11-22" if "P11_003_01" in fields else "P11-10"
    return ""


def _geojson_fields(head: bytes) -> set[str]:
    return {m.decode("ascii", "replace") for m in _GEOJSON_FIELD.findall(head)}


def _dbf_fields(head: bytes) -> set[str]:
    """Return the field names in the header of a dBASE table."""
    names: set[str] = set()
    for start in range(_DBF_HEADER, len(head) - _DBF_FIELD + 1, _DBF_FIELD):
        if head[start] == _DBF_END:
            break
        names.add(head[start : start + 11].split(b"\0", 1)[0].decode("ascii", "replace"))
    return names
