"""Several prefectures as one country: totals, tables that programs read, the map, storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import fsspec
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from coverage_gis import crs, schema
from coverage_gis.coverage.nation import (
    EVERYBODY,
    PREFECTURES_N,
    cells_of_several,
    check_counted_once,
    check_totals,
    national_totals,
    one_row_per_area,
    reached_by_roads,
    with_ranks,
)
from coverage_gis.errors import ConservationError, InputError, OutputError
from coverage_gis.export.parquet import write_table
from coverage_gis.maps import classes
from coverage_gis.maps.model import SourceNote
from coverage_gis.maps.nation import NationContent, PrefectureCells, Rate, write_nation
from coverage_gis.store.publish import publishing
from coverage_gis.store.remote import MANIFEST, send
from coverage_gis.vacuum.nation import vacuum_by_prefecture

if TYPE_CHECKING:
    from pathlib import Path

    import chromium

SHOP = "shop_walk_road_500m_rate"
MUNICIPALITIES = {
    "16201": (800.0, 600.0, 0.0),
    "16202": (200.0, 100.0, 50.0),
    "17201": (1000.0, 250.0, 0.0),
    "17202": (500.0, 500.0, 500.0),
}
"""People, people covered and people without road data of each."""


def rows(service: str, preset: str, codes: tuple[str, ...]) -> list[dict[str, Any]]:
    out = []
    levels = [(schema.MUNICIPALITY, code, [code]) for code in codes]
    prefs = sorted({c[:2] for c in codes})
    levels += [(schema.PREFECTURE, p, [c for c in codes if c[:2] == p]) for p in prefs]
    for level, code, parts in levels:
        people, covered, no_road = np.sum([MUNICIPALITIES[p] for p in parts], axis=0)
        on_road = people - no_road
        out.append(
            {
                schema.AREA_LEVEL: level,
                schema.AREA_CODE: code,
                schema.AREA_NAME: f"市{code}",
                schema.AGE_GROUP: "total",
                schema.SERVICE: service,
                schema.MODE: schema.WALK,
                schema.METRIC: schema.ROAD,
                schema.PRESET: preset,
                schema.CUTOFF: 500.0,
                schema.CUTOFF_UNIT: "m",
                schema.POPULATION: people,
                schema.COVERED_POPULATION: min(covered, on_road),
                schema.COVERAGE_RATE: min(covered, on_road) / on_road if on_road else np.nan,
                schema.POPULATION_UNREACHABLE: 0.0,
                schema.POPULATION_NO_ROAD: no_road,
            }
        )
    return out


@pytest.fixture
def coverage() -> pd.DataFrame:
    every = tuple(MUNICIPALITIES)
    made = rows("shop", "a", every) + rows("shop", "b", every) + rows("clinic", "a", every[:2])
    table = pd.DataFrame(made)
    # 17202 has no roads: what it covers is nothing, and its prefecture's sum knows it.
    lost = (table[schema.AREA_CODE] == "17") & (table[schema.COVERED_POPULATION] == 750)
    table.loc[lost, schema.COVERED_POPULATION] = 250.0
    table.loc[lost, schema.COVERAGE_RATE] = 0.25
    return table


def test_the_country_is_the_sum_of_its_prefectures(coverage: pd.DataFrame) -> None:
    assert check_totals(coverage) == 2500
    totals = national_totals(coverage).set_index([schema.SERVICE, schema.PRESET])
    shop = totals.loc["shop", "a"]
    assert shop[schema.POPULATION] == 2500
    assert shop[schema.POPULATION_NO_ROAD] == 550
    assert shop[schema.COVERAGE_RATE] == pytest.approx((700 + 250) / (2500 - 550))
    assert shop[PREFECTURES_N] == 2
    # A service that one prefecture has no data of is the sum of the others, and says of how many.
    assert totals.loc["clinic", "a"][[schema.POPULATION, PREFECTURES_N]].tolist() == [1000, 1]


@pytest.mark.parametrize("column", [schema.POPULATION, schema.COVERED_POPULATION])
def test_people_lost_between_municipality_and_prefecture_stop_the_run(
    coverage: pd.DataFrame, column: str
) -> None:
    row = coverage.index[coverage[schema.AREA_CODE] == "16202"][0]
    coverage.loc[row, column] -= 1
    with pytest.raises(ConservationError, match="16"):
        check_totals(coverage)


def test_one_row_per_area_and_ranks_within_the_level(coverage: pd.DataFrame) -> None:
    areas = one_row_per_area(coverage)
    assert len(areas) == 6  # two presets that ask the same are one column
    assert [c for c in areas if c.endswith("_rate")] == [SHOP, "clinic_walk_road_500m_rate"]
    by_code = with_ranks(areas, [SHOP]).set_index(schema.AREA_CODE)
    assert by_code.loc["16201", SHOP] == 0.75
    ranks = by_code[f"{SHOP}_rank"]
    assert ranks[["16", "17"]].tolist() == [1, 2]
    assert ranks[["16201", "16202", "17201"]].tolist() == [1, 2, 3]
    assert ranks.isna()["17202"]  # no roads: no rate, no rank
    assert by_code.loc["17201", "clinic_walk_road_500m_rate"] is not None
    assert np.isnan(by_code.loc["17201", "clinic_walk_road_500m_rate"])


@pytest.mark.parametrize(
    ("parts", "everybody", "twice"),
    [
        ((7, 19), (26, 26), 0),  # shared out
        ((26, 26), (26, 26), 26),  # an empty border, and neither knows of the other
        ((20, 20), (26, 26), 14),
        ((26, 30), (26, 30), 0),  # lists of two prefectures' own people
        ((26, 30), (np.nan, np.nan), 0),  # files by prefecture
        ((26, 20), (26, np.nan), 20),  # one of them by prefecture
        ((2.25, 8.25), (10.5, 10.5 + 1e-12), 0),  # a raster
        ((2.25, 9.25), (10.5, 10.5 + 1e-12), 1),
    ],
)
def test_people_of_two_prefectures_are_refused(
    parts: tuple[float, float], everybody: tuple[float, float], twice: int
) -> None:
    cells = pd.DataFrame(
        {
            schema.MESH_CODE: ["1", "2", "2", "3"],
            schema.PREF_CODE: ["16", "16", "17", "17"],
            schema.POPULATION: [3.0, *parts, 5.0],
            EVERYBODY: [9.0, *everybody, 5.0],
        }
    )
    if not twice:
        check_counted_once(cells)
        return
    with pytest.raises(InputError, match=f"^{twice} people in 1 cells .such as 2.* 16, 17:"):
        check_counted_once(cells)


def test_cells_of_several_prefectures_are_counted() -> None:
    cells = pd.DataFrame(
        {"mesh_code": ["a", "b", "b", "c"], "pref_code": ["16", "16", "17", "17"],
         "population": [5.0, 3.0, 4.0, 1.0]}
    )  # fmt: skip
    assert cells_of_several(cells) == (1, 7.0)


# --- files ----------------------------------------------------------------------------------


@pytest.fixture
def areas(coverage: pd.DataFrame) -> gpd.GeoDataFrame:
    table = one_row_per_area(coverage)
    west = {"16": 137.0, "17": 136.0}
    shapes = [
        shapely.MultiPolygon([shapely.box(west[c[:2]] + k, 36, west[c[:2]] + k + 0.1, 36.1)])
        for c, k in zip(table[schema.AREA_CODE], np.arange(len(table)) * 0.1, strict=True)
    ]
    return gpd.GeoDataFrame(table, geometry=shapes, crs=crs.JGD2011)


def test_duckdb_and_geopandas_read_the_partitions(areas: gpd.GeoDataFrame, tmp_path: Path) -> None:
    for code, part in areas.groupby(schema.PREF_CODE):
        folder = tmp_path / f"pref={code}"
        folder.mkdir()
        write_table(part.reset_index(drop=True), folder / "areas.parquet", {"title": "全国"})
    with duckdb.connect() as base:
        found = base.execute(
            "select pref_code, sum(population) from read_parquet(?, hive_partitioning = true) "
            "where area_level = 'municipality' group by pref_code order by 1",
            [f"{tmp_path}/*/*.parquet"],
        ).fetchall()
        near = base.execute(
            "select count(*) from read_parquet(?) where bbox.xmin < 136.35 and bbox.xmax > 136",
            [f"{tmp_path}/*/*.parquet"],
        ).fetchone()
    assert found == [("16", 1000.0), ("17", 1500.0)]
    everything = gpd.read_parquet(tmp_path)
    assert len(everything) == len(areas)
    assert everything.crs == crs.JGD2011
    box = (136.0, 35.0, 136.35, 37.0)
    inside = gpd.read_parquet(tmp_path / "pref=17" / "areas.parquet", bbox=box)
    assert near is not None
    assert near[0] == len(inside) == areas.geometry.intersects(shapely.box(*box)).sum() > 0


@pytest.mark.parametrize("url", ["memory://bucket/japan", "file://{tmp}/far"])
def test_results_are_sent_once_and_what_is_gone_is_removed(url: str, tmp_path: Path) -> None:
    url = url.format(tmp=tmp_path)
    home = tmp_path / "16"
    files = {"run.json": "1", "a/b.csv": "2"}

    def publish() -> None:
        with publishing(home) as staging:
            for name, text in files.items():
                path = staging.folder(home) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)

    publish()
    (home / "mine.txt").write_text("the user's own")
    assert send(url, {"16": home}) == (2, 2)
    assert send(url, {"16": home}) == (0, 2)
    files = {"run.json": "3", "c.csv": "4"}
    publish()
    assert send(url, {"16": home}) == (2, 2)
    system, top = fsspec.core.url_to_fs(url)
    there = {p.removeprefix(top).lstrip("/") for p in system.find(top)}
    assert there == {"16/run.json", "16/c.csv", MANIFEST}
    assert system.cat_file(f"{top}/16/run.json") == b"3"


def test_a_storage_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "16").mkdir()
    with pytest.raises(InputError, match="no address"):
        send("nowhere://bucket", {"16": tmp_path / "16"})
    (tmp_path / "blocked").write_text("a file where a folder is needed")
    (tmp_path / "16" / ".published").write_text("run.json\n")
    (tmp_path / "16" / "run.json").write_text("1")
    with pytest.raises(OutputError, match="the next run sends them again"):
        send(f"file://{tmp_path}/blocked", {"16": tmp_path / "16"})


def test_people_without_roads_are_a_share_of_all(coverage: pd.DataFrame) -> None:
    totals = national_totals(coverage)
    # 550 of 2,500 people; straight lines need no roads and say nothing of them
    assert reached_by_roads(totals) == pytest.approx(1 - 550 / 2500)
    assert reached_by_roads(totals.assign(**{schema.METRIC: schema.STRAIGHT})) == 1.0


# --- the map --------------------------------------------------------------------------------


@pytest.fixture
def map_folder(areas: gpd.GeoDataFrame, tmp_path: Path) -> Path:
    codes = np.array(["553700001", "553700002", "553700003"], dtype=object)
    metres = classes.distance(
        "shop_m", label_ja="店まで", label_en="Shop", group="", subject_ja="店",
        values_m=[100.0, 900.0, np.nan], status=["ok", "beyond_margin", "unreachable"],
        cutoff_m=500,
    )  # fmt: skip
    prefs = [
        PrefectureCells(c, f"県{c}", f"../{c}/index.html", codes, np.ones(3), indicators)
        for c, indicators in (("16", [metres]), ("17", [None]))
    ]
    content = NationContent(
        title_ja="全国 </script><script>window.hacked=1</script>",
        areas=areas[areas[schema.AREA_LEVEL] == schema.MUNICIPALITY],
        rates=[Rate(SHOP, "店 500 m圏", "Shop")],
        prefectures=prefs,
        totals={SHOP: 0.5},
        lead_ja=["道路データは人口の80.0%にしか届いていません。"],
        few_people=200,
        notes_ja=["注意"],
        sources=[SourceNote("道路", "", "ODbL", "© <b>OSM</b>")],
    )
    write_nation(content, tmp_path / "japan")
    write_nation(content, tmp_path / "again")
    return tmp_path / "japan"


def test_the_map_is_the_same_bytes_and_asks_for_nothing_from_elsewhere(map_folder: Path) -> None:
    names = sorted(p.relative_to(map_folder).as_posix() for p in map_folder.rglob("*.*"))
    assert names == ["cells/16.js", "cells/17.js", "index.html"]
    for name in names:
        assert (map_folder / name).read_bytes() == (map_folder / ".." / "again" / name).read_bytes()


@pytest.mark.browser
def test_cells_come_when_asked_for_from_a_file(map_folder: Path, browser: chromium.Browser) -> None:
    page = browser.open(
        (map_folder / "index.html").as_uri(),
        ready="window.CoverageGis && CoverageGis.nation.map",
    )
    assert page.run("CoverageGis.nation.shapes.length") == 4
    assert page.run("document.getElementById('total').textContent") == "全体: 50.0%"
    assert page.run("CoverageGis.nation.loaded.size") == 0
    assert "80.0%" in page.run("document.querySelector('.lead').textContent")
    corner = page.run("document.querySelector('.leaflet-control-attribution').textContent")
    assert "© <b>OSM</b>" in corner
    # rates of 150 people and of nobody have no colour of their own
    grey = (
        "CoverageGis.nation.codes.filter((c, i) => "
        "CoverageGis.nation.colour(i) === CoverageGis.FILL_NO_DATA)"
    )
    assert page.run(grey) == ["16202", "17202"]
    page.run("CoverageGis.nation.ask('16')")
    page.wait("CoverageGis.nation.loaded.has('16')")
    said = page.run("document.getElementById('cells').textContent")
    assert said == "店まで (3メッシュ)"
    kinds = "Array.from(CoverageGis.nation.loaded.get('16').layer.data.classify(0))"
    assert page.run(f"{kinds}.filter((c) => c === CoverageGis.CLASS_UNREACHABLE).length") == 1
    # a municipality's colour would lie over its cells
    hollow = (
        "CoverageGis.nation.codes.filter((c, i) => "
        "CoverageGis.nation.shapes[i].options.fillOpacity === 0).map((c) => c.slice(0, 2))"
    )
    assert set(page.run(hollow)) == {"16"}
    page.run("CoverageGis.nation.ask('17')")
    page.wait("CoverageGis.nation.loaded.has('17')")
    assert "ありません" in page.run("document.getElementById('cells').textContent")
    assert page.run(hollow) == []
    popup = "CoverageGis.nation._popup(0)"
    assert page.run(f"{popup}.querySelector('a').getAttribute('href')") == "../16/index.html"
    assert page.run("typeof window.hacked") == "undefined"
    assert page.problems() == []
    page.close()


def test_vacuum_people_of_prefectures_add_up() -> None:
    def rows(pref: str, convenient: float, vacuum: float, unknown: float) -> list[dict[str, Any]]:
        people = {"convenient": convenient, "vacuum": vacuum, "unknown": unknown}
        known = sum(people.values())
        out = [
            {"class": c, "population_by_share": n, "population_by_cell": n + 1, "share": n / known}
            for c, n in people.items()
        ]
        out.append({"class": "no_road", "population_by_share": np.nan, "population_by_cell": 7.0})
        about = {"pref_code": pref, "metric": "road"}
        quality = {"class": "F", "population_by_share": 5.0, "population_by_cell": 5.0}
        return [
            *(about | {"definition": d} | row for d in ("b", "a") for row in out),
            about | {"definition": "service_quality"} | quality,
        ]

    people = pd.DataFrame([*rows("16", 60, 30, 10), *rows("17", 100, 0, 0)])
    table = vacuum_by_prefecture(people, ["b", "a"])
    assert table["definition"].tolist() == ["b"] * 3 + ["a"] * 3
    assert table["pref_code"].tolist() == ["", "16", "17"] * 2
    whole, toyama, ishikawa = (table.iloc[i] for i in range(3))
    assert whole["population_by_share"] == toyama["population_by_share"] == 30
    assert whole["vacuum_share"] == pytest.approx(30 / 200)
    assert (toyama["vacuum_share"], ishikawa["vacuum_share"]) == (pytest.approx(0.3), 0.0)
    assert whole["population_by_cell"] == 31 + 1
    assert whole["population_no_road"] == 14
    assert whole["population_unknown"] == 10
    assert len(vacuum_by_prefecture(people.iloc[:0], ["b"])) == 0
