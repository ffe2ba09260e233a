"""交通空白 through the whole pipeline: the planner's package, and what-if, on the demo."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import zipfile
from contextlib import closing
from itertools import pairwise
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from coverage_gis import schema
from coverage_gis.codes import mesh
from coverage_gis.demo import generate
from pipelines.cli import main
from pipelines.words_whatif import whatif_sentences

if TYPE_CHECKING:
    from pathlib import Path

DEMO = "00"
LAYERS = ("vacuum_00", "vacuum_00_straight", "cells_00", "cells_00_straight", "stops_00")


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raw")
    generate(folder / DEMO, cells=400, nodes=9_000)
    return folder


@pytest.fixture(scope="module")
def finished(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out")
    assert run("coverage", raw, out) == 0
    return out


def run(command: str, raw: Path, out: Path, *more: str) -> int:
    return main([command, "--pref", DEMO, "--raw", str(raw), "--out", str(out), *more])


def layers_of(gpkg: Path) -> list[str]:
    return [name for name, kind in pyogrio.list_layers(gpkg) if kind is not None]


def style_of(gpkg: Path, layer: str) -> ET.Element:
    with closing(sqlite3.connect(gpkg)) as database:
        (text,) = database.execute(
            "SELECT styleQML FROM layer_styles WHERE f_table_name = ?", (layer,)
        ).fetchone()
    return ET.fromstring(text.split("\n", 1)[1])  # noqa: S314 - written by ourselves


class TestPackage:
    def test_every_layer_is_in_every_format_with_the_same_rows(self, finished: Path) -> None:
        folder = finished / DEMO / "vacuum"
        gpkg = folder / "vacuum_00.gpkg"
        assert sorted(layers_of(gpkg)) == sorted(LAYERS)
        for name in LAYERS:
            shp = pyogrio.read_dataframe(folder / f"{name}.shp")
            inside = pyogrio.read_dataframe(gpkg, layer=name)
            json_ = pyogrio.read_dataframe(folder / f"{name}.geojson")
            table = pd.read_csv(folder / f"{name}.csv")
            assert len(shp) == len(inside) == len(json_) == len(table) > 0, name
            assert shp.crs.to_epsg() == inside.crs.to_epsg() == 6668
            assert shp.geometry.geom_equals(inside.geometry).all()
            assert all(len(c) <= 10 for c in shp.columns if c != "geometry")

    def test_polygons_partition_the_vacuum_cells_and_hold_their_people(
        self, finished: Path
    ) -> None:
        folder = finished / DEMO / "vacuum"
        for end in ("", "_straight"):
            areas = pyogrio.read_dataframe(folder / "vacuum_00.gpkg", layer=f"vacuum_00{end}")
            cells = pyogrio.read_dataframe(folder / "vacuum_00.gpkg", layer=f"cells_00{end}")
            vacuum = cells[cells["transit_class"] == schema.VACUUM]
            assert len(vacuum) > 0
            assert vacuum["area_id"].notna().all()
            assert cells.loc[cells["transit_class"] != schema.VACUUM, "area_id"].isna().all()
            counted = vacuum.groupby("area_id")["population"].sum()
            expected = areas.set_index("area_id")["population"]
            np.testing.assert_allclose(counted, expected.loc[counted.index])
            assert len(counted) == len(areas)
            # geometry: the areas' union is the cells', and no two areas overlap
            shapes, squares = areas.geometry.to_numpy(), vacuum.geometry.to_numpy()
            assert shapely.area(shapes).sum() == pytest.approx(shapely.area(squares).sum())
            boxes, union = shapely.union_all(squares), shapely.union_all(shapes)
            assert union.symmetric_difference(boxes).area < 1e-12

    def test_areas_hold_the_people_to_come_and_the_names_of_their_settlements(
        self, finished: Path
    ) -> None:
        folder = finished / DEMO
        years = pd.read_parquet(folder / "population_years.parquet")
        in_2050 = years[years["year"] == 2050].set_index("mesh_code")
        text = {"mesh_code": str, "area_id": str}
        cells = pd.read_csv(folder / "vacuum/cells_00.csv", dtype=text).dropna(subset="area_id")
        areas = pd.read_csv(folder / "vacuum/vacuum_00.csv", dtype=text).set_index("area_id")
        for column in ("population", "population_65plus", "population_75plus"):
            people = cells["mesh_code"].map(in_2050[column]).groupby(cells["area_id"])
            expected = people.sum(min_count=1).reindex(areas.index)
            np.testing.assert_allclose(areas[f"{column}_2050"], expected, rtol=1e-9)
        assert 0 < areas["population_2050"].sum() < areas["population"].sum()
        named = areas["place_name"].dropna()
        assert len(named)
        for area, name in named.items():
            assert name in set(cells.loc[cells["area_id"] == area, "place_name"])
        shp = pyogrio.read_dataframe(folder / "vacuum/vacuum_00.shp").set_index("AREA_ID")
        assert shp["PLACE_NAME"].dropna().to_dict() == named.to_dict()
        table = areas["population_2050"].loc[shp.index]
        np.testing.assert_allclose(shp["POP2050"], table, atol=0.006)

    def test_stations_have_their_passengers_of_s12(self, finished: Path) -> None:
        folder = finished / DEMO
        counted = pd.read_parquet(folder / "station_passengers.parquet")
        latest = counted[counted["year"] == counted["year"].max()].set_index("destination_id")
        stops = pd.read_csv(folder / "vacuum/stops_00.csv").set_index("destination_id")
        stations = stops[stops["kind_ja"] == "駅"]["passengers_per_day"]
        assert stations.dropna().to_dict() == latest["passengers_per_day"].to_dict()
        assert stations.isna().any()  # no record is unknown, not zero
        assert stations.min() > 0

    def test_people_by_class_agree_with_the_cells(self, finished: Path) -> None:
        folder = finished / DEMO / "vacuum"
        people = pd.read_csv(folder / "people_00.csv")
        cells = pd.read_csv(folder / "cells_00.csv")
        preset = cells["preset"].iloc[0]
        mine = people[(people["definition"] == preset) & (people["metric"] == schema.ROAD)]
        by_cell = mine.set_index("class")["population_by_cell"]
        counted = cells.groupby("transit_class")["population"].sum()
        for name, value in counted.items():
            assert by_cell[name] == pytest.approx(value, abs=0.01)
        assert by_cell.sum() == pytest.approx(cells["population"].sum(), abs=0.01)
        shares = mine["population_by_share"].sum() + by_cell[schema.NO_ROAD]
        assert shares == pytest.approx(cells["population"].sum(), abs=0.01)
        every = people[people["class"] != schema.NO_ROAD].groupby(["definition", "metric"])
        np.testing.assert_allclose(every["share_of_people"].sum(), 1.0, atol=1e-5)
        areas = pd.read_csv(finished / DEMO / "transit_people.csv")
        areas = areas[areas["population_source"] != schema.PROJECTION]
        total = areas[(areas["area_level"] == "prefecture") & (areas["age_group"] == "total")]
        key = ["definition", "metric", "class"]
        both = people.dropna(subset="population_by_share").merge(total, on=key)
        assert len(both) == len(people) - every.ngroups
        np.testing.assert_allclose(both["population"], both["population_by_share"], atol=0.01)
        cells = both["population_by_cell_x"], both["population_by_cell_y"]
        np.testing.assert_allclose(*cells, atol=0.01)
        quality = people[people["definition"] == "service_quality"].groupby("metric")["class"]
        for _, letters in quality:
            assert set("ABCDEF") <= set(letters)

    def test_a_stricter_minimum_never_shrinks_the_vacuum(self, finished: Path) -> None:
        transit = pd.read_parquet(finished / DEMO / "transit.parquet")
        rank = {name: i for i, name in enumerate((*schema.TRANSIT_CLASSES, schema.NO_ROAD))}
        level = transit[schema.TRANSIT_CLASS].map(rank)
        by = transit.assign(level=level).set_index(["mesh_code", "metric"])
        steps = ["mlit-ksj-2025", "ksj-2025-min1", "ksj-2025-min3", "ksj-2025-min10"]
        for easy, strict in pairwise(steps):
            before, after = (by.loc[by["preset"] == name, "level"] for name in (easy, strict))
            assert (after.loc[before.index] >= before).all()

    def test_service_by_the_hour_adds_up_on_every_day_of_the_week(self, finished: Path) -> None:
        service = pd.read_parquet(finished / DEMO / "service.parquet")
        assert set(service["day_type"]) == set(schema.DAY_TYPES)
        departures = pd.read_parquet(finished / DEMO / "departures.parquet")
        weekday = service[service["service_date"] == departures["service_date"].iloc[0]]
        both = weekday.set_index("destination_id")["trips_both_directions"]
        whole = departures.set_index("destination_id")["trips_both_directions"]
        pd.testing.assert_series_equal(both, whole)
        assert (departures["place_trips_per_day"] >= departures["trips_per_day"]).all()

    def test_the_styles_name_columns_that_are_there(self, finished: Path) -> None:
        gpkg = finished / DEMO / "vacuum" / "vacuum_00.gpkg"
        for layer in LAYERS:
            root = style_of(gpkg, layer)
            fields = set(pyogrio.read_info(gpkg, layer=layer)["fields"])
            assert {a.get("field") for a in root.iter("alias")} <= fields
            for renderer in root.iter("renderer-v2"):
                attribute = renderer.get("attr")
                if attribute:
                    frame = pyogrio.read_dataframe(gpkg, layer=layer)
                    drawn = {c.get("value") for c in renderer.iter("category")}
                    assert set(frame[attribute]) <= drawn

    def test_the_zip_holds_what_a_planner_mails(self, finished: Path) -> None:
        folder = finished / DEMO / "vacuum"
        with zipfile.ZipFile(folder / "vacuum_00.zip") as archive:
            names = {n.removeprefix("vacuum_00/") for n in archive.namelist()}
            assert archive.testzip() is None
            readme = archive.read("vacuum_00/vacuum_00_readme.txt").decode("utf-8-sig")
        here = {p.name for p in folder.iterdir()}
        assert names == {n for n in here if not n.endswith((".geojson", ".zip"))}
        for word in ("試案", "優先度", "不明", "中央値", "出典・ライセンス"):
            assert word in readme

    def test_the_ranking_is_by_priority_and_leaves_out_only_small_areas(
        self, finished: Path
    ) -> None:
        folder = finished / DEMO / "vacuum"
        ranked = pd.read_csv(folder / "ranking_00.csv")
        areas = pd.read_csv(folder / "vacuum_00.csv")
        assert ranked["priority_rank"].tolist() == list(range(1, len(ranked) + 1))
        assert (ranked["priority_score"].diff().dropna() <= 0).all()
        assert ranked["priority_score"].between(0, 100).all()
        assert len(ranked) == (areas["population"] >= 10).sum()

    def test_old_arcgis_in_the_plane(self, raw: Path, finished: Path, tmp_path: Path) -> None:
        shutil.copytree(finished, tmp_path / "out")
        out = tmp_path / "out"
        assert run("coverage", raw, out, "--encoding", "cp932", "--crs", "plane") == 0
        shp = pyogrio.read_dataframe(out / DEMO / "vacuum" / "vacuum_00.shp")
        assert shp.crs.to_epsg() == 6674  # zone VI
        assert (out / DEMO / "vacuum" / "vacuum_00.cpg").read_text(encoding="ascii") == "932"
        before = pyogrio.read_dataframe(finished / DEMO / "vacuum" / "vacuum_00.shp")
        assert shp["MUNI_NAME"].tolist() == before["MUNI_NAME"].tolist()
        back = shp.to_crs(6668).geometry.to_numpy()
        apart = shapely.hausdorff_distance(back, before.geometry.to_numpy())
        assert apart.max() < 1e-8


class TestZonesInARun:
    def test_a_zone_is_subtracted_and_told_apart(
        self, raw: Path, finished: Path, tmp_path: Path
    ) -> None:
        shutil.copytree(raw, tmp_path / "raw")
        cells = pd.read_csv(finished / "00/vacuum/cells_00.csv", dtype={"mesh_code": str})
        vacuum = cells[cells["transit_class"] == schema.VACUUM]
        boxes = mesh.polygons(vacuum["mesh_code"].to_numpy(dtype=object))
        (tmp_path / "raw/00/zones").mkdir()
        zone = gpd.GeoDataFrame(
            {"name": ["のるーと"], "days": ["平日"], "hours": ["8-17"]},
            geometry=[shapely.union_all(boxes)],
            crs="EPSG:6668",
        )
        zone.to_file(tmp_path / "raw/00/zones/demand.geojson", driver="GeoJSON")
        assert run("coverage", tmp_path / "raw", tmp_path / "out") == 0
        folder = tmp_path / "out/00/vacuum"
        after = pd.read_csv(folder / "cells_00.csv", dtype={"mesh_code": str})
        classes = after.set_index("mesh_code")["transit_class"]
        assert (classes != schema.VACUUM).all()
        assert (classes[vacuum["mesh_code"]] == schema.ON_DEMAND).all()
        zones = pyogrio.read_dataframe(folder / "zones_00.shp")
        assert zones.loc[0, "NAME"] == "のるーと"
        people = pd.read_csv(folder / "people_00.csv")
        by_share = people[
            (people["definition"] == after["preset"].iloc[0])
            & (people["metric"] == schema.ROAD)
            & (people["class"] == schema.ON_DEMAND)
        ]["population_by_share"]
        assert zones.loc[0, "ONLY_ROAD"] == pytest.approx(by_share.iloc[0])
        sources = json.loads((tmp_path / "out/00/run.json").read_text(encoding="utf-8"))["sources"]
        assert "zone" in {s["kind"] for s in sources}


class TestWhatIf:
    def test_without_a_change_the_routes_are_listed(
        self, raw: Path, finished: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run("vacuum", raw, finished) == 0
        assert "Routes that --cut can name" in capsys.readouterr().out

    def test_cutting_every_route_makes_nobody_better_off(
        self, raw: Path, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        shutil.copytree(finished, tmp_path / "out")
        assert run("vacuum", raw, tmp_path / "out", "--quiet") == 0
        lines = [line.split() for line in capsys.readouterr().out.splitlines()]
        routes = [line[0] for line in lines if line and line[0].count(":") == 1]
        assert run("vacuum", raw, tmp_path / "out", "--cut", *routes) == 0
        (folder,) = (tmp_path / "out/00/whatif").iterdir()
        totals = pd.read_csv(folder / "vacuum_people_00.csv")
        assert (totals["population_by_cell_change"] >= 0).all()
        assert (totals["population_by_share_change"] >= -1e-6).all()
        assert totals["population_by_cell_change"].max() > 0
        changes = pd.read_csv(folder / "all_changes_00.csv")
        assert set(changes["change"]) <= {"falls", "worse"}
        falls = changes[changes["change"] == "falls"].groupby(["preset", "metric"])
        people = falls["population"].sum()
        change = totals.set_index(["preset", "metric"])["population_by_cell_change"]
        assert change[change != 0].to_dict() == pytest.approx(people.to_dict(), abs=0.01)
        assert layers_of(folder / "whatif_00.gpkg") == ["changes_00_road", "changes_00_straight"]
        page = (folder / "map.html").read_text(encoding="utf-8")
        assert "空白になる" in page
        assert 'src="http' not in page
        record = json.loads((folder / "whatif.json").read_text(encoding="utf-8"))
        assert sorted(record["cut"]) == sorted(routes)

    def test_routes_are_cut_and_stops_added_together(
        self, raw: Path, finished: Path, tmp_path: Path
    ) -> None:
        out = tmp_path / "out"
        shutil.copytree(finished, out)
        stops = pd.DataFrame({"name": ["新"], "lon": [137.0], "lat": [36.7], "trips_per_day": [5]})
        stops.to_csv(tmp_path / "new.csv", index=False)
        routes = pd.read_parquet(out / "00/departures.parquet")["destination_id"]
        feed = routes[routes.str.contains("valley")].str.split(":").str[1].iloc[0]
        with zipfile.ZipFile(raw / DEMO / f"{feed}.zip") as archive:
            table = pd.read_csv(io.BytesIO(archive.read("routes.txt")))
        names = [f"{feed}:{r}" for r in table["route_id"].head(2)]
        more = ["--cut", *names, "--add", str(tmp_path / "new.csv")]
        assert run("vacuum", raw, out, "--quiet", *more) == 0
        (folder,) = (out / "00/whatif").iterdir()
        record = json.loads((folder / "whatif.json").read_text(encoding="utf-8"))
        assert (sorted(record["cut"]), record["added"]) == (sorted(names), "new.csv")

    def test_stops_added_where_the_vacuum_is_make_nobody_worse_off(
        self, raw: Path, finished: Path, tmp_path: Path
    ) -> None:
        shutil.copytree(finished, tmp_path / "out")
        cells = pd.read_csv(finished / "00/vacuum/cells_00.csv", dtype={"mesh_code": str})
        vacuum = cells[cells["transit_class"] == schema.VACUUM].head(5)
        lon, lat = mesh.centroids(vacuum["mesh_code"].to_numpy(dtype=object))
        stops = pd.DataFrame({"name": "新", "lon": lon, "lat": lat, "trips_per_day": 5})
        stops.to_csv(tmp_path / "new.csv", index=False)
        out = tmp_path / "out"
        assert run("vacuum", raw, out, "--add", str(tmp_path / "new.csv"), "--quiet") == 0
        changes = pd.read_csv(
            out / "00/whatif/add-new/all_changes_00.csv", dtype={"mesh_code": str}
        )
        assert set(changes["change"]) == {"leaves", "better"} or set(changes["change"]) == {
            "leaves"
        }
        mine = changes[(changes["preset"] == cells["preset"].iloc[0])]
        assert set(vacuum["mesh_code"]) <= set(mine["mesh_code"])

    def test_a_change_that_touches_nobody_is_an_answer(
        self, raw: Path, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "out"
        shutil.copytree(finished, out)
        stops = pd.DataFrame({"name": ["海"], "lon": [130.0], "lat": [30.0], "trips_per_day": [5]})
        stops.to_csv(tmp_path / "sea.csv", index=False)
        assert run("vacuum", raw, out, "--add", str(tmp_path / "sea.csv"), "--quiet") == 0
        assert "新たに空白になる 0人、空白でなくなる 0人" in capsys.readouterr().out
        layer = gpd.read_file(out / "00/whatif/add-sea/changes_00_road.shp")
        assert len(layer) == 0

    def test_definitions_that_differ_from_the_headline_are_named(self) -> None:
        """A line cut that only takes trips away: nobody by the default, some by a minimum."""
        changes = pd.DataFrame(
            [("p3", "road", "falls", 1282.0), ("p3", "road", "worse", 9.0)],
            columns=["preset", "metric", "change", "population"],
        )
        totals = pd.DataFrame(
            {
                "preset": ["p", "p3", "q"],
                "metric": "road",
                "population_by_cell_before": 500.0,
                "population_by_cell_after": [500.0, 1782.0, 500.0],
            }
        )
        labels = {"p": "既定", "p3": "1日3本以上", "q": "他"}
        first, second = whatif_sentences(changes, totals, "p", labels)
        assert "500人 → 500人。新たに空白になる 0人、" in first
        assert second == (
            "「1日3本以上」の定義では（徒歩の道のり）、"
            "新たに空白になる 1,282人、空白でなくなる 0人。"
        )
        assert len(whatif_sentences(changes[:0], totals, "p", labels)) == 1

    def test_the_run_itself_is_left_alone(self, raw: Path, finished: Path, tmp_path: Path) -> None:
        shutil.copytree(finished, tmp_path / "out")
        before = (tmp_path / "out/00/run.json").read_bytes()
        assert run("vacuum", raw, tmp_path / "out", "--cut", "no-such-route") == 2
        assert (tmp_path / "out/00/run.json").read_bytes() == before
        assert not (tmp_path / "out/00/whatif").exists()
