"""Known numbers, computed here and now: what ``doctor`` asks of an installation."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from coverage_gis import crs, schema
from coverage_gis.codes import mesh
from coverage_gis.network.build import build
from coverage_gis.network.osm_ways import ways_from_lists
from coverage_gis.network.snap import snap
from coverage_gis.routing.nearest import nearest_of_nodes, prepare
from coverage_gis.sources.settings_file import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_SIDE = 12
_STEP = 0.001


def mesh_codes() -> str:
    """Check a mesh code worked out by hand (JIS X 0410): 53394611 begins at 35.675, 139.7625."""
    west, south, _, _ = mesh.bounds(["53394611"])[0]
    _expect(float(south), 35.675, 1e-9, "south edge of mesh 53394611")
    _expect(float(west), 139.7625, 1e-9, "west edge of mesh 53394611")
    return "mesh 53394611 lies where JIS X 0410 puts it"


def geodesic() -> str:
    """Check one degree along the equator: the semi-major axis of GRS 80 times pi / 180."""
    length = float(crs.geodesic_m(0.0, 0.0, 1.0, 0.0))
    _expect(length, crs.GRS80_A * np.pi / 180, 1e-6, "a degree along the equator")
    return "a degree along the equator is 111,319.491 m"


def plane_zone() -> str:
    """Check PROJ's data: the origin of 平面直角座標系 IX is 36 N, 139 deg 50 min E."""
    there = Transformer.from_crs(crs.JGD2011, crs.plane_crs("13"), always_xy=True)
    x, y = there.transform(139 + 50 / 60, 36.0)
    _expect(abs(x) + abs(y), 0.0, 1e-3, "origin of plane zone IX")
    return "the origin of 平面直角座標系 IX is at 0, 0"


def grid_city() -> str:
    """Check routing on a city of square blocks, where every distance is known.

    A block's east-west side is shorter the further north, so that the way from the shop in the
    south-west corner leads north first and then east.
    """
    nodes = {
        1 + i * _SIDE + j: (137.0 + j * _STEP, 36.5 + i * _STEP)
        for i in range(_SIDE)
        for j in range(_SIDE)
    }
    rows = [[1 + i * _SIDE + j for j in range(_SIDE)] for i in range(_SIDE)]
    columns = [list(column) for column in zip(*rows, strict=True)]
    street = {"highway": "residential"}
    ways = [(100 + k, line, street) for k, line in enumerate([*rows, *columns])]
    network = build(ways_from_lists(ways, nodes), load_settings().network, schema.WALK)
    shop = snap(network, np.array([137.0]), np.array([36.5]), 10.0)
    found = nearest_of_nodes(prepare(network, shop), np.array([0]))
    known = _city_distances()
    worst = float(np.abs(found.distance_m - known).max())
    _expect(worst, 0.0, 1e-6, "distances in a city of square blocks")
    return f"{len(known)} distances in a city of square blocks are exact"


def files() -> str:
    """Check that Parquet and GeoPackage give back what was written."""
    cells = gpd.GeoDataFrame(
        {"name": ["富山", "高岡"], "population": [1.5, 2.0]},
        geometry=shapely.points([[137.2, 36.7], [137.0, 36.75]]),
        crs=crs.JGD2011,
    )
    with tempfile.TemporaryDirectory(prefix="coverage_gis_") as folder:
        parquet, package = Path(folder) / "t.parquet", Path(folder) / "t.gpkg"
        cells.to_parquet(parquet)
        cells.to_file(package, driver="GPKG", engine="pyogrio")
        for back in (gpd.read_parquet(parquet), gpd.read_file(package, engine="pyogrio")):
            same = list(back["name"]) == list(cells["name"])
            if not same or not pd.Series(back["population"]).equals(cells["population"]):
                raise ValueError("a table came back from a file other than it was written")
    return "Parquet and GeoPackage give back what was written"


def _city_distances() -> NDArray[np.float64]:
    i, j = np.divmod(np.arange(_SIDE * _SIDE), _SIDE)
    lat = 36.5 + np.arange(_SIDE) * _STEP
    north = np.concatenate([[0.0], np.cumsum(crs.geodesic_m(137.0, lat[:-1], 137.0, lat[1:]))])
    east = crs.geodesic_m(137.0, lat, 137.0 + _STEP, lat)
    return north[i] + j * east[i]


def _expect(value: float, known: float, within: float, what: str) -> None:
    if not abs(value - known) <= within:
        raise ValueError(f"{what}: {value!r} where {known!r} is known")


KNOWN: tuple[Callable[[], str], ...] = (mesh_codes, geodesic, plane_zone, grid_city, files)
"""All of them; each returns a sentence, or raises with what is wrong."""
