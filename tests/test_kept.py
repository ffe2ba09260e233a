"""A file decoded once for many prefectures gives each what reading the file gives it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coverage_gis.crs import JGD2000, JGD2011, WGS84
from coverage_gis.demo import Site, generate
from coverage_gis.errors import InputError
from coverage_gis.sources.boundaries import read_n03_of
from coverage_gis.sources.delimited import read_listed
from coverage_gis.sources.found import Found
from coverage_gis.sources.inventory import scan
from coverage_gis.sources.kept import KEEPERS
from coverage_gis.sources.mhlw import read_mhlw_departments
from coverage_gis.sources.population import read_estat
from coverage_gis.sources.vector import read_vector
from coverage_gis.store import mapped
from pipelines.shared import forget_others, keep_file, keys_of, shared_key, with_kept
from pipelines.stages.destinations import _READERS

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path("../shared/data")
RULES: Any = None
"""Settings matter for extracts alone."""
BOXES = ((136.9, 36.5, 137.3, 36.8), (139.5, 35.5, 139.9, 35.8), (10.0, 10.0, 11.0, 11.0))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Found]:
    """What the demo's generator writes: most kinds of files, zipped and not."""
    top = tmp_path_factory.mktemp("kept")
    generate(top / "16", cells=100, nodes=8000, seed=1, site=Site("16", "富山県"))
    return scan(top, "16")


def kept(found: Found, shared: Path) -> Found:
    folder = keep_file(found, shared)
    (out,) = with_kept([found], shared)
    assert out.kept == folder
    return out


def same(one: Any, other: Any) -> None:
    assert (one.read, list(one.dropped.items()), one.notes) == (
        other.read,
        list(other.dropped.items()),
        other.notes,
    )
    for table in ("table", "rejected", "space"):
        a, b = getattr(one, table), getattr(other, table)
        assert (a is None) == (b is None), table
        if isinstance(a, gpd.GeoDataFrame):
            assert_geodataframe_equal(a, b)
        elif a is not None:
            pd.testing.assert_frame_equal(a, b)


def read(found: Found, bounds: tuple[float, float, float, float] | None) -> Any:
    if found.kind == "n03":
        return read_n03_of([found], ("16", "17"))
    if found.kind == "estat-mesh":
        return read_estat(found)
    return _READERS[found.kind](found, bounds=bounds)


def readable(found: Found) -> bool:
    return found.kind in KEEPERS and (found.kind in _READERS or found.kind in {"n03", "estat-mesh"})


