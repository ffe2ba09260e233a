from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
from shapely import MultiPoint, Point

from coverage_gis.crs import JGD2000, JGD2011
from coverage_gis.errors import InputError
from coverage_gis.sources.found import Found
from coverage_gis.sources.stops_p11 import read_p11

if TYPE_CHECKING:
    from pathlib import Path

PLACES = [(137.2, 36.7), (137.2, 36.7), (137.3, 36.7)]


def new_edition() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "P11_001": ["市役所前", "市役所前", "駅前"],
            "P11_002": ["甲バス", "乙バス", "甲バス"],
            "P11_003_01": ["1系統,2系統", "9系統", "1系統"],
            "P11_004_01": ["1", "1", "3"],
            "P11_005": ["", "", ""],
        },
        geometry=[Point(p) for p in PLACES],
        crs=JGD2011,
    )


def old_edition() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "P11_001": ["市役所前", "駅前"],
            "P11_002": ["1", "3"],
            "P11_003_1": ["甲バス", "甲バス"],
            "P11_003_2": ["乙バス", ""],
            "P11_004_1": ["1系統", "1系統"],
        },
        geometry=[Point(p) for p in PLACES[1:]],
        crs=JGD2000,
    )


def test_p11_22_joins_the_operators_of_one_stop(tmp_path: Path) -> None:
    path = tmp_path / "P11-22_16.geojson"
    new_edition().to_file(path)
    result = read_p11(Found(path, None, "p11", ""))
    assert result.table["name"].tolist().count("市役所前") == 1
    assert dict(result.dropped) == {"another row of the same facility": 1}
    joined = result.table[result.table["name"] == "市役所前"].iloc[0]
    assert len(joined["source_ids"].split(";")) == 2
    assert set(result.table["service"]) == {"bus_stop"}
    assert "P11-22" in result.notes[0]


def test_p11_10_without_prj(tmp_path: Path) -> None:
    path = tmp_path / "P11-10_16-jgd-g_BusStop.shp"
    old_edition().to_file(path, encoding="CP932")
    path.with_suffix(".cpg").unlink()
    path.with_suffix(".prj").unlink()
    result = read_p11(Found(path, None, "p11", ""))
    assert sorted(result.table["name"]) == ["市役所前", "駅前"]
    assert "P11-10" in result.notes[0]
    assert result.table["lon"].round(3).tolist() == pytest.approx([137.2, 137.3], abs=0.2)


def test_a_point_in_a_multipoint(tmp_path: Path) -> None:
    path = tmp_path / "x.geojson"
    frame = new_edition()
    frame.geometry = [MultiPoint([p]) for p in PLACES]
    frame.to_file(path)
    assert len(read_p11(Found(path, None, "p11", "")).table) == 2


def test_neither_edition(tmp_path: Path) -> None:
    path = tmp_path / "x.geojson"
    new_edition().drop(columns="P11_003_01").to_file(path)
    with pytest.raises(InputError, match=r"neither the column P11_003_01"):
        read_p11(Found(path, None, "p11", ""))
