from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
from shapely import LineString, MultiLineString

from coverage_gis.crs import JGD2011, geodesic_m, metres_per_degree
from coverage_gis.errors import InputError
from coverage_gis.sources.found import Found
from coverage_gis.sources.stations_n02 import read_n02

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

LAT = 36.7
PER_LON = float(metres_per_degree(LAT)[0])


def platform(east: float, length: float = 100.0) -> LineString:
    """A line along a parallel whose middle is so many metres east of 137."""
    ends = (137 + (east - length / 2) / PER_LON, 137 + (east + length / 2) / PER_LON)
    return LineString([(ends[0], LAT), (ends[1], LAT)])


def stations(
    folder: Path, rows: list[tuple[str, str, str, BaseGeometry | None]], **codes: list[str]
) -> Found:
    frame = gpd.GeoDataFrame(
        {
            "N02_001": "11",
            "N02_002": "2",
            "N02_003": [r[0] for r in rows],
            "N02_004": [r[1] for r in rows],
            "N02_005": [r[2] for r in rows],
            **{f"N02_{key}": values for key, values in codes.items()},
        },
        geometry=[r[3] for r in rows],
        crs=JGD2011,
    )
    path = folder / "N02_Station.geojson"
    frame.to_file(path)
    return Found(path, None, "n02", "")


def east_of(lon: float) -> float:
    return (lon - 137) * PER_LON


def test_lines_of_one_name_within_300_m_are_one_station(tmp_path: Path) -> None:
    found = stations(
        tmp_path,
        [
            ("北陸線", "JR", "富山", platform(0)),
            ("高山線", "JR", "富山", platform(200)),
            ("市内線", "地鉄", "富山", platform(490)),  # 290 m on
            ("本線", "地鉄", "電鉄富山", platform(100)),  # another name
            ("支線", "私鉄", "富山", platform(2000)),  # another place
        ],
    )
    result = read_n02(found, None)
    assert result.dropped == {"another line or platform of the same station": 2}
    table = result.table.set_index("destination_id")
    assert len(table) == 3
    # The mean of the middles is 230 m east: the line at 200 m is nearest and gives the id.
    main = table.loc["n02:高山線/JR/富山"]
    assert east_of(main["lon"]) == pytest.approx(230, abs=0.05)
    assert set(main["source_ids"].split(";")) == {
        "n02:北陸線/JR/富山", "n02:高山線/JR/富山", "n02:市内線/地鉄/富山"
    }  # fmt: skip
    assert set(table["service"]) == {"station"}


def test_just_over_300_m_is_another_station(tmp_path: Path) -> None:
    rows = [("a", "x", "富山", platform(0)), ("b", "x", "富山", platform(301))]
    assert len(read_n02(stations(tmp_path, rows), None).table) == 2


def test_the_group_code_decides_where_there_is_one(tmp_path: Path) -> None:
    found = stations(
        tmp_path,
        [
            ("a", "x", "梅田", platform(0)),
            ("b", "y", "梅田", platform(600)),
            ("c", "z", "梅田", platform(50)),
        ],
        **{"005c": ["000001", "000002", "000003"], "005g": ["000001", "000001", "000003"]},
    )
    table = read_n02(found, None).table.set_index("destination_id")
    assert table["source_ids"].to_dict() == {
        "n02:000001": "n02:000001;n02:000002",
        "n02:000003": "n02:000003",
    }
    assert east_of(table.loc["n02:000001", "lon"]) == pytest.approx(300, abs=0.05)


def test_a_station_stands_half_way_along_its_longest_line(tmp_path: Path) -> None:
    several = MultiLineString([platform(0, 300), platform(1000, 50)])
    table = read_n02(stations(tmp_path, [("a", "x", "駅", several)]), None).table
    assert east_of(table["lon"].iloc[0]) == pytest.approx(0, abs=0.05)


def test_two_stations_of_one_line_and_name_have_two_ids(tmp_path: Path) -> None:
    # 土合: the two platforms of one line are 500 m apart.
    rows = [("上越線", "JR", "土合", platform(0)), ("上越線", "JR", "土合", platform(520))]
    ids = read_n02(stations(tmp_path, rows), None).table["destination_id"].tolist()
    assert ids == ["n02:上越線/JR/土合", "n02:上越線/JR/土合-2"]


def test_features_without_geometry_are_counted(tmp_path: Path) -> None:
    rows = [("a", "x", "駅", platform(0)), ("b", "x", "港", None)]
    result = read_n02(stations(tmp_path, rows), None)
    assert result.dropped == {"no geometry": 1}
    assert (result.read, len(result.table)) == (2, 1)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.geojson"
    gpd.GeoDataFrame({"a": [1]}, geometry=[platform(0)], crs=JGD2011).to_file(path)
    with pytest.raises(InputError, match="N02_003"):
        read_n02(Found(path, None, "n02", ""), None)


def test_nothing_within_the_bounds(tmp_path: Path) -> None:
    found = stations(tmp_path, [("a", "x", "駅", platform(0))])
    result = read_n02(found, (130.0, 33.0, 131.0, 34.0))
    assert (result.read, len(result.table)) == (0, 0)


def test_the_whole_country(shared_data: Callable[[str], Path]) -> None:
    result = read_n02(Found(shared_data("N02-20_Station.geojson"), None, "n02", ""), None)
    assert result.read == 10_267
    # N02-25, which has group codes, has 9,046 stations from 10,234 lines.
    assert 9_000 <= len(result.table) <= 9_200
    assert result.table["destination_id"].is_unique


@pytest.mark.parametrize(
    ("bounds", "fewest", "most", "names"),
    [
        # 16 Toyama: JR, あいの風, 地鉄 with its trams, 万葉線, 黒部峡谷.
        ((136.77, 36.27, 137.77, 36.99), 190, 230, ("富山", "高岡", "黒部宇奈月温泉", "岩瀬浜")),
        # 30 Wakayama: きのくに線, 和歌山線, 阪和線, 南海, 和歌山電鐵, 紀州鉄道 (and 29).
        ((135.0, 33.4, 136.02, 34.38), 110, 200, ("和歌山", "新宮", "白浜", "貴志", "高野山")),
    ],
)
def test_stations_of_a_prefecture(
    shared_data: Callable[[str], Path],
    bounds: tuple[float, float, float, float],
    fewest: int,
    most: int,
    names: tuple[str, ...],
) -> None:
    found = Found(shared_data("N02-20_Station.geojson"), None, "n02", "")
    table = read_n02(found, bounds).table
    assert fewest <= len(table) <= most
    assert set(names) <= set(table["name"])
    assert table["name"].eq(names[0]).sum() == 1


def test_toyama_station_is_where_it_is(shared_data: Callable[[str], Path]) -> None:
    found = Found(shared_data("N02-20_Station.geojson"), None, "n02", "")
    table = read_n02(found, (136.7, 36.2, 137.8, 37.0)).table
    toyama = table[table["name"] == "富山"].iloc[0]
    assert geodesic_m(toyama["lon"], toyama["lat"], 137.2136, 36.7012) < 100
    assert "新幹線" in toyama["source_ids"]