def test_every_kind_of_the_demo(made: list[Found], tmp_path: Path) -> None:
    kinds = set()
    for found in filter(readable, made):
        again = kept(found, tmp_path)
        kinds.add(found.kind)
        places = read(found, None).table
        boxes = [None, *BOXES]
        if "lon" in places and len(places):  # a box whose edges pass through places
            lon, lat = (np.sort(places[c].to_numpy()) for c in ("lon", "lat"))
            boxes.append((lon[len(lon) // 4], lat[0], lon[len(lon) // 2], lat[-1]))
        for bounds in boxes:
            same(read(again, bounds), read(found, bounds))
    assert len(kinds) >= 6


@pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data")
@pytest.mark.parametrize(
    ("pref", "kind"),
    [("16", "n02"), ("13", "n03"), ("30", "gsi-shelter"), ("30", "estat-mesh")],
)
def test_real_files(pref: str, kind: str, tmp_path: Path) -> None:
    some = [f for f in scan(DATA, pref) if f.kind == kind]
    assert some
    for found in some:
        again = kept(found, tmp_path)
        same(read(again, BOXES[0]), read(found, BOXES[0]))


corner = st.tuples(st.integers(-3, 3), st.integers(-3, 3))
shape = st.one_of(
    st.none(),
    corner.map(shapely.Point),
    st.lists(corner, min_size=2, max_size=4).filter(lambda c: len(set(c)) > 1).map(
        shapely.LineString
    ),
    st.tuples(corner, st.integers(1, 3), st.integers(1, 3)).map(
        lambda b: shapely.box(b[0][0], b[0][1], b[0][0] + b[1], b[0][1] + b[2])
    ),
)  # fmt: skip


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rows=st.lists(
        st.tuples(shape, st.one_of(st.none(), st.integers(0, 9)), st.sampled_from(["駅", "", "a"])),
        min_size=1,
        max_size=8,
    ),
    low=corner,
    size=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    crs=st.sampled_from([WGS84, JGD2000, JGD2011]),
)
def test_features_are_cut_as_gdal_cuts_them(
    rows: list[Any], low: Any, size: Any, crs: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Corners on whole numbers: shapes touch edges and corners of the box, or lie along them."""
    folder = tmp_path_factory.mktemp("cut")
    frame = gpd.GeoDataFrame(
        {"n": pd.array([r[1] for r in rows], dtype="Int64"), "name": [r[2] for r in rows]},
        geometry=[r[0] for r in rows],
        crs=crs,
    )
    path = folder / "some.geojson"
    frame.to_file(path)
    found = Found(path, None, "n02", "")
    again = kept(found, folder / "shared")
    box = (low[0], low[1], low[0] + size[0], low[1] + size[1])
    for bounds in (None, box):
        for columns in (None, ("name",), ("other", "n")):
            direct = read_vector(found, bounds=bounds, columns=columns)
            cut = read_vector(again, bounds=bounds, columns=columns)
            # A column of no row at all has no type of its own.
            assert_geodataframe_equal(cut, direct, check_dtype=len(direct) > 0)


@pytest.mark.filterwarnings("ignore:'crs' was not provided:UserWarning")
def test_a_shapefile_without_prj_in_cp932(tmp_path: Path) -> None:
    path = tmp_path / "made.shp"
    points = gpd.points_from_xy([137.0, 137.5], [36.0, 36.5])
    frame = gpd.GeoDataFrame({"名前": ["富山", "高岡"], "n": [1, 2]}, geometry=points)
    frame.to_file(path, encoding="cp932")
    path.with_suffix(".cpg").unlink()
    found = Found(path, None, "p14", "")
    again = kept(found, tmp_path / "shared")
    for missing in (JGD2000, JGD2011):
        direct = read_vector(found, crs_if_missing=missing)
        assert_geodataframe_equal(read_vector(again, crs_if_missing=missing), direct)
        assert direct["名前"].tolist() == ["富山", "高岡"]
    with pytest.raises(InputError, match=r"no \.prj"):
        read_vector(again, crs_if_missing=None)


def test_departments_are_kept_as_read(tmp_path: Path) -> None:
    path = tmp_path / "02-2_clinic_speciality_hours_20250601.csv"
    path.write_text("ID,診療科目名\n1,内科\n1,外科\n2,\n", encoding="utf-8-sig")
    found = Found(path, None, "mhlw-hours", "")
    same(read_mhlw_departments(kept(found, tmp_path / "s")), read_mhlw_departments(found))


def test_what_cannot_be_kept_is_read_by_everybody(tmp_path: Path) -> None:
    path = tmp_path / "some.geojson"
    point = gpd.GeoDataFrame({"box_west": [1]}, geometry=[shapely.Point(1, 2)], crs=JGD2011)
    point.to_file(path)  # a name that the kept form has for its own
    with pytest.raises(ValueError, match="box_west"):
        keep_file(Found(path, None, "n02", ""), tmp_path / "shared")
    assert not [p for p in (tmp_path / "shared").iterdir() if p.is_dir()]
    with pytest.raises(ValueError, match="gtfs"):
        keep_file(Found(path, None, "gtfs", ""), tmp_path / "shared")
    assert shared_key(Found(path, None, "gtfs", "")) is None


def test_columns_whose_names_differ_in_spaces_are_one(tmp_path: Path) -> None:
    path = tmp_path / "mergeFromCity_1.csv"
    path.write_text("共通ID,共通ID ,名称\n1,2,駅\n", encoding="utf-8")
    found = Found(path, None, "gsi-shelter", "")
    rows = read_listed(found)
    assert rows.to_dict("list") == {"共通ID": ["1"], "名称": ["駅"]}
    pd.testing.assert_frame_equal(read_listed(kept(found, tmp_path / "shared")), rows)


def test_a_file_that_changed_is_decoded_again(
    tmp_path: Path, shared_data: Callable[[str], Path]
) -> None:
    path = tmp_path / "N02-20_Station.geojson"
    path.write_bytes(shared_data("N02-20_Station.geojson").read_bytes())
    found = Found(path, None, "n02", "")
    shared = tmp_path / "shared"
    assert with_kept([found], shared) == [found]
    first = kept(found, shared).kept
    assert first is not None
    assert keys_of([found], RULES) == {first.name}
    link = tmp_path / "linked" / path.name
    link.parent.mkdir()
    link.hardlink_to(path)
    assert shared_key(replace(found, path=link)) == shared_key(found)
    path.write_bytes(path.read_bytes() + b"\n")
    assert with_kept([found], shared)[0].kept is None
    forget_others(keys_of([found], RULES), shared)
    assert not first.exists()


def test_a_table_opened_without_being_read(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"word": ["a", None, "駅"], "n": [1.5, np.nan, 3.0], "k": [1, 2, 3]}, index=[4, 2, 9]
    ).astype({"word": "str"})
    mapped.save(tmp_path, "t", table)
    pd.testing.assert_frame_equal(mapped.load(tmp_path, "t"), table)
    pd.testing.assert_frame_equal(mapped.load(tmp_path, "t", columns=["k"]), table[["k"]])
    some = mapped.load(tmp_path, "t", rows=np.array([True, False, True]))
    pd.testing.assert_frame_equal(some, table.iloc[[0, 2]].reset_index(drop=True))
    none = mapped.load(tmp_path, "t", rows=np.zeros(3, dtype=bool))
    pd.testing.assert_frame_equal(none, table.iloc[:0].reset_index(drop=True))
