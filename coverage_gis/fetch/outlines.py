"""Outlines of map extracts in Osmosis' .poly format.

https://wiki.openstreetmap.org/wiki/Osmosis/Polygon_Filter_File_Format
"""

from __future__ import annotations

import math

import numpy as np
import shapely

from coverage_gis.errors import DownloadError


def parse_poly(text: str) -> shapely.Geometry:
    """Return the area of a .poly file in degrees (WGS 84): its rings, those marked ``!`` cut out.

    Raises
    ------
    DownloadError
        If it is no such file; the message is the end of a sentence.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) < 6 or lines[-1].upper() != "END":
        raise DownloadError("is not a .poly file, or cut short")
    inside: list[shapely.Geometry] = []
    holes: list[shapely.Geometry] = []
    ring: list[tuple[float, float]] = []
    name = ""
    for line in lines[1:-1]:
        if not name:
            name = line
        elif line.upper() == "END":
            (holes if name.startswith("!") else inside).append(_ring(ring))
            name, ring = "", []
        else:
            ring.append(_point(line))
    if name or not inside:
        raise DownloadError("is not a .poly file, or cut short")
    return shapely.difference(shapely.union_all(inside), shapely.union_all(holes))


def _point(line: str) -> tuple[float, float]:
    try:
        lon, lat = (float(v) for v in line.split())
    except ValueError:
        raise DownloadError(f"is not a .poly file: '{line[:40]}' is no point") from None
    if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 360 and abs(lat) <= 90):
        raise DownloadError(f"is not a .poly file: '{line[:40]}' is nowhere on earth")
    return lon, lat


def _ring(points: list[tuple[float, float]]) -> shapely.Geometry:
    if len(points) < 3:
        raise DownloadError("is not a .poly file: a ring has fewer than three points")
    return shapely.make_valid(shapely.Polygon(np.asarray(points)))
