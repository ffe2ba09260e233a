"""CSV, Parquet and raster: what is read back is what was written, the same bytes each time."""

from __future__ import annotations

import csv
import io
import json
import math
import time
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gis import schema
from coverage_gis.codes import mesh
from coverage_gis.errors import InputError, OutputError
from coverage_gis.export.csv import BOM, csv_bytes, number, write_csv
from coverage_gis.export.parquet import ROWS_PER_GROUP, write_table
from coverage_gis.export.raster import write_distance_tif
from coverage_gis.export.text import no_formula, plain

if TYPE_CHECKING:
    from pathlib import Path

NAMES = st.text(st.characters(blacklist_categories=["Cs"]), max_size=30)


def read_csv(data: bytes) -> list[list[str]]:
    assert data.startswith(BOM)
    text = data.removeprefix(BOM).decode("utf-8")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


# --- CSV ---------------------------------------------------------------------------------


def test_a_csv_by_hand() -> None:
    frame = pd.DataFrame(
        {
            "area_code": ["01100", "16"],
            "area_name": ["札幌市", '富山, "県"'],
            "year": [2020, 2020],
            "population": [1234.0, 0.1 + 0.2],
            "coverage_rate": [1 / 3, np.nan],
            "distance_m": [1e-5, 123456.78],
        }
    )
    assert (
        csv_bytes(frame)
        == BOM
        + (
            "area_code,area_name,year,population,coverage_rate,distance_m\r\n"
            "01100,札幌市,2020,1234,0.333333,0\r\n"
            '16,"富山, ""県""",2020,0.3,,123456.8\r\n'
        ).encode()
    )


@pytest.mark.parametrize(
    "hostile",
    [
        '=HYPERLINK("http://x","y")', "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", " =1", "＝1",
        "＋1", "－1", "＠x", "\u200e=1", "\ufeff=1", "\x00=1", "\u3000=1", "\x85=1", "\u202e=1",
    ],
)  # fmt: skip
def test_no_spreadsheet_starts_a_formula(hostile: str) -> None:
    frame = pd.DataFrame({"name": [hostile], "area_name": pd.Series([hostile], dtype="str")})
    row = read_csv(csv_bytes(frame))[1]
    for cell in row:
        assert cell.startswith("'")
        assert cell.isprintable()


@given(st.lists(NAMES, min_size=1, max_size=5))
@settings(deadline=None, max_examples=100)
def test_any_name_is_one_inert_cell_and_comes_back(names: list[str]) -> None:
    rows = read_csv(csv_bytes(pd.DataFrame({"code": ["01"] * len(names), "name": names})))
    assert [row[0] for row in rows[1:]] == ["01"] * len(names)
    for (_, cell), name in zip(rows[1:], names, strict=True):
        assert cell == no_formula(plain(name))
        assert cell.lstrip()[:1] not in set("=+-@＝＋－＠")
        assert "\n" not in cell
        assert "\r" not in cell


@given(st.floats(-1e9, 1e9), st.integers(0, 8))
@settings(deadline=None, max_examples=300)
def test_numbers_are_right_to_their_decimals_and_without_noise(value: float, decimals: int) -> None:
    text = number(value, decimals)
    assert abs(float(text) - value) <= 0.5 * 10.0**-decimals + abs(value) * 1e-15
    assert "e" not in text
    assert text != "-0"
    assert not (text.endswith("0") and "." in text)
    assert len(text.partition(".")[2]) <= decimals


def test_whole_people_come_back_to_the_last_person() -> None:
    people = pd.DataFrame({"population": np.arange(0, 2_000_000, 9973, dtype=float)})
    cells = [int(row[0]) for row in read_csv(csv_bytes(people))[1:]]
    assert cells == people["population"].astype(int).tolist()


def test_infinity_is_refused() -> None:
    with pytest.raises(OutputError, match="walk_m holds an infinite"):
        csv_bytes(pd.DataFrame({"walk_m": [1.0, math.inf]}))


