"""Cells shared out over municipalities: closed forms on drawn borders, then real coasts."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gis import schema
from coverage_gis.codes import mesh
from coverage_gis.errors import InputError
from coverage_gis.population.areas import origin_areas
from coverage_gis.population.origins import build_origins, within_prefecture
from coverage_gis.population.overlap import overlaps
from coverage_gis.population.secrecy import restore_suppressed
from coverage_gis.sources.boundaries import read_n03
from coverage_gis.sources.found import Found
from coverage_gis.sources.population import read_population

ROW, COL, _ = (a if i == 2 else a.item() for i, a in enumerate(mesh.to_grid(["53394500"])))


def code(x: int, y: int) -> str:
    return str(mesh.from_grid([ROW + y], [COL + x], mesh.KM1)[0])


def box(west, south, east, north):
    """A rectangle in cells, counted from the cell (0, 0)."""
    lon = [100 + (COL + v) / 80 for v in (west, east)]
    lat = [(ROW + v) / 120 for v in (south, north)]
    return shapely.box(lon[0], lat[0], lon[1], lat[1])


def municipalities(**shapes):
    return gpd.GeoDataFrame(
        {"muni_code": [name.removeprefix("m") for name in shapes]},
        geometry=list(shapes.values()),
        crs="EPSG:6668",
    )


def origins(*rows, pref="16"):
    """Rows of x, y, people[, people of 65+[, of 75+]]."""
    table = pd.DataFrame(
        [[code(x, y), *people, *[np.nan] * (3 - len(people))] for x, y, *people in rows],
        columns=["mesh_code", "population", "population_65plus", "population_75plus"],
    )
    return build_origins(table, pref)


def people(result):
    areas = result.areas
    keys = zip(areas["mesh_code"], areas["muni_code"], strict=True)
    return dict(zip(keys, areas["population"], strict=True))


@pytest.mark.parametrize("by_prefecture", [True, False])
def test_a_cell_is_shared_by_area(by_prefecture):
    places = municipalities(m16201=box(-5, -5, 0.7, 5), m16202=box(0.7, -5, 9, 5))
    result = origin_areas(origins((0, 0, 10), (3, 0, 7)), places, by_prefecture)
    assert people(result) == {
        (code(0, 0), "16201"): 7,
        (code(0, 0), "16202"): 3,
        (code(3, 0), "16202"): 7,
    }
    assert result.areas["share"].tolist() == pytest.approx([0.7, 0.3, 1])
    assert result.other_prefecture == 0


def test_of_a_coastal_cell_the_sea_has_nobody():
    places = municipalities(m16201=box(-5, -5, 0.1, 5))
    for by_prefecture in (True, False):
        result = origin_areas(origins((0, 0, 10)), places, by_prefecture)
        assert people(result) == {(code(0, 0), "16201"): 10}
        assert result.areas["share"].tolist() == [1.0]


def test_at_a_land_border_the_part_outside_is_the_neighbours():
    places = municipalities(m16201=box(-5, -5, 0.1, 5))
    table = origins((0, 0, 10), (1, 1, 20), (0, -3, 10))
    result = origin_areas(table, places, by_prefecture=False)
    # (1, 1) is wholly outside and touches (0, 0), but not (0, -3), which is on the coast.
    assert people(result) == {(code(0, 0), "16201"): 1, (code(0, -3), "16201"): 10}
    assert result.other_prefecture == 29
    inside = within_prefecture(table, result.areas)
    assert inside["population"].sum() + result.other_prefecture == table["population"].sum()
    assert inside["mesh_code"].tolist() == [code(0, -3), code(0, 0)]


def test_at_an_empty_land_border_a_cell_is_shared_with_the_known_neighbour():
    """26 people, nobody around them: without the neighbour both sides take all of them."""
    west = municipalities(m16201=box(-5, -5, 0.25, 5))
    east = municipalities(m17201=box(0.25, -5, 5, 5))
    table = origins((0, 0, 26))
    halves = [(west, east, "16201"), (east, west, "17201")]
    alone = [people(origin_areas(table, mine, False))[code(0, 0), m] for mine, _, m in halves]
    assert alone == [26, 26]
    results = [origin_areas(table, mine, False, other) for mine, other, _ in halves]
    # 6.5 and 19.5: one tie, broken in the same way on both sides.
    assert [people(r) for r in results] == [{(code(0, 0), "16201"): 7}, {(code(0, 0), "17201"): 19}]
    assert [r.other_prefecture for r in results] == [19, 7]
    assert [r.areas["share"].item() for r in results] == pytest.approx([0.25, 0.75])


def test_the_sea_of_a_border_cell_is_nobodys_and_a_third_side_has_its_part():
    west = municipalities(m16201=box(-5, -5, 0.25, 5))
    east = municipalities(m17201=box(0.75, -5, 5, 0.5))
    table = origins((0, 0, 12))
    # Half of the cell is sea, and of the land two thirds are in the west.
    assert people(origin_areas(table, west, False, east)) == {(code(0, 0), "16201"): 8}
    assert people(origin_areas(table, east, False, west)) == {(code(0, 0), "17201"): 4}
    # Somebody lives beyond both: what neither has is the third's.
    table = origins((0, 0, 12), (0, 7, 9), (0, 6, 8))
    north = origin_areas(table, municipalities(m16201=box(-5, -5, 0.25, 6.5)), False, east)
    assert people(north) == {(code(0, 0), "16201"): 8, (code(0, 6), "16201"): 1}
    assert north.other_prefecture == 4 + 9 + 7


def test_in_a_file_by_prefecture_a_neighbour_takes_nobody():
    west = municipalities(m16201=box(-5, -5, 0.25, 5))
    east = municipalities(m17201=box(0.25, -5, 5, 5))
    result = origin_areas(origins((0, 0, 26)), west, True, east)
    assert people(result) == {(code(0, 0), "16201"): 26}


def test_in_a_file_by_prefecture_everybody_belongs():
    places = municipalities(m16201=box(-5, -5, 0.1, 5), m16202=box(-5, 5, 0.1, 9))
    result = origin_areas(origins((0, 0, 10), (1, 1, 20), (3, 8, 5)), places, by_prefecture=True)
    assert people(result) == {
        (code(0, 0), "16201"): 10,
        (code(1, 1), "16201"): 20,  # nothing overlaps: the nearest
        (code(3, 8), "16202"): 5,
    }
    assert result.other_prefecture == 0


def test_overlapping_or_touching_polygons_count_nobody_twice():
    places = municipalities(m16201=box(0, 0, 1, 1), m16202=box(0, 0, 1, 1), m16203=box(1, 0, 2, 1))
    result = origin_areas(origins((0, 0, 11)), places, by_prefecture=True)
    assert people(result) == {(code(0, 0), "16201"): 6, (code(0, 0), "16202"): 5}


def test_ages_never_exceed_people_and_add_up():
    places = municipalities(
        m16201=box(0, 0, 0.4, 1), m16202=box(0.4, 0, 0.75, 1), m16203=box(0.75, 0, 1, 1)
    )
    result = origin_areas(origins((0, 0, 4, 3, 3)), places, by_prefecture=True).areas
    assert result[["population", "population_65plus", "population_75plus"]].sum().tolist() == [
        4,
        3,
        3,
    ]
    assert (result["population_65plus"] <= result["population"]).all()
    assert (result["population_75plus"] <= result["population_65plus"]).all()


def test_fractions_are_shared_in_proportion_and_kept():
    places = municipalities(m16201=box(-5, -5, 0.7, 5), m16202=box(0.7, -5, 9, 5))
    result = origin_areas(origins((0, 0, 10.5, 0.1)), places, by_prefecture=True).areas
    assert result["population"].tolist() == pytest.approx([7.35, 3.15])
    assert result["population"].sum() == 10.5
    assert result["population_65plus"].sum() == pytest.approx(0.1, abs=1e-15)
    assert result["population_75plus"].isna().all()


def test_nothing_in_nothing_out_and_no_boundaries_is_one_sentence():
    places = municipalities(m16201=box(0, 0, 1, 1))
    empty = origin_areas(schema.ORIGINS.empty(), places, by_prefecture=True)
    assert empty.areas.empty
    assert empty.areas.columns.tolist() == schema.ORIGIN_AREAS.names
    with pytest.raises(InputError, match="N03"):
        origin_areas(origins((0, 0, 1)), places.iloc[:0], by_prefecture=True)


# Borders on cell borders, within cells, and next to nothing apart.
CUTS = st.lists(
    st.integers(-60, 140).map(lambda n: n / 40) | st.sampled_from([1e-9, 1 + 1e-12, 1e-108]),
    min_size=1,
    max_size=5,
    unique=True,
)


@given(
    cuts=CUTS,
    rows=st.dictionaries(
        st.tuples(st.integers(-2, 4), st.integers(-2, 4)),
        st.tuples(st.integers(1, 30), st.integers(0, 30)),
        min_size=1,
        max_size=12,
    ),
    by_prefecture=st.booleans(),
    random=st.randoms(use_true_random=False),
)
@settings(max_examples=40, deadline=None)
def test_nobody_is_lost_whatever_the_borders(cuts, rows, by_prefecture, random):
    edges = [-2.0, *sorted(cuts), 4.0]
    shapes = {
        f"m16{i:03d}": box(west, -1, east, 2.5)
        for i, (west, east) in enumerate(itertools.pairwise(edges), start=201)
    }
    places = municipalities(**shapes)
    table = origins(*[(x, y, n, min(n, o)) for (x, y), (n, o) in rows.items()])
    before = table.copy(deep=True)
    result = origin_areas(table, places, by_prefecture)
    pd.testing.assert_frame_equal(table, before)
    areas = result.areas
    assert areas["population"].sum() + result.other_prefecture == table["population"].sum()
    assert (areas["population"] % 1 == 0).all()
    assert (areas["population_65plus"] <= areas["population"]).all()
    assert areas["share"].between(0, 1).all()
    if by_prefecture:
        assert result.other_prefecture == 0
        by_cell = areas.groupby("mesh_code")[["population", "population_65plus"]].sum()
        expected = table.set_index("mesh_code")[["population", "population_65plus"]].sort_index()
        assert np.array_equal(by_cell.to_numpy(), expected.to_numpy())
    shuffled = table.iloc[sorted(range(len(table)), key=lambda _: random.random())]
    again = origin_areas(shuffled, places.iloc[::-1], by_prefecture)
    pd.testing.assert_frame_equal(again.areas, areas)


def test_quick_clipping_equals_plain_intersection():
    # A ragged star with a hole, whose points partly lie on cell borders.
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    radius = np.where(np.arange(40) % 2, 3.0, 1.5)
    ring = [(0.5 + r * np.cos(a), 0.5 + r * np.sin(a)) for a, r in zip(angle, radius, strict=True)]
    hole = [(0, 0), (0.5, 0), (0.5, 0.5), (0, 0.5)]
    star = shapely.transform(
        shapely.Polygon(ring, [hole]),
        lambda xy: np.column_stack([100 + (COL + xy[:, 0]) / 80, (ROW + xy[:, 1]) / 120]),
    )
    codes = np.array([code(x, y) for x in range(-4, 6) for y in range(-4, 6)], dtype=object)
    polygons = np.array([star, box(-4, 2, 1, 5)], dtype=object)
    found = overlaps(codes, polygons)
    cells = mesh.polygons(codes)
    plain = np.array(
        [
            [shapely.area(shapely.intersection(c, p)) / shapely.area(c) for p in polygons]
            for c in cells
        ]
    )
    got = np.zeros_like(plain)
    got[found.cell, found.polygon] = found.share
    assert np.allclose(got, plain, atol=1e-9)
    assert (plain > 0).sum() > 20


def read_all(shared_data, population, n03, pref, kind="estat-mesh"):
    cells = read_population([Found(shared_data(population), None, kind, "")])
    places = read_n03(Found(shared_data(n03), None, "n03", ""), pref).table
    return build_origins(restore_suppressed(cells.table), pref), places


def test_all_of_wakayama_belongs_to_wakayama(shared_data):
    table, places = read_all(
        shared_data, "30/tblT001100S30.txt", "30/N03-21_30_210101.geojson", "30"
    )
    result = origin_areas(table, places, by_prefecture=True)
    areas = result.areas
    assert areas["population"].sum() == 922_584
    assert (areas["population"] % 1 == 0).all()
    assert areas["mesh_code"].nunique() == 2237
    assert (areas["population_65plus"] <= areas["population"]).all()
    # Wakayama City had 356,729 people in the 2020 census; cells are 1 km, borders are rivers.
    city = areas.loc[areas["muni_code"] == "30201", "population"].sum()
    assert city == pytest.approx(356_729, rel=0.01)


def test_of_a_primary_mesh_inside_and_outside_are_everybody(shared_data):
    table, places = read_all(
        shared_data, "13/tblT001101H5339.txt", "13/N03-21_13_210101.geojson", "13"
    )
    result = origin_areas(table, places, by_prefecture=False)
    inside = within_prefecture(table, result.areas)
    assert inside["population"].sum() + result.other_prefecture == 30_215_026
    # Tokyo had 14,047,594 people; the islands and some mountains are not in mesh 5339, and
    # these boundaries are simplified.
    assert inside["population"].sum() == pytest.approx(14_047_594, rel=0.005)


@pytest.mark.parametrize("by_prefecture", [True, False])
def test_nobody_of_toyama_is_taken_for_a_neighbour(shared_data, by_prefecture):
    table, places = read_all(
        shared_data,
        "16/population_mesh250_toyama_city.csv",
        "16/N03-21_16_210101.geojson",
        "16",
        "mesh-csv",
    )
    result = origin_areas(table, places, by_prefecture)
    assert result.areas["population"].sum() == 459_003
    assert result.other_prefecture == 0
    # The file reaches beyond Toyama City, and the prefecture's figures must follow.
    assert result.areas["muni_code"].nunique() == 7
