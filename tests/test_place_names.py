"""What places are called: the small area around a cell, or the nearest place node."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from coverage_gis import crs
from coverage_gis.errors import InputError
from coverage_gis.sources.inventory import scan
from coverage_gis.sources.small_areas import read_small_areas
from coverage_gis.vacuum.place_names import cell_names, name_of_most

if TYPE_CHECKING:
    from pathlib import Path

LAT = 36.7
PER_LON = float(crs.metres_per_degree(LAT)[0])


def at(metres: list[float], muni: list[str] | None = None) -> pd.DataFrame:
    lon = [137.0 + m / PER_LON for m in metres]
    return pd.DataFrame({"lon": lon, "lat": LAT, "muni_code": muni or ["16201"] * len(metres)})


def settlements(**metres: float) -> pd.DataFrame:
    lon = [137.0 + m / PER_LON for m in metres.values()]
    ids = [f"n{i}" for i in range(len(metres))]
    return pd.DataFrame({"osm_id": ids, "lon": lon, "lat": LAT, "name": list(metres)})


def named(names: pd.Series) -> list[str | None]:
    return [None if pd.isna(n) else str(n) for n in names]


NOBODY = settlements()


def test_the_nearest_place_within_the_limit_gives_the_name() -> None:
    found = cell_names(at([0, 1400, 1600, 5100]), settlements(東=0, 西=3000), None, 2000)
    assert named(found) == ["東", "東", "西", None]  # 5100 is 2100 m from 西


def test_a_place_names_no_cell_of_another_municipality() -> None:
    # The border is at 1,000 m: 北 lies in A, and the cell at 1,100 m is B's.
    cells = at([0, 900, 1100, 2500], ["A", "A", "B", "B"])
    found = cell_names(cells, settlements(北=800, 南=2600), None, 2000)
    assert named(found) == ["北", "北", "南", "南"]


def test_the_small_area_a_cell_lies_in_goes_before_the_nearest_place() -> None:
    box = shapely.box(137.0 - 500 / PER_LON, 36.6, 137.0 + 500 / PER_LON, 36.8)
    areas = gpd.GeoDataFrame({"name": ["桜町一丁目"]}, geometry=[box], crs=crs.JGD2011)
    found = cell_names(at([0, 600, 9000]), settlements(桜=0), areas, 2000)
    assert named(found) == ["桜町一丁目", "桜", None]
    assert named(cell_names(at([0, 600]), NOBODY, areas, 2000)) == ["桜町一丁目", None]


def test_without_places_or_cells_there_is_no_name() -> None:
    assert named(cell_names(at([0]), NOBODY, None, 2000)) == [None]
    assert named(cell_names(at([]), settlements(東=0), None, 2000)) == []


@given(
    st.lists(
        st.tuples(st.sampled_from("甲乙丙") | st.none(), st.integers(0, 2), st.integers(0, 9)),
        max_size=12,
    )
)
def test_an_area_has_the_name_of_most_of_its_people(rows: list) -> None:
    names, group, people = (pd.Series(c) for c in zip(*rows, strict=True)) if rows else (
        pd.Series(dtype="str"), pd.Series(dtype="int64"), pd.Series(dtype="int64"),
    )  # fmt: skip
    found = name_of_most(names.astype("str"), group, people)
    assert set(found.index) == set(group)
    for g, name in found.items():
        totals: dict[str, int] = {}
        for n, k, p in rows:
            if k == g and n is not None:
                totals[n] = totals.get(n, 0) + p
        if pd.isna(name):
            assert not totals
        else:
            assert (totals[name], name) == min(
                ((v, n) for n, v in totals.items()), key=lambda t: (-t[0], t[1])
            )


def small_areas_file(folder: Path) -> Path:
    """A file as e-Stat publishes it: r2kaPP.shp, its DBF in CP932."""
    squares = [shapely.box(137 + i / 100, 36.7, 137 + (i + 1) / 100, 36.71) for i in range(4)]
    table = pd.DataFrame(
        {
            "KEY_CODE": ["162010020", "162010010", "162019999", "162010030"],
            "PREF": "16", "CITY": "201", "PREF_NAME": "富山県", "CITY_NAME": "富山市",
            "S_NAME": ["桜町一丁目", "西野々", "水面", None],
            "HCODE": [8101, 8101, 8154, 8101],
            "JINKO": [10, 20, 0, 0],
        }
    )  # fmt: skip
    path = folder / "r2ka16.shp"
    gpd.GeoDataFrame(table, geometry=squares, crs=crs.JGD2011).to_file(path, encoding="cp932")
    path.with_suffix(".cpg").unlink(missing_ok=True)
    return path


def test_small_areas_are_recognised_and_read(tmp_path: Path) -> None:
    (tmp_path / "16").mkdir()
    small_areas_file(tmp_path / "16")
    (found,) = scan(tmp_path, "16")
    assert (found.kind, found.detail) == ("small-area", {"pref": "16"})
    result = read_small_areas(found)
    assert result.table["name"].tolist() == ["西野々", "桜町一丁目"]  # by key code
    assert result.dropped == {"a sheet of water": 1, "without a name": 1}
    assert result.read == 4


def test_a_file_without_names_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "16").mkdir()
    path = small_areas_file(tmp_path / "16")
    (found,) = scan(tmp_path, "16")
    gpd.read_file(path).drop(columns="S_NAME").to_file(path)
    with pytest.raises(InputError, match=r"lacks the column\(s\) S_NAME"):
        read_small_areas(found)
