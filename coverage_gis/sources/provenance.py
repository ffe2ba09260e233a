"""Where in a file a figure's row is: for whoever must defend one cell's figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyogrio
import shapely

from coverage_gis import crs
from coverage_gis.sources.archive import open_member, read_folder, vector_source

if TYPE_CHECKING:
    from coverage_gis.sources.found import Found

_TEXT = (".csv", ".txt")
_VECTOR = (".geojson", ".json", ".shp", ".gpkg")
_ENCODINGS = ("utf-8", "cp932", "utf-16-le", "utf-16-be")
_SAME_PLACE_M, _SAME_NAME_M = 5.0, 200.0
_SHOWN = 160


@dataclass(frozen=True)
class Row:
    """A row of a file: its number (from 1, headers counted; 0 for none), and its text."""

    file: str
    row: int
    text: str


def find_text(found: Found, key: str) -> list[Row]:
    """Return the rows of a text file with ``key`` as a whole field, as the first one first.

    Parameters
    ----------
    found
        A CSV or TXT file, or a member of a zip.
    key
        An id or mesh code.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    if not (found.member or found.path.name).lower().endswith(_TEXT):
        return []
    return _rows(found.label, open_member(found), key)


def find_stop(found: Found, stop_id: str) -> list[Row]:
    """Return the rows of a GTFS feed's ``stops.txt`` with that id."""
    content = read_folder(found).get("stops.txt", b"")
    return _rows(f"{found.label}/stops.txt", content, stop_id)


def find_feature(found: Found, name: str, lon: float, lat: float) -> list[Row]:
    """Return the features of a vector file that bear a name, or lie, where a facility is.

    Features of that name within 200 m count (another source may have given the position);
    without any, those within 5 m.

    Parameters
    ----------
    found
        A shapefile, GeoJSON or GeoPackage, or a member of a zip.
    name
        As the facility is called.
    lon, lat
        Degrees, JGD2011.
    """
    if not (found.member or found.path.name).lower().endswith(_VECTOR):
        return []
    with vector_source(found) as path:
        frame = pyogrio.read_dataframe(path, encoding=_encoding(found))
    here = shapely.get_coordinates(shapely.centroid(frame.geometry.array))
    if len(here) != len(frame):
        return []
    metres = crs.geodesic_m(lon, lat, here[:, 0], here[:, 1])
    texts = frame.drop(columns="geometry").astype("str").fillna("")
    near = np.flatnonzero(metres <= _SAME_NAME_M)
    called = [int(i) for i in near if (texts.iloc[i] == name).any()]
    here_too = [int(i) for i in near if metres[i] <= _SAME_PLACE_M]
    return [Row(found.label, i + 1, ", ".join(texts.iloc[i])[:_SHOWN]) for i in called or here_too]


def _encoding(found: Found) -> str | None:
    """KSJ's shapefiles are CP932 without saying so; other formats say what they are."""
    return "CP932" if (found.member or found.path.name).lower().endswith(".shp") else None


def _rows(file: str, content: bytes, key: str) -> list[Row]:
    for encoding in _ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if key in text:
            rows = [
                (key != _fields(line)[0], Row(file, number, line.strip()[:_SHOWN]))
                for number, line in enumerate(text.splitlines(), start=1)
                if key in line and key in _fields(line)
            ]
            return [row for _, row in sorted(rows, key=lambda pair: pair[0])]
    return []


def _fields(line: str) -> list[str]:
    return [part.strip(' "\ufeff') for part in line.replace("\t", ",").split(",")]
