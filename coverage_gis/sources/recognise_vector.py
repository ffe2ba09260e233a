"""KSJ and e-Stat vector layers recognised by their attributes' names, in GeoJSON and shapefiles."""

from __future__ import annotations

import re

from coverage_gis.errors import InputError
from coverage_gis.sources import ksj_gml
from coverage_gis.sources.recognised import Recognised

_GEOJSON_FIELD = re.compile(
    rb'"((?:N03|N02|S12|P04|P11|P14|P20|P29|P30|A38[abc])_\w{1,8}|MESH_ID|SHICODE|PT[NCD]_20\d\d)"'
    rb"\s*:"
)
_NAME = re.compile(
    r"(N03|N02|S12|P04|P11|P14|P20|P29|P30|A38)[-_](\d{2,8})(?:_(\d{2})(?!\d))?", re.IGNORECASE
)
_FUTURE_NAME = re.compile(
    r"(1km|500m|250m)_mesh(?:_suikei)?_(20\d\d)(?:_(\d{2})(?!\d))?", re.IGNORECASE
)
# N03's zip also holds the same area dissolved to prefectures and sub-prefectures.
_OTHER_LAYER = re.compile(r"(sub)?prefecture", re.IGNORECASE)
MESH_FUTURE, SMALL_AREA = "mesh-future", "small-area"
_SMALL_AREA_NAME = re.compile(r"[rh]\d*ka(\d{2})", re.IGNORECASE)
_DBF_HEADER, _DBF_FIELD, _DBF_END = 32, 32, 0x0D

# A layer is known by attributes that no other layer of its data set has.
_NEEDED = {
    "n03": {"N03_001", "N03_004", "N03_007"},
    "n02": {"N02_003", "N02_005"},
    "p04": {"P04_001", "P04_002", "P04_003"},
    "p11": {"P11_001", "P11_002"},
    "s12": {"S12_001", "S12_002", "S12_003"},
    "p14": {"P14_004", "P14_005", "P14_008"},
    "p20": {"P20_002", "P20_004", "P20_005"},
    "p29": {"P29_003", "P29_004", "P29_005"},
    "p30": {"P30_004", "P30_005", "P30_006"},
    "a38": {"A38b_003", "A38b_004"},
    "mesh-future": {"MESH_ID", "PTN_2050"},
    "small-area": {"KEY_CODE", "S_NAME", "HCODE"},
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
    if kind == MESH_FUTURE:
        return _future(base, fields)
    detail: dict[str, str] = {}
    if kind == SMALL_AREA:
        return Recognised(kind, "", _small_area_detail(base))
    edition = _edition_by_fields(kind, fields)
    name = _NAME.search(base)
    if name and name[1].lower() == kind:
        year = name[2][:4] if len(name[2]) >= 4 else f"20{name[2][:2]}"
        detail["year"] = year
        edition = f"N03-{year}" if kind == "n03" else f"{name[1].upper()}-{year[2:]}"
        if name[3]:
            detail["pref"] = name[3]
    return Recognised(kind, edition, detail)


def recognise_gml(base: str, head: bytes) -> Recognised | None:
    """Return which KSJ data set a GML file is: by its name, as its head holds only geometries."""
    name = _NAME.match(base)
    kind = name[1].lower() if name else ""
    if name is None or kind not in ksj_gml.KINDS or b"ksj:Dataset" not in head:
        return None
    year = f"20{name[2][:2]}"
    if kind == "p11" and year != "2010":
        raise InputError(
            f"{base}: KSJ's GML of this edition is not read; use P11-{year[2:]}_…_SHP.zip."
        )
    detail = {"year": year} | ({"pref": name[3]} if name[3] else {})
    return Recognised(kind, f"{name[1].upper()}-{year[2:]}", detail)


def is_gml_name(base: str) -> bool:
    """Tell whether a file's name is that of KSJ data in GML which can be read."""
    name = _NAME.match(base)
    return bool(
        name and name[1].lower() in ksj_gml.KINDS and base.lower().endswith(ksj_gml.SUFFIXES)
    )


def _future(base: str, fields: set[str]) -> Recognised:
    """Return the edition of a projection: of 2018 (from 2015 on) or R6 (2024, from 2020 on)."""
    name = _FUTURE_NAME.search(base)
    year = name[2] if name else "2018" if "PTN_2015" in fields else "2024"
    detail = {"year": year}
    if name:
        detail["level"] = name[1].lower()
    if name and name[3]:
        detail["pref"] = name[3]
    return Recognised(MESH_FUTURE, "R6 (2024)" if year == "2024" else year, detail)


def _small_area_detail(base: str) -> dict[str, str]:
    """Return the prefecture that a name such as ``r2ka16.shp`` gives."""
    name = _SMALL_AREA_NAME.match(base)
    return {"pref": name[1]} if name else {}


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
