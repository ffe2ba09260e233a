"""Sub-points: a regular grid, never wider than asked, of the same size in every cell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gis.codes import mesh
from coverage_gis.crs import geodesic_m
from coverage_gis.errors import InputError, SettingsError
from coverage_gis.population.subpoints import subpoints


def test_a_500m_cell_in_tokyo_has_four_by_five_points():
    # About 462 m high and 566 m wide: 4 rows and 5 columns at 125 m.
    points = subpoints(["533946113"], 125)
    assert points.per_cell == 20
    assert points.cell.tolist() == [0] * 20
    assert len(np.unique(points.lat)) == 4
    assert len(np.unique(points.lon)) == 5


def test_points_run_from_south_west_to_north_east_cell_by_cell():
    codes = ["533946114", "533946111"]
    points = subpoints(codes, 200)
    assert points.cell.tolist() == sorted(points.cell.tolist())
    assert mesh.encode(points.lon, points.lat, mesh.M500).tolist() == [
        codes[c] for c in points.cell
    ]
    lat = points.lat.reshape(2, -1)
    assert (np.diff(lat) >= 0).all()


@given(
    lon=st.floats(123, 145),
    lat=st.lists(st.floats(24, 45), min_size=1, max_size=4),
    level=st.sampled_from(mesh.POPULATION_LEVELS),
    spacing=st.floats(40, 2000),
)
@settings(max_examples=80, deadline=None)
def test_neighbours_are_within_the_spacing_and_the_mean_is_the_centre(lon, lat, level, spacing):
    codes = np.unique(mesh.encode([lon] * len(lat), lat, level).astype(str)).astype(object)
    points = subpoints(codes, spacing)
    west, south, east, north = mesh.bounds(codes).T
    lons = points.lon.reshape(len(codes), -1)
    lats = points.lat.reshape(len(codes), -1)
    centre_lon, centre_lat = mesh.centroids(codes)
    assert np.allclose(lons.mean(axis=1), centre_lon)
    assert np.allclose(lats.mean(axis=1), centre_lat)
    for k in range(len(codes)):
        x, y = np.unique(lons[k].round(12)), np.unique(lats[k].round(12))
        assert x.size * y.size == points.per_cell
        steps = [
            *geodesic_m(
                x[:-1], np.full(x.size - 1, south[k]), x[1:], np.full(x.size - 1, south[k])
            ),
            *geodesic_m(np.full(y.size - 1, lon), y[:-1], np.full(y.size - 1, lon), y[1:]),
        ]
        assert all(step <= spacing * (1 + 1e-6) for step in steps)
    assert (lons > west[:, None]).all()
    assert (lons < east[:, None]).all()
    assert (lats > south[:, None]).all()
    assert (lats < north[:, None]).all()


def test_one_point_is_the_centre():
    points = subpoints(["53394611"], 5000)
    lon, lat = mesh.centroids(["53394611"])
    assert (points.lon, points.lat) == (pytest.approx(lon), pytest.approx(lat))


def test_nothing_in_nothing_out_and_wrong_spacing():
    assert subpoints([], 125).lon.size == 0
    with pytest.raises(SettingsError, match="above 0"):
        subpoints(["53394611"], 0)
    with pytest.raises(InputError, match="several lengths"):
        subpoints(["53394611", "533946111"], 125)
