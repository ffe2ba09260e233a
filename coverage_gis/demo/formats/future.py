"""国土数値情報 メッシュ別将来推計人口 (R6): people by cell and year, as GeoJSON in a zip.

A plain model of a shrinking country: the older a cell's people are, the faster they become fewer.
The projection has its own people of 2020, a little other than the census counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from coverage_gis.codes import mesh
from coverage_gis.demo.census import AGED_65, AGED_75, TOTAL
from coverage_gis.demo.formats.archive import write_zip
from coverage_gis.demo.formats.geojson import collection
from coverage_gis.demo.plan import HOME, Site

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from coverage_gis.demo.census import Census
    from coverage_gis.demo.municipalities import Municipalities
    from coverage_gis.demo.people import People
    from coverage_gis.demo.plan import Plan

    Array = NDArray[np.float64]

YEARS: Final = tuple(range(2020, 2071, 5))
_CHILDREN = 3
"""Position of 0-14 among the census's columns."""
_BASE = 0.004
"""People lost a year where nobody is old; a share of the old above a quarter adds to it."""


def write(
    path: Path,
    plan: Plan,
    people: People,
    census: Census,
    areas: Municipalities,
    *,
    site: Site = HOME,
) -> None:
    """Write ``500m_mesh_2024_00_GEOJSON.zip``."""
    columns = _columns(plan, census)
    codes = [site.mesh_code(str(code)) for code in people.code]
    boxes = mesh.bounds(np.array(codes, dtype=object))
    features: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for row, (code, muni) in enumerate(zip(codes, people.muni, strict=True)):
        properties: dict[str, Any] = {"MESH_ID": code, "SHICODE": areas.items[muni].code}
        properties |= {name: float(values[row]) for name, values in columns.items()}
        west, south, east, north = (float(v) for v in boxes[row])
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        features.append((properties, {"type": "Polygon", "coordinates": [ring]}))
    stem = path.name.removesuffix("_GEOJSON.zip")
    write_zip(path, {f"{stem}.geojson": collection(stem, features)})


def _columns(plan: Plan, census: Census) -> dict[str, Array]:
    """Return PTN (all), PTA (0-14), PTB (15-64), PTC (65+), PTD (75+), PTE (80+) of every year."""
    true = census.true
    start = true[:, TOTAL] * plan.rng("future").normal(1, 0.01, len(true)).clip(0.95, 1.05)
    everybody = np.maximum(true[:, TOTAL], 1)
    old, very_old, young = (true[:, k] / everybody for k in (AGED_65, AGED_75, _CHILDREN))
    out: dict[str, Array] = {}
    for year in YEARS:
        passed = year - YEARS[0]
        total = start * np.exp(-(_BASE + 0.03 * np.maximum(old - 0.25, 0)) * passed)
        later = min(passed / 30, 1.0)  # the bulge of the old has passed in a generation
        share_old = old + (np.maximum(old, 0.42) - old) * later
        within_old = np.where(old > 0, very_old / np.where(old > 0, old, 1), 0.5)
        share_very_old = share_old * (within_old + (0.62 - within_old) * later)
        share_young = np.minimum(young * (1 - 0.3 * later), 1 - share_old)
        parts = {
            "PTN": np.ones(len(true)),
            "PTA": share_young,
            "PTB": 1 - share_old - share_young,
            "PTC": share_old,
            "PTD": share_very_old,
            "PTE": 0.6 * share_very_old,
        }
        out |= {f"{name}_{year}": np.round(total * share, 4) for name, share in parts.items()}
    return out