def test_nulls_bools_and_nullable_integers() -> None:
    frame = pd.DataFrame(
        {
            "trips": pd.array([3, None], dtype="Int64"),
            "inside": [True, False],
            "name": pd.Series([None, "駅"], dtype="str"),
        }
    )
    assert read_csv(csv_bytes(frame)) == [
        ["trips", "inside", "name"],
        ["3", "True", ""],
        ["", "False", "駅"],
    ]


def test_empty_in_empty_out(tmp_path: Path) -> None:
    write_csv(schema.COVERAGE.empty(), tmp_path / "coverage.csv")
    assert read_csv((tmp_path / "coverage.csv").read_bytes()) == [schema.COVERAGE.names]


# --- Parquet -----------------------------------------------------------------------------


def access(n: int = 3) -> pd.DataFrame:
    frame = schema.ACCESS.empty().reindex(range(n))
    frame[schema.MESH_CODE] = [f"{553700001 + k}" for k in range(n)]
    frame[schema.PREF_CODE] = "01"
    frame[[schema.SERVICE, schema.MODE, schema.METRIC]] = ["shop", "walk", "road"]
    frame[schema.RANK] = 1
    frame[schema.DISTANCE_M] = np.where(np.arange(n) % 2, np.nan, np.arange(n) / 3)
    frame[schema.STATUS] = "ok"
    return schema.ACCESS.conform(frame)


def test_a_table_comes_back_with_its_meanings(tmp_path: Path) -> None:
    path = tmp_path / "access.parquet"
    write_table(access(), path, {"attribution": "出典"}, columns=schema.ACCESS.columns)
    pd.testing.assert_frame_equal(pd.read_parquet(path), access())
    file = pq.read_schema(path)
    assert file.metadata[b"attribution"].decode() == "出典"
    assert file.field(schema.DISTANCE_M).metadata[b"unit"] == b"m"
    assert (
        file.field(schema.SNAP_M).metadata[b"meaning"].decode()
        == "from the cell's centre to the road"
    )


def test_row_groups_are_fixed(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_table(pd.DataFrame({"x": np.arange(ROWS_PER_GROUP + 5)}), path, {})
    file = pq.ParquetFile(path)
    sizes = [file.metadata.row_group(k).num_rows for k in range(file.num_row_groups)]
    assert sizes == [ROWS_PER_GROUP, 5]


def test_the_input_and_its_index_are_left_alone(tmp_path: Path) -> None:
    frame = access().set_index(pd.Index([7, 5, 3]))
    before = frame.copy(deep=True)
    write_table(frame, tmp_path / "a.parquet", {})
    pd.testing.assert_frame_equal(frame, before)
    assert list(pd.read_parquet(tmp_path / "a.parquet").columns) == schema.ACCESS.names


def some_cells(n: int = 4) -> gpd.GeoDataFrame:
    codes = mesh.from_grid(
        36 * 240 + np.arange(n) // 50 * 2, 37 * 160 + np.arange(n) % 50 * 2, mesh.M500
    )
    return gpd.GeoDataFrame(
        {schema.MESH_CODE: codes, "walk_m": np.arange(n) / 7},
        geometry=mesh.polygons(codes),
        crs="EPSG:6668",
    )


def test_geoparquet_comes_back_and_can_be_cut_by_its_boxes(tmp_path: Path) -> None:
    path, cells = tmp_path / "cells.parquet", some_cells()
    write_table(cells, path, {})
    back = gpd.read_parquet(path)
    assert back.crs.to_epsg() == 6668
    assert back[schema.MESH_CODE].tolist() == cells[schema.MESH_CODE].tolist()
    assert (back.geometry == cells.geometry).all()
    west, south, east, north = cells.geometry.iloc[2].buffer(-1e-4).bounds
    assert gpd.read_parquet(path, bbox=(west, south, east, north))[schema.MESH_CODE].tolist() == [
        cells[schema.MESH_CODE].iloc[2]
    ]
    geo = json.loads(pq.read_schema(path).metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["columns"]["geometry"]["geometry_types"] == ["Polygon"]
    assert geo["columns"]["geometry"]["crs"]["id"] == {"authority": "EPSG", "code": 6668}
    assert geo["columns"]["geometry"]["bbox"] == cells.total_bounds.tolist()


def test_geoparquet_without_rows_and_without_a_shape(tmp_path: Path) -> None:
    write_table(some_cells().iloc[:0], tmp_path / "none.parquet", {})
    assert len(gpd.read_parquet(tmp_path / "none.parquet")) == 0
    holes = some_cells()
    holes.loc[1, "geometry"] = None
    write_table(holes, tmp_path / "holes.parquet", {})
    assert gpd.read_parquet(tmp_path / "holes.parquet").geometry.isna().tolist() == [
        False,
        True,
        False,
        False,
    ]


def test_no_crs_no_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="without CRS"):
        write_table(
            gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(1, 1)]), tmp_path / "a", {}
        )


