"""KSJ besides P04, P11, N02, N03: welfare, shelters, schools, post, passengers, A38, future."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gis import schema
from coverage_gis.errors import InputError
from coverage_gis.facilities.passengers import passengers_by_station
from coverage_gis.sources.choose import choose_future, without_older
from coverage_gis.sources.facilities_ksj import (
    read_p14,
    read_p20,
    read_p29,
    read_p30,
)
from coverage_gis.sources.found import Found
from coverage_gis.sources.inventory import scan_report
from coverage_gis.sources.medical_areas_a38 import read_a38
from coverage_gis.sources.passengers_s12 import read_passengers, read_s12
from coverage_gis.sources.population_future import read_future

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

POINT = shapely.Point(137.2, 36.7)


def geojson(
    path: Path, rows: list[dict[str, Any]], shapes: list[BaseGeometry] | None = None
) -> Found:
    shapes = shapes or [shapely.Point(137.2 + i / 100, 36.7) for i in range(len(rows))]
    features = [
        {"type": "Feature", "properties": row, "geometry": shapely.geometry.mapping(shape)}
        for row, shape in zip(rows, shapes, strict=True)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    path.write_text(text, encoding="utf-8")
    return Found(path, None, "", "")


def shapefile(path: Path, columns: dict[str, list[Any]], crs: str = "EPSG:4612") -> Found:
    points = [POINT] * len(next(iter(columns.values())))
    gpd.GeoDataFrame(columns, geometry=points, crs=crs).to_file(path, encoding="CP932")
    path.with_suffix(".cpg").unlink()
    return Found(path, None, "", "")


def p14(major: str, name: str) -> dict[str, str]:
    return {
        "P14_001": "富山県", "P14_002": "富山市", "P14_003": "16201", "P14_004": "本丸1",
        "P14_005": major, "P14_006": "0201", "P14_007": "", "P14_008": name,
    }  # fmt: skip


class TestFacilities:
    def test_p14_elderly_are_care(self, tmp_path: Path) -> None:
        rows = [p14("02", "特養"), p14("06", "保育所"), p14("2", "老健")]
        table = read_p14(geojson(tmp_path / "P14-23_16.geojson", rows)).table
        services = dict(zip(table["name"], table["service"], strict=True))
        assert services == {"特養": "care", "老健": "care", "保育所": "welfare"}

    def test_p20_capacity_area_and_kind_from_a_cp932_shapefile(self, tmp_path: Path) -> None:
        columns = {
            "P20_001": ["16201"] * 3,
            "P20_002": ["北小学校", "中央公園", "南公民館"],
            "P20_003": ["本丸1", "本丸2", "本丸3"],
            "P20_004": ["収容避難所", "広域避難場所", "指定なし"],
            "P20_005": [300, -1, 0],
            "P20_006": [1050.0, 20000.0, -1.0],
        }
        found = shapefile(tmp_path / "P20-12_16.shp", columns)
        table = read_p20(found).table.set_index("name")
        assert table["service"].to_dict() == {
            "北小学校": "shelter",
            "中央公園": "evacuation_site",
            "南公民館": "shelter",
        }
        assert table["capacity"].to_dict()["北小学校"] == 300
        assert table["capacity"].isna().sum() == 2
        space = read_p20(found).space
        assert space is not None
        space = space.set_index("source_id")
        assert space.loc[table.loc["北小学校", "destination_id"], "area_m2"] == 1050
        assert len(space) == 2

    def test_jgd2000_is_transformed_and_not_only_renamed(self, tmp_path: Path) -> None:
        columns = {
            "P30_001": ["16201"],
            "P30_004": ["18001"],
            "P30_005": ["本局"],
            "P30_006": ["1"],
        }
        table = read_p30(shapefile(tmp_path / "P30-13_16.shp", columns)).table
        # PROJ without a grid takes JGD2000 for JGD2011; with one it moves by centimetres to metres
        assert abs(table["lon"][0] - POINT.x) < 1e-4
        assert table["service"].tolist() == ["post_office"]

    @pytest.mark.parametrize("shifted", [False, True])
    def test_p29_of_both_layouts(self, tmp_path: Path, shifted: bool) -> None:
        kinds = ["16001", "16002", "16004", "16012"]
        rows = []
        for i, kind in enumerate(kinds):
            values = ["16201", "16", kind, f"学校{i}", "本丸", "3", "1"]
            if not shifted:
                values = ["16201", f"B1{i}", kind, f"学校{i}", "本丸", "3", "2" if i == 0 else "1"]
            else:
                values = ["16201", "16", "16", kind, f"学校{i}", "本丸", "3"]
            rows.append({f"P29_{n:03d}": v for n, v in enumerate(values, start=1)})
        result = read_p29(geojson(tmp_path / "P29.geojson", rows))
        services = dict(zip(result.table["name"], result.table["service"], strict=True))
        every = {
            "学校0": "primary_school", "学校1": "junior_high_school", "学校2": "high_school",
            "学校3": "school",
        }  # fmt: skip
        closed = {} if shifted else {"学校0": "primary_school"}
        assert services == {k: v for k, v in every.items() if k not in closed}
        assert sum(result.dropped.values()) == len(closed)

    @pytest.mark.parametrize("reader", [read_p14, read_p20, read_p29, read_p30, read_s12, read_a38])
    def test_another_layer_is_one_sentence(self, tmp_path: Path, reader: Any) -> None:
        with pytest.raises(InputError, match="lacks the column"):
            reader(geojson(tmp_path / "x.geojson", [{"A": 1}]))


def s12(
    name: str, line: str, counts: list[tuple[int, int, float]], group: str = "g1"
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "S12_001": name, "S12_001c": f"{name}{line}", "S12_001g": group, "S12_002": "社",
        "S12_003": line, "S12_004": "11", "S12_005": "2",
    }  # fmt: skip
    for year, (repeated, known, people) in enumerate(counts):
        first = 6 + 4 * year
        row |= {
            f"S12_{first:03d}": repeated, f"S12_{first + 1:03d}": known,
            f"S12_{first + 2:03d}": "", f"S12_{first + 3:03d}": people,
        }  # fmt: skip
    return row


class TestPassengers:
    lines = tuple(
        shapely.LineString([(137.2 + d, 36.7), (137.201 + d, 36.7)]) for d in (0, 0.0005, 0.05)
    )
    rows = (
        s12("富山", "北陸線", [(1, 1, 100), (1, 1, 90)]),
        s12("富山", "高山線", [(2, 1, 0), (1, 1, 10)]),
        s12("無人", "高山線", [(1, 2, 0), (1, 3, 0)], group="g2"),
    )

    def test_a_zero_without_record_is_no_count(self, tmp_path: Path) -> None:
        found = geojson(tmp_path / "S12-25.geojson", list(self.rows), list(self.lines))
        table = read_passengers(found).table
        # 2011: the second line's people are in the first's row; 2012: both lines' are added
        assert table.to_numpy().tolist() == [
            ["g1", "富山", 2011, 100.0],
            ["g1", "富山", 2012, 100.0],
        ]

    def test_they_reach_the_runs_stations_by_id(self, tmp_path: Path) -> None:
        found = geojson(tmp_path / "S12-25.geojson", list(self.rows), list(self.lines))
        counted = read_s12(found).table
        assert sorted(counted["destination_id"]) == ["s12:g1", "s12:g2"]
        merged = counted.assign(
            destination_id=["n02:A", "n02:B"],
            source_ids=["n02:A;" + counted["source_ids"][0], "n02:B;" + counted["source_ids"][1]],
        )
        table = passengers_by_station(read_passengers(found).table, counted, merged)
        assert table["destination_id"].unique().tolist() == ["n02:A"]
        assert table["passengers_per_day"].tolist() == [100.0, 100.0]
        schema.STATION_PASSENGERS.conform(table)


def test_a38_areas_are_dissolved(tmp_path: Path) -> None:
    rows = [
        {"A38b_001": "16201,16206", "A38b_003": "1602", "A38b_004": "富山", "A38b_008": 500000},
        {"A38b_001": "16201,16206", "A38b_003": "1602", "A38b_004": "富山", "A38b_008": 500000},
        {"A38b_001": "16202", "A38b_003": "1603", "A38b_004": "高岡", "A38b_008": 300000},
        {"A38b_001": "", "A38b_003": None, "A38b_004": "", "A38b_008": 0},
    ]
    boxes = [shapely.box(137 + i, 36, 138 + i, 37) for i in range(4)]
    result = read_a38(geojson(tmp_path / "A38-20_16_2.geojson", rows, boxes))
    assert result.table["medical_area_code"].tolist() == ["1602", "1603"]
    assert result.table["muni_codes"].tolist() == ["16201;16206", "16202"]
    assert shapely.area(result.table.geometry.to_numpy()).tolist() == pytest.approx([2, 1])
    assert result.used == 2


def future(code: str, totals: dict[int, float], old: float = 0.5) -> dict[str, Any]:
    row: dict[str, Any] = {"MESH_ID": code, "SHICODE": "16201"}
    for year, people in totals.items():
        row |= {f"PTN_{year}": people, f"PTC_{year}": people * old, f"PTD_{year}": people * old / 2}
    return row


class TestFuture:
    def test_long_table_of_the_prefectures_share(self, tmp_path: Path) -> None:
        rows = [
            future("543710011", {2020: 10.5, 2050: 4.25}),
            future("543710012", {2020: 0.0, 2050: 0.0}),
            future("543710013", {2020: 3.0, 2050: 0.0}),
        ]
        result = read_future([geojson(tmp_path / "500m_mesh_2024_16.geojson", rows)], "16")
        table = result.table
        assert schema.POPULATION_YEARS.conform(table).equals(table)
        assert table[["mesh_code", "year", "population"]].to_numpy().tolist() == [
            ["543710011", 2020, 10.5], ["543710011", 2050, 4.25],
            ["543710013", 2020, 3.0], ["543710013", 2050, 0.0],
        ]  # fmt: skip
        assert set(table["pref_code"]) == {"16"}
        assert table["population_65plus"].tolist() == [5.25, 2.125, 1.5, 0.0]
        assert result.read == 3
        assert result.used == 2

    @given(people=st.lists(st.floats(0, 5000), min_size=1, max_size=20), pieces=st.integers(1, 3))
    @settings(deadline=None, max_examples=20)
    def test_people_are_conserved(
        self, tmp_path_factory: pytest.TempPathFactory, people: list[float], pieces: int
    ) -> None:
        rows = [future(f"54371001{1 + i % 4}", {2020: p}) for i, p in enumerate(people)] * pieces
        found = geojson(tmp_path_factory.mktemp("f") / "x.geojson", rows)
        table = read_future([found], "16").table
        assert table["population"].sum() == pytest.approx(sum(people) * pieces, rel=1e-9, abs=1e-9)

    @pytest.mark.parametrize(
        ("row", "words"),
        [
            ({"MESH_ID": "5437", "PTN_2050": 1}, "mesh code"),
            ({"MESH_ID": "543710011", "PTN_2050": -3}, "number of people"),
            ({"MESH_ID": "543710011", "PTN_2050": 1, "PTC_2050": 2}, "more than"),
            ({"MESH_ID": "543710011"}, "PTN_YYYY"),
        ],
    )
    def test_nonsense_is_one_sentence(
        self, tmp_path: Path, row: dict[str, Any], words: str
    ) -> None:
        with pytest.raises(InputError, match=words):
            read_future([geojson(tmp_path / "x.geojson", [row])], "16")

    def test_a_shapefile_in_a_zip_as_published(self, tmp_path: Path) -> None:
        """500m_mesh_2024_16_SHP.zip: ten letters a column, polygons, a CP932 table."""
        row = future("543710011", {2020: 10.5, 2050: 4.25})
        row |= {"PTA_2020": 1.5, "PTB_2020": 3.75, "PTA_2050": 0.25, "PTB_2050": 1.875}
        frame = gpd.GeoDataFrame([row], geometry=[shapely.box(137, 36, 138, 37)], crs=6668)
        (tmp_path / "x").mkdir()
        frame.to_file(tmp_path / "x/500m_mesh_2024_16.shp", encoding="cp932")
        (tmp_path / "16").mkdir()
        with zipfile.ZipFile(tmp_path / "16/500m_mesh_2024_16_SHP.zip", "w") as archive:
            for part in sorted((tmp_path / "x").iterdir()):
                archive.write(part, f"500m_mesh_2024_16_SHP/{part.name}")
        found = [f for f in scan_report(tmp_path, "16").found if f.kind == "mesh-future"]
        table = read_future(choose_future(found, "16", "500m").found, "16").table
        assert table["population"].tolist() == [10.5, 4.25]
        assert table["population_0to14"].tolist() == [1.5, 0.25]
        assert table["population_15to64"].tolist() == [3.75, 1.875]
        assert table["population_75plus"].tolist() == [2.625, 1.0625]

    def test_the_newest_edition_of_the_runs_level(self, tmp_path: Path) -> None:
        rows = [future("543710011", {2020: 1, 2050: 1})]
        for name in (
            "500m_mesh_2018_16",
            "500m_mesh_2024_16",
            "250m_mesh_2024_16",
            "500m_mesh_2024_17",
        ):
            geojson(tmp_path / "16" / f"{name}.geojson", rows)
        found = scan_report(tmp_path, "16").found
        assert {f.kind for f in found} == {"mesh-future"}
        assert [f.label for f in choose_future(found, "16", "500m").found] == [
            "500m_mesh_2024_16.geojson"
        ]
        assert [f.label for f in choose_future(found, "16", "1km").found] == [
            "250m_mesh_2024_16.geojson"
        ]


def test_every_layer_is_recognised_by_its_columns(tmp_path: Path) -> None:
    rows = {
        "p14": p14("02", "x"),
        "p20": dict.fromkeys(("P20_001", "P20_002", "P20_003", "P20_004", "P20_005"), "1"),
        "p29": dict.fromkeys(("P29_001", "P29_002", "P29_003", "P29_004", "P29_005"), "1"),
        "p30": dict.fromkeys(("P30_004", "P30_005", "P30_006"), "1"),
        "s12": s12("富山", "北陸線", [(1, 1, 1)]),
        "a38": {"A38b_003": "1602", "A38b_004": "富山"},
    }
    for kind, row in rows.items():
        geojson(tmp_path / "16" / f"renamed_{kind}.geojson", [row])
    report = scan_report(tmp_path, "16")
    assert [f.kind for f in report.found] == sorted(rows)
    assert report.unknown == ()


def test_a_newer_edition_replaces_the_same_prefectures_and_a_newer_country_all() -> None:
    def p04(name: str, year: str, pref: str = "", **detail: str) -> Found:
        edition = f"P04-{year[2:]}"
        detail |= {"year": year} | ({"pref": pref} if pref else {})
        return Found(Path(name), None, "p04", edition, detail)

    old, new = p04("a", "2014", "16"), p04("b", "2020", "16")
    neighbour, country = p04("c", "2014", "17"), p04("d", "2020")
    assert without_older([old, new, neighbour]).found == (new, neighbour)
    assert without_older([old, neighbour, country]).found == (country,)
    clinics, dental = (
        p04("e", "2025", **{"class": "clinic"}),
        p04("f", "2026", **{"class": "dental"}),
    )
    assert without_older([clinics, dental]).found == (clinics, dental)
    assert without_older([]).found == ()


def test_frames_are_not_changed(tmp_path: Path) -> None:
    found = geojson(tmp_path / "S12.geojson", list(TestPassengers.rows), list(TestPassengers.lines))
    counted = read_s12(found).table
    passengers = read_passengers(found).table
    before = counted.copy(), passengers.copy()
    passengers_by_station(passengers, counted, counted)
    pd.testing.assert_frame_equal(counted, before[0])
    pd.testing.assert_frame_equal(passengers, before[1])
