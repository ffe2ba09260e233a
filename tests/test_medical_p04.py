from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
from shapely import Point

from coverage_gis.crs import JGD2000, JGD2011
from coverage_gis.errors import InputError
from coverage_gis.sources.found import Found
from coverage_gis.sources.medical_p04 import edition_of, read_p04

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NEW = ("P04_001", "P04_002", "P04_003", "P04_004", "P04_005", "P04_006", "P04_007", "P04_008",
       "P04_009", "P04_010")  # fmt: skip


def written(folder: Path, rows: list[tuple[object, ...]], name: str = "P04-20_16.geojson") -> Found:
    frame = gpd.GeoDataFrame(
        [r[1:] for r in rows],
        columns=NEW,
        geometry=[Point(*r[0]) if r[0] else None for r in rows],  # type: ignore[misc] # rows are loose tuples
        crs=JGD2011,
    )
    frame.to_file(folder / name)
    return Found(folder / name, None, "p04", "")


ROWS: list[tuple[object, ...]] = [
    ((137.2, 36.7), 1, "中央病院", "富山市1", "内科", "", "", 4, 300, 1, 2),
    ((137.3, 36.7), 2, "山田医院", "富山市2", "内科", "", "", 9, 0, 9, 9),
    ((137.4, 36.7), 3, "山田歯科", "富山市3", "歯科", "", "", 9, 0, 9, 9),
    ((137.4, 36.7), 3, "山田歯科", "富山市3", "歯科", "", "", 9, 0, 9, 9),
    ((137.5, 36.7), 7, "薬局", "富山市4", "", "", "", 9, 0, 9, 9),
    ((0.0, 0.0), 2, "どこか", "不明", "", "", "", 9, 0, 9, 9),
]


def test_p04_20(tmp_path: Path) -> None:
    result = read_p04(written(tmp_path, ROWS))
    table = result.table.set_index("service")
    assert table["name"].to_dict() == {
        "hospital": "中央病院",
        "clinic": "山田医院",
        "dental": "山田歯科",
    }
    assert table.loc["hospital", ["lon", "lat", "capacity"]].tolist() == [137.2, 36.7, 300]
    assert table["capacity"].isna().to_dict() == {"hospital": False, "clinic": True, "dental": True}
    assert result.read == 6
    assert dict(result.dropped) == {
        "class is not hospital, clinic or dental": 1,
        "row repeated word for word": 1,
        "no coordinates": 1,
    }


def test_ids_do_not_depend_on_the_order_of_rows(tmp_path: Path) -> None:
    one = read_p04(written(tmp_path, ROWS, "a.geojson")).table
    other = read_p04(written(tmp_path, ROWS[::-1], "b.geojson")).table
    assert one.equals(other)


def test_bounds_leave_out_what_is_far(tmp_path: Path) -> None:
    result = read_p04(written(tmp_path, ROWS), bounds=(137.25, 36.0, 137.35, 37.0))
    assert result.table["name"].tolist() == ["山田医院"]
    assert result.dropped["outside the prefecture and its margin"] == 2


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.geojson"
    gpd.GeoDataFrame({"a": [1]}, geometry=[Point(137, 36)], crs=JGD2011).to_file(path)
    with pytest.raises(InputError, match=r"x\.geojson lacks the column\(s\) P04_001"):
        read_p04(Found(path, None, "p04", ""))


def test_cp932_without_cpg_in_jgd2000(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"P04_001": ["2"], "P04_002": ["表参道ソ医院"], "P04_003": ["和歌山県"]},
        geometry=[Point(135.2, 34.2)],
        crs=JGD2000,
    )
    path = tmp_path / "P04-14_30-g_MedicalInstitution.shp"
    frame.to_file(path, encoding="CP932")
    path.with_suffix(".cpg").unlink()
    table = read_p04(Found(path, None, "p04", "")).table
    assert table["name"].tolist() == ["表参道ソ医院"]
    assert np.abs(table[["lon", "lat"]].to_numpy() - [135.2, 34.2]).max() < 1e-4


def test_the_edition_is_told_by_the_columns() -> None:
    assert edition_of(gpd.GeoDataFrame(columns=[*NEW, "geometry"])) == "P04-20"
    assert edition_of(gpd.GeoDataFrame(columns=[*NEW[:7], "geometry"])) == "P04-14"


def test_all_of_wakayama(shared_data: Callable[[str], Path]) -> None:
    path = shared_data("30/P04-14_30-g_MedicalInstitution.shp")
    result = read_p04(Found(path, None, "p04", ""))
    assert (result.read, result.used, len(result.table)) == (1743, 1743, 1743)
    counts = result.table["service"].value_counts().to_dict()
    assert counts == {"clinic": 1097, "dental": 560, "hospital": 86}
    names = set(result.table["name"])
    assert {"向陽病院", "済生会和歌山病院"} <= names
    assert not any("\ufffd" in name for name in names)
    assert result.table["lon"].between(135.0, 136.1).all()
    assert result.table["lat"].between(33.4, 34.4).all()
