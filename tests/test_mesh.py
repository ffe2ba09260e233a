"""Mesh codes: closed forms by hand, then round trips over all of Japan."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gis.codes import mesh
from coverage_gis.errors import InputError

LEVELS = st.sampled_from(mesh.LEVELS)
LON = st.floats(122.0, 153.99, allow_nan=False)
LAT = st.floats(20.01, 45.9, allow_nan=False)


def test_bounds_of_a_1km_cell_follow_from_its_digits():
    # 5339-45-99: south 53/1.5 + 4/12 + 9/120, west 100+39 + 5/8 + 9/80
    west, south, east, north = mesh.bounds(["53394599"])[0]
    assert south == pytest.approx(53 / 1.5 + 4 / 12 + 9 / 120)
    assert west == pytest.approx(139 + 5 / 8 + 9 / 80)
    assert (north - south, east - west) == pytest.approx((30 / 3600, 45 / 3600))


def test_quarters_are_numbered_sw_se_nw_ne():
    lon, lat = mesh.centroids([f"53394599{q}" for q in "1234"])
    middle_lon, middle_lat = mesh.centroids(["53394599"])
    assert (lon > middle_lon[0]).tolist() == [False, True, False, True]
    assert (lat > middle_lat[0]).tolist() == [False, False, True, True]


def test_125m_cell_is_a_sixteenth_of_a_degree_step_by_step():
    west, south, east, north = mesh.bounds(["53394599444"])[0]
    _, _, east_1km, north_1km = mesh.bounds(["53394599"])[0]
    assert (east, north) == pytest.approx((east_1km, north_1km))  # NE of NE of NE
    assert (east - west) * 8 == pytest.approx(45 / 3600)
    assert (north - south) * 8 == pytest.approx(30 / 3600)


def test_tokyo_station_is_where_the_statistics_bureau_puts_it():
    # Third mesh 5339-46-11 is Tokyo station's (Marunouchi) in the bureau's own example maps.
    assert mesh.encode([139.7671], [35.6812], mesh.KM1).tolist() == ["53394611"]


@given(lon=LON, lat=LAT, level=LEVELS)
@settings(max_examples=200, deadline=None)
def test_a_point_lies_in_the_cell_it_is_encoded_to(lon, lat, level):
    code = mesh.encode([lon], [lat], level)
    west, south, east, north = mesh.bounds(code)[0]
    assert len(code[0]) == level.digits
    assert west - 1e-9 <= lon <= east + 1e-9
    assert south - 1e-9 <= lat <= north + 1e-9


@given(lon=LON, lat=LAT, level=LEVELS)
@settings(max_examples=200, deadline=None)
def test_centre_and_grid_give_the_code_back(lon, lat, level):
    code = mesh.encode([lon], [lat], level)
    assert mesh.encode(*mesh.centroids(code), level).tolist() == code.tolist()
    row, col, found = mesh.to_grid(code)
    assert found == level
    assert mesh.from_grid(row, col, level).tolist() == code.tolist()


@given(lon=LON, lat=LAT)
@settings(max_examples=100, deadline=None)
def test_a_finer_code_begins_with_the_coarser_one(lon, lat):
    codes = [mesh.encode([lon], [lat], level).item() for level in mesh.LEVELS]
    for coarse, fine in itertools.pairwise(codes):
        assert fine.startswith(coarse)


@pytest.mark.parametrize(
    "code",
    [
        *("", "5339459", "533945990", "533945995", "53394589x", "５３３９４５９９"),
        *("53398599", "53394899", "99394599", "53994599", "53394599 "),
    ],
)
def test_what_is_no_code_is_told(code):
    assert not mesh.valid([code])[0]


@given(st.text(max_size=14))
@settings(max_examples=200, deadline=None)
def test_any_text_is_judged_without_failing(text):
    assert mesh.valid([text]).shape == (1,)


def test_mixed_levels_and_wrong_codes_are_one_sentence():
    with pytest.raises(InputError, match="several lengths"):
        mesh.level_of(["53394599", "533945991"])
    with pytest.raises(InputError, match="'53398599' is not a mesh code"):
        mesh.level_of(["53394599", "53398599"])
    with pytest.raises(InputError, match="no mesh codes"):
        mesh.level_of([])


def test_levels_by_label():
    assert mesh.level_by_label("500m") is mesh.M500
    with pytest.raises(InputError, match="choose one of"):
        mesh.level_by_label("2km")


def test_of_no_codes_there_are_no_polygons():
    assert mesh.polygons([]).shape == (0,)


def test_polygons_are_the_bounds_as_boxes():
    box = mesh.polygons(["53394599"])[0]
    assert np.allclose(box.bounds, mesh.bounds(["53394599"])[0])
    assert box.area == pytest.approx((30 / 3600) * (45 / 3600))


def test_all_codes_of_a_published_file_are_valid(shared_data):
    lines = shared_data("30/tblT001100S30.txt").read_bytes().splitlines()[2:]
    codes = [line.split(b",")[0].decode() for line in lines]
    assert mesh.valid(codes).all()
    assert mesh.encode(*mesh.centroids(codes), mesh.KM1).tolist() == codes


@pytest.mark.parametrize("level", mesh.LEVELS, ids=lambda level: level.label)
def test_steps_are_the_sides_of_a_cell(level):
    west, south, east, north = mesh.bounds(["53394599444"[: level.digits]])[0]
    assert (level.lon_step, level.lat_step) == pytest.approx((east - west, north - south))


@pytest.mark.parametrize(
    ("there", "not_there"),
    [
        ("3036", "2936"),  # the first and the last row and column of Japan
        ("6848", "6948"),
        ("4722", "4721"),
        ("5353", "5354"),
        ("533977", "533997"),  # secondary meshes have eight rows and columns
        ("533907", "533980"),
        ("53397799", "5339779:"),  # what comes after 9 is no digit
        ("533945991", "533945990"),
        ("533945994", "533945995"),
        ("4436", "4:36"),
        ("5339", "５339"),
    ],
)
def test_a_code_is_judged_digit_by_digit(there, not_there):
    assert mesh.valid([there]).tolist() == [True]
    assert mesh.valid([not_there]).tolist() == [False]


def test_the_first_impossible_code_is_named():
    with pytest.raises(InputError, match="'533997'"):
        mesh.level_of(["533977", "533997", "533989"])
