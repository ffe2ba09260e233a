"""Zones of demand-responsive transport: found by their folder, read whatever their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely

from coverage_gis.errors import InputError
from coverage_gis.sources.found import Found
from coverage_gis.sources.inventory import scan
from coverage_gis.sources.zones import NO_ZONES, read_zones

if TYPE_CHECKING:
    from pathlib import Path

SQUARE = shapely.box(137.0, 36.0, 137.1, 36.1)


def zone_file(folder: Path, name: str = "demand.geojson", **columns: object) -> Path:
    path = folder / "16" / "zones" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    shapes = columns.pop("geometry", [SQUARE])
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:6668")
    if name.endswith(".shp"):
        frame.to_file(path, encoding="cp932")
    else:
        frame.to_file(path, driver="GeoJSON")
    return path


@pytest.mark.parametrize("name", ["demand.geojson", "demand.shp"])
def test_a_file_in_the_folder_zones_is_a_zone(tmp_path: Path, name: str) -> None:
    zone_file(tmp_path, name, 名称=["のるーと"], 曜日=["月水金"], 時間=["8-17時"])
    (found,) = scan(tmp_path, "16")
    assert found.kind == "zone"
    result = read_zones(found)
    row = result.table.iloc[0]
    assert [row["zone_name"], row["days"], row["hours"]] == ["のるーと", "月水金", "8-17時"]
    assert row["zone_id"] == "zone:demand:1"
    assert result.table.crs.to_epsg() == 6668
    assert list(result.table.columns) == list(NO_ZONES.columns)


def test_the_same_file_elsewhere_is_none(tmp_path: Path) -> None:
    path = zone_file(tmp_path, name="demand.geojson", days=["daily"])
    path.rename(tmp_path / "16" / "demand.geojson")
    assert scan(tmp_path, "16") == []


def test_a_zone_without_a_name_is_called_after_its_file(tmp_path: Path) -> None:
    path = zone_file(tmp_path, fid=[7])
    row = read_zones(Found(path, None, "zone", "")).table.iloc[0]
    assert [row["zone_name"], row["days"], row["hours"]] == ["demand", "", ""]


def test_what_is_no_polygon_is_counted_and_a_bow_tie_is_mended(tmp_path: Path) -> None:
    bow = shapely.Polygon([(137, 36), (138, 37), (138, 36), (137, 37)])
    path = zone_file(
        tmp_path, name="mixed.geojson", days=["a", "b"], geometry=[bow, shapely.Point(137, 36)]
    )
    result = read_zones(Found(path, None, "zone", ""))
    assert (result.read, result.used) == (2, 1)
    assert result.table.geometry.is_valid.all()


def test_a_file_without_a_polygon_says_what_to_do(tmp_path: Path) -> None:
    path = zone_file(tmp_path, days=["a"], geometry=[shapely.Point(137, 36)])
    with pytest.raises(InputError, match="holds no polygon"):
        read_zones(Found(path, None, "zone", ""))
