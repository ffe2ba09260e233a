"""KSJ data in GML (JPGIS 2.1), where the zip has no shapefile or GeoJSON: P04, P11 of 2010, N02.

GDAL finds no layer in these files: geometries stand at the beginning, and features point to
them (``xlink:href``). Elements are named in English; the product specifications list them in
the order of the shapefile's numbered columns, which is what the other readers know.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
import shapely

from coverage_gis.crs import JGD2000, JGD2011
from coverage_gis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SUFFIXES: Final = (".xml", ".gml")
KINDS: Final = ("p04", "p11", "n02")
"""Data sets whose GML is read; of others the shapefile or GeoJSON."""

_MOST_BYTES: Final = 1024**3
_GML, _HREF = "{http://www.opengis.net/gml/3.2}", "{http://www.w3.org/1999/xlink}href"
_LOCAL = re.compile(r"^\{[^}]*\}")

# Feature -> its elements -> columns. P04's class is the element before the name, whatever its
# own name; a bus stop's routes are numbered as in the shapefile.
_FEATURES: Mapping[str, Mapping[str, str]] = {
    "MedicalInstitution": {"medicalInstitutionName": "P04_002", "address": "P04_003"},
    "BusStop": {"busStopName": "P11_001"},
    "Station": {
        "railwayType": "N02_001",
        "serviceProviderType": "N02_002",
        "railwayLineName": "N02_003",
        "operationCompany": "N02_004",
        "stationName": "N02_005",
    },
}
_ROUTE: Mapping[str, str] = {"busOperationCompany": "P11_003", "busLineName": "P11_004"}
_P04_CLASS = re.compile(r"[1-3]")


def read_gml(path: Path, label: str) -> gpd.GeoDataFrame:
    """Return the features of a KSJ GML file under the shapefile's column names.

    Parameters
    ----------
    path
        The file.
    label
        Its name, for messages.

    Returns
    -------
    GeoDataFrame
        Points or lines, in JGD2011 where the file names it, else in JGD2000.

    Raises
    ------
    InputError
        If it cannot be read, or has no feature of a kind that is known.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise InputError(f"{label} is too large for GML; use the shapefile or GeoJSON beside it.")
    shapes: dict[str, shapely.Geometry | None] = {}
    rows: list[dict[str, str]] = []
    where: list[str] = []
    crs = JGD2000
    depth = 0
    try:
        for event, element in ET.iterparse(path, events=("start", "end")):  # noqa: S314 - expat refuses entity bombs
            depth += 1 if event == "start" else -1
            if event == "start" or depth != 1:
                continue  # an element below the root is looked at when it is complete
            name = _LOCAL.sub("", element.tag)
            if identity := element.get(f"{_GML}id"):
                if name in ("Point", "Curve"):
                    shapes[identity] = _shape(element)
                elif name in _FEATURES:
                    row, reference = _feature(element, _FEATURES[name])
                    rows.append(row)
                    where.append(reference)
            if "JGD2011" in "".join(str(v) for e in element.iter() for v in e.attrib.values()):
                crs = JGD2011
            element.clear()
    except (ET.ParseError, ValueError, LookupError) as error:
        raise InputError(f"{label} is damaged XML ({error}); get it again.") from error
    if not rows:
        raise InputError(
            f"{label} is KSJ data in GML with no feature that can be read from GML; use the "
            "shapefile or GeoJSON of the same data set."
        )
    geometry = gpd.GeoSeries([shapes.get(reference) for reference in where], crs=crs)
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry=geometry, crs=crs)


def _shape(element: ET.Element) -> shapely.Geometry | None:
    """Return a point or line; GML of KSJ has latitude before longitude."""
    texts = [e.text or "" for e in element.iter() if e.tag in (f"{_GML}pos", f"{_GML}posList")]
    numbers = [float(n) for n in " ".join(texts).split()]
    pairs = list(zip(numbers[1::2], numbers[::2], strict=False))
    if not pairs:
        return None
    return shapely.Point(pairs[0]) if len(pairs) == 1 else shapely.LineString(pairs)


def _feature(element: ET.Element, known: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Return a feature's columns and the id of its geometry."""
    row = dict.fromkeys(known.values(), "")
    reference = ""
    slots = dict.fromkeys(_ROUTE.values(), 0)
    for part in element.iter():
        name = _LOCAL.sub("", part.tag)
        value = (part.text or "").strip()
        if name in ("position", "location"):
            reference = part.get(_HREF, "").removeprefix("#")
        elif name in known:
            row[known[name]] = value
        elif name in _ROUTE:
            slots[_ROUTE[name]] += 1
            row[f"{_ROUTE[name]}_{slots[_ROUTE[name]]}"] = value
        elif "P04_002" in row and "P04_001" not in row and _P04_CLASS.fullmatch(value):
            row["P04_001"] = value
    if "P11_001" in row:
        row |= {k: row.get(k, "") for k in ("P11_002", "P11_003_1")}
    return row, reference
