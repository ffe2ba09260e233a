"""GeoJSON as 国土数値情報 publishes it: N03 municipalities, N02 railway lines and stations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from coverage_gis.demo.plan import HOME, Site

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from coverage_gis.demo.municipalities import Municipalities
    from coverage_gis.demo.rail import Rail

    Array = NDArray[np.float64]

_MEDICAL_AREAS = ("架空西", "架空中央", "架空東")
_CRS = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::6668"}}


def write_municipalities(path: Path, areas: Municipalities, site: Site = HOME) -> None:
    """Write ``N03-…geojson``: one feature per polygon, as N03 has it."""
    features = []
    for m in areas.items:
        properties = {
            "N03_001": site.name,
            "N03_002": None,
            "N03_003": m.county or None,
            "N03_004": m.name,
            "N03_005": None,
            "N03_007": m.code,
        }
        for polygon in m.area.geoms:
            rings = [polygon.exterior, *polygon.interiors]
            geometry = {
                "type": "Polygon",
                "coordinates": [_degrees(np.asarray(ring.coords), site) for ring in rings],
            }
            features.append((properties, geometry))
    path.write_bytes(collection(path.stem, features))


def medical_areas(name: str, areas: Municipalities, site: Site = HOME) -> bytes:
    """Return secondary medical areas as A38 has them: thirds of the prefecture, west to east.

    One feature per polygon of each municipality.
    """
    order = sorted(areas.items, key=lambda m: (m.area.centroid.x, m.code))
    features = []
    for k, title in enumerate(_MEDICAL_AREAS):
        members = [m for i, m in enumerate(order) if i * len(_MEDICAL_AREAS) // len(order) == k]
        codes = ",".join(sorted(m.code for m in members))
        properties = {
            "A38b_001": codes,
            "A38b_003": f"{site.code}{k + 1:02d}",
            "A38b_004": title,
            "A38b_008": None,
            "A38b_011": None,
        }
        for polygon in (p for m in members for p in m.area.geoms):
            rings = [polygon.exterior, *polygon.interiors]
            geometry = {
                "type": "Polygon",
                "coordinates": [_degrees(np.asarray(ring.coords), site) for ring in rings],
            }
            features.append((properties, geometry))
    return collection(name, features)


def stations(name: str, rail: Rail, site: Site = HOME) -> bytes:
    """Return N02 stations: a short line per station and line, groups sharing a code."""
    return collection(
        name,
        [
            (
                {
                    "N02_001": "12", "N02_002": "5", "N02_003": s.line, "N02_004": rail.company,
                    "N02_005": s.name, "N02_005c": s.code, "N02_005g": s.group,
                },
                {"type": "LineString", "coordinates": _degrees(s.platform, site)},
            )
            for s in rail.stations
        ],
    )  # fmt: skip


def lines(name: str, rail: Rail, site: Site = HOME) -> bytes:
    """Return N02 railway sections."""
    return collection(
        name,
        [
            (
                {"N02_001": "12", "N02_002": "5", "N02_003": title, "N02_004": rail.company},
                {"type": "LineString", "coordinates": _degrees(points, site)},
            )
            for title, points in rail.lines
        ],
    )


def collection(name: str, features: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> bytes:
    """Return a FeatureCollection with one feature per line, UTF-8."""
    rows = ",\n".join(
        json.dumps(
            {"type": "Feature", "properties": properties, "geometry": geometry}, ensure_ascii=False
        )
        for properties, geometry in features
    )
    head = f'"type": "FeatureCollection",\n"name": "{name}",\n"crs": {json.dumps(_CRS)}'
    return f'{{\n{head},\n"features": [\n{rows}\n]\n}}\n'.encode()


def _degrees(points: Array, site: Site) -> list[list[float]]:
    lon, lat = site.lon(points[:, 0]), site.lat(points[:, 1])
    pairs: list[list[float]] = np.column_stack([lon, lat]).tolist()
    return pairs