# --- GeoTIFF -----------------------------------------------------------------------------


@pytest.mark.parametrize("level", mesh.POPULATION_LEVELS)
def test_each_pixel_is_its_cell(tmp_path: Path, level: mesh.MeshLevel) -> None:
    rows = int(36 * level.rows_per_degree) + np.array([0, 3, 7, 3])
    cols = int(37.125 * level.cols_per_degree) + np.array([5, 0, 2, 9])
    codes = mesh.from_grid(rows, cols, level)
    values = np.array([100.5, np.nan, 0.0, 3e5])
    path = tmp_path / "d.tif"
    write_distance_tif(
        codes, values, path, description="徒歩の道のり", attribution="国土数値情報 CC BY 4.0"
    )
    with rasterio.open(path) as raster:
        assert (raster.height, raster.width) == (8, 10)
        assert raster.crs.to_epsg() == 6668
        assert math.isnan(raster.nodata)
        assert raster.tags()["TIFFTAG_COPYRIGHT"] == "国土数値情報 CC BY 4.0"
        assert raster.descriptions == ("徒歩の道のり",)
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        sampled = np.ravel(list(raster.sample(zip(*mesh.centroids(codes), strict=True))))
        np.testing.assert_array_equal(sampled, values.astype(np.float32))
        assert np.isfinite(raster.read(1)).sum() == 3
        np.testing.assert_allclose(
            raster.bounds,
            np.array([*mesh.bounds(codes).min(0)[:2], *mesh.bounds(codes).max(0)[2:]]),
            atol=1e-12,
        )


def test_hostile_codes_for_a_raster(tmp_path: Path) -> None:
    def write(codes: list[str]) -> None:
        write_distance_tif(
            codes, np.zeros(len(codes)), tmp_path / "x.tif", description="", attribution=""
        )

    with pytest.raises(OutputError, match="no cells"):
        write([])
    with pytest.raises(OutputError, match="repeated"):
        write(["55370000", "55370000"])
    with pytest.raises(OutputError, match="too many"):
        write(["30220000111", "68530000111"])
    with pytest.raises(InputError):
        write(["99990000"])
    assert list(tmp_path.iterdir()) == []


# --- all of them -------------------------------------------------------------------------


def test_the_same_table_is_the_same_bytes_later(tmp_path: Path) -> None:
    def everything(folder: Path) -> dict[str, bytes]:
        cells = some_cells(2000)
        write_csv(access(500), folder / "a.csv")
        write_table(access(500), folder / "a.parquet", {"b": "1", "a": "2"})
        write_table(cells, folder / "c.parquet", {"a": "2", "b": "1"})
        write_distance_tif(
            cells[schema.MESH_CODE].to_numpy(),
            cells["walk_m"],
            folder / "d.tif",
            description="d",
            attribution="a",
        )
        return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}

    first = everything(tmp_path / "1")
    time.sleep(1.1)  # formats count in seconds
    assert everything(tmp_path / "2") == first
    assert len(first) == 4
