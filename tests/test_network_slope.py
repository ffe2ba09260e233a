"""Walking uphill: closed forms on a plane of known slope."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from network_reference import shipped_settings

from coverage_gis import crs, schema
from coverage_gis.errors import InputError
from coverage_gis.network.build import build
from coverage_gis.network.osm_ways import ways_from_lists
from coverage_gis.network.slope import tobler_factor, with_slope
from coverage_gis.network.snap import node_places
from coverage_gis.routing.nearest import nearest, prepare
from coverage_gis.sources.dem import read_heights

if TYPE_CHECKING:
    from pathlib import Path

    from coverage_gis.network.model import Network

WEST, SOUTH, CELL, N = 137.0, 36.5, 1e-3, 40
WALK = 80 / 60


def road(mode: str = schema.WALK) -> Network:
    """A road due east of eleven nodes and its mirror due north."""
    nodes = {i: (WEST + 0.01 + CELL * i, SOUTH + 0.01) for i in range(11)}
    nodes |= {20 + i: (WEST + 0.01, SOUTH + 0.01 + CELL * i) for i in range(1, 11)}
    street = {"highway": "residential"}
    ways = [(1, list(range(11)), street), (2, [0, *range(21, 31)], street)]
    return build(ways_from_lists(ways, nodes), shipped_settings().network, mode)


def plane(path: Path, east: float) -> Path:
    """A raster whose height rises by ``east`` metres per degree eastward and not northward."""
    centre = WEST + CELL * (np.arange(N) + 0.5)
    height = np.tile((centre - WEST) * east, (N, 1)).astype(np.float64)
    transform = rasterio.Affine(CELL, 0.0, WEST, 0.0, -CELL, SOUTH + CELL * N)
    with rasterio.open(
        path, "w", driver="GTiff", width=N, height=N, count=1, dtype="float64",
        crs="EPSG:6668", transform=transform, nodata=-9999,
    ) as raster:  # fmt: skip
        raster.write(height, 1)
    return path


def test_toblers_function_is_as_published() -> None:
    speed = 6 * np.exp(-3.5 * 0.05) * tobler_factor([0.0, -0.05, 0.1, -0.2])
    assert speed == pytest.approx([5.0367, 6.0, 3.5493, 3.5493], abs=1e-3)


@pytest.mark.parametrize("gradient", [0.0, 0.05, 0.15, -0.3])
def test_on_a_plane_times_are_toblers_each_way(tmp_path: Path, gradient: float) -> None:
    per_lon, _ = (float(v) for v in crs.metres_per_degree(SOUTH + 0.01))
    dem = plane(tmp_path / "plane.tif", gradient * per_lon)
    flat = road()
    hilly = with_slope(flat, lambda lon, lat: read_heights(dem, lon, lat))
    places, level = node_places(hilly), node_places(flat)
    ends = [int(np.flatnonzero(flat.node_id == i)[0]) for i in (0, 10, 30)]
    for start, goal, sign in ((0, 1, 1), (1, 0, -1), (0, 2, 0), (2, 0, 0)):
        graph = prepare(hilly, places.take(np.array([ends[goal]])))
        found = nearest(graph, np.array([0]), places.take(np.array([ends[start]])))
        plain = nearest(
            prepare(flat, level.take(np.array([ends[goal]]))),
            np.array([0]),
            level.take(np.array([ends[start]])),
        )
        assert found.distance_m[0] == plain.distance_m[0]
        factor = np.exp(-3.5 * abs(sign * gradient + 0.05)) / np.exp(-3.5 * 0.05)
        expected = plain.distance_m[0] / (WALK * factor)
        assert found.travel_time_s[0] == pytest.approx(expected, rel=1e-5)


def test_heights_are_bilinear_and_nan_beyond(tmp_path: Path) -> None:
    dem = plane(tmp_path / "plane.tif", 1000.0)
    lon = np.array([WEST + 0.0105, WEST + 0.01234, WEST - 0.1, WEST + 0.5])
    found = read_heights(dem, lon, np.full(4, SOUTH + 0.0123))
    assert found[:2] == pytest.approx([10.5, 12.34], abs=1e-9)
    assert np.isnan(found[2:]).all()
    assert len(read_heights(dem, lon[:0], lon[:0])) == 0
    assert np.isnan(read_heights(dem, lon[3:], lon[3:])).all()


def test_unknown_heights_keep_the_flat_time() -> None:
    flat = road()
    same = with_slope(flat, lambda lon, lat: np.full(len(lon + lat), np.nan))
    np.testing.assert_allclose(same.vertex_forward_s, flat.vertex_forward_s, rtol=0, atol=1e-9)


def test_what_is_no_dem_or_no_walk_is_said(tmp_path: Path) -> None:
    (tmp_path / "text.tif").write_text("no raster")
    with pytest.raises(InputError, match=r"text\.tif cannot be read as a raster"):
        read_heights(tmp_path / "text.tif", np.zeros(1), np.zeros(1))
    with pytest.raises(InputError, match="Slope bears on walking"):
        with_slope(road(schema.DRIVE), lambda lon, _: lon)
