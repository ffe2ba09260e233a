"""Whole runs on a small demo prefecture: totals, reuse, and one clear sentence for bad input."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from network_reference import GEOD, brute_force_either, shipped_settings, snap_twice
from test_network_real import plain_segments

from coverage_gis.codes import mesh
from coverage_gis.demo import generate
from coverage_gis.store.publish import locked
from pipelines.cli import main

DEMO = "00"
GOLDEN = Path(__file__).parent / "golden"
SMALL = {"cells": 400, "nodes": 9_000}


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo prefecture; a run keeps it, since it is current whatever its size."""
    folder = tmp_path_factory.mktemp("raw")
    generate(folder / DEMO, **SMALL)
    return folder


@pytest.fixture(scope="module")
def finished(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results folder of a run on it."""
    out = tmp_path_factory.mktemp("out")
    assert run(raw, out) == 0
    return out


def run(raw: Path, out: Path, *more: str, pref: str = DEMO) -> int:
    return main(["coverage", "--pref", pref, "--raw", str(raw), "--out", str(out), *more])


def posing_as_toyama(raw: Path, tmp_path: Path, *left_out: str) -> Path:
    """The small demo's files as those of prefecture 16, some of them left out."""
    ignore = shutil.ignore_patterns(".demo*", "N03*", *left_out)
    shutil.copytree(raw / DEMO, tmp_path / "raw" / "16", ignore=ignore)
    for path in (tmp_path / "raw" / "16").glob("tbl*H00.txt"):
        path.rename(path.with_name("tblT001141H16.txt"))
    return tmp_path / "raw"


def written(out: Path) -> dict[Path, int]:
    """When each file was written; the lock is taken by every run."""
    files = (p for p in out.rglob("*") if p.is_file() and p.suffix != ".lock")
    return {p: p.stat().st_mtime_ns for p in files}


def record(out: Path, pref: str = DEMO) -> dict:
    return json.loads((out / pref / "run.json").read_text(encoding="utf-8"))


def today(coverage_csv: Path) -> pd.DataFrame:
    """The rates of the census's people, without the years to come."""
    table = pd.read_csv(coverage_csv, dtype={"area_code": str})
    return table[table["population_source"] != "mesh-future"].reset_index(drop=True)


def stages_run(printed: str) -> set[str]:
    """Names of the stages that were computed, from what a run printed."""
    lines = [line.split() for line in printed.splitlines() if line.startswith("[")]
    words = [line[1:] if line[0].endswith("]") else line[2:] for line in lines]
    return {w[0] for w in words if "unchanged" not in w}


class TestOutputs:
    def test_everybody_is_in_every_table(self, finished: Path) -> None:
        cells = pd.read_parquet(finished / "00/cells.parquet")
        people = cells["population"].sum()
        coverage = today(finished / "00/coverage.csv")
        total = coverage[coverage["age_group"] == "total"]
        whole = total[total["area_level"] == "prefecture"]
        assert len(whole) > 10
        assert (whole["population"] == people).all()
        by = ["service", "mode", "metric", "preset", "cutoff"]
        parts = total[total["area_level"] == "municipality"].groupby(by)
        assert (parts["population"].sum() == people).all()
        sums = parts["covered_population"].sum()
        expected = whole.set_index(by)["covered_population"]
        # the file has three decimals of a person
        np.testing.assert_allclose(sums, expected.loc[sums.index], atol=0.02)
        totals = [s["totals"] for s in record(finished)["stages"] if s["totals"]]
        assert {t["population"] for t in totals} == {people}

    def test_no_year_to_come_loses_people(self, finished: Path) -> None:
        years = pd.read_parquet(finished / "00/population_years.parquet")
        coverage = pd.read_csv(finished / "00/coverage.csv", dtype={"area_code": str})
        future = coverage[coverage["population_source"] == "mesh-future"]
        assert sorted(future["year"].unique()) == [*range(2020, 2051, 5), 2060, 2070]
        ages = {"total": "population", "0to14": "population_0to14", "75plus": "population_75plus"}
        for age, column in ages.items():
            mine = future[future["age_group"] == age]
            whole = mine[mine["area_level"] == "prefecture"].groupby("year")["population"]
            expected = years.groupby("year")[column].sum().loc[sorted(future["year"].unique())]
            np.testing.assert_allclose(whole.min(), expected, atol=1e-3)
            np.testing.assert_allclose(whole.max(), expected, atol=1e-3)
            by = ["year", "service", "mode", "metric", "preset", "cutoff"]
            parts = mine[mine["area_level"] == "municipality"].groupby(by)["population"].sum()
            np.testing.assert_allclose(
                parts, expected.loc[parts.index.get_level_values("year")], atol=0.02
            )

    def test_the_golden_slice_has_not_moved(self, finished: Path) -> None:
        """What a change of method would move; tests/golden/make.py writes it anew."""
        spec = importlib.util.spec_from_file_location("golden", GOLDEN / "make.py")
        assert spec is not None
        assert spec.loader is not None
        golden = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(golden)
        assert golden.SIZE == SMALL
        pd.testing.assert_frame_equal(
            golden.slice_of(finished / "00/coverage.csv"),
            pd.read_csv(golden.GOLDEN),
            check_dtype=False,  # the years to come have fractions of people
            rtol=0,
            atol=0.5,  # half a person: a sub-point on the very cutoff may fall either way
        )

    def test_the_people_of_medical_areas_are_the_prefectures(self, finished: Path) -> None:
        coverage = pd.read_csv(finished / "00/coverage.csv", dtype={"area_code": str})
        coverage = coverage[coverage["age_group"] == "total"]
        case = ["year", "service", "mode", "metric", "preset", "cutoff"]
        people = ["population", "covered_population", "population_no_road"]
        whole, medical = (
            coverage[coverage["area_level"] == level].groupby(case)[people].sum()
            for level in ("prefecture", "medical_area")
        )
        assert coverage.loc[coverage["area_level"] == "medical_area", "area_code"].nunique() == 3
        pd.testing.assert_frame_equal(whole, medical, rtol=0, atol=0.005)  # as written

    def test_medical_supply_and_districts_are_in_every_place_they_should_be(
        self, finished: Path
    ) -> None:
        out = finished / "00"
        cells = pd.read_parquet(out / "cells.parquet")
        table = pd.read_csv(out / "floating_catchment.csv", dtype={"area_code": str})
        whole = table[(table["area_level"] == "prefecture") & (table["age_group"] == "total")]
        for preset, mean in zip(whole["preset"], whole["mean_per_1000"], strict=True):
            mine = cells[f"{preset.replace('-', '_')}_per_1000"]
            on_road = mine.notna()
            weighted = (mine * cells["population"])[on_road].sum()
            assert mean == pytest.approx(weighted / cells.loc[on_road, "population"].sum())
        assert set(whole["supply"]) == {"capacity", "count"}
        found = gpd.read_file(out / "medical/doctorless_00.gpkg", layer="doctorless_00")
        by_district = cells.groupby("doctorless")["population"].sum()
        expected = by_district.drop(["near", "sparse"], errors="ignore")
        assert found.set_index("district_id")["population"].to_dict() == expected.to_dict()

    def test_the_second_nearest_is_another_one_and_no_nearer(self, finished: Path) -> None:
        access = pd.read_parquet(finished / "00/access.parquet")
        key = ["mesh_code", "mode", "metric"]
        first = access[access["service"] == "medical"].set_index(key)
        second = access[access["service"] == "medical_second"].set_index(key)
        assert set(second["rank"]) == {2}
        both = first.merge(second, on=key, suffixes=("", "_2"))
        both = both.dropna(subset=["distance_m", "distance_m_2"])
        assert len(both) > 500
        assert (both["destination_id"] != both["destination_id_2"]).all()
        walk = both[both.index.get_level_values("mode") == "walk"]
        drive = both[both.index.get_level_values("mode") == "drive"]
        assert (walk["distance_m"] <= walk["distance_m_2"]).all()
        assert (drive["travel_time_s"] <= drive["travel_time_s_2"]).all()

    def test_rates_are_between_nobody_and_everybody(self, finished: Path) -> None:
        coverage = pd.read_csv(finished / "00/coverage.csv")
        assert coverage["coverage_rate"].dropna().between(0, 1).all()
        assert (coverage["covered_population"] <= coverage["population"] + 1e-6).all()

    def test_nothing_is_infinite_and_null_has_a_status(self, finished: Path) -> None:
        access = pd.read_parquet(finished / "00/access.parquet")
        numbers = access[["distance_m", "travel_time_s", "snap_m"]]
        assert not np.isinf(numbers.to_numpy()).any()
        # beyond the margin the way is known, and that another may be nearer
        measured = access["status"].isin(["ok", "beyond_margin"])
        assert (access["distance_m"].notna() == measured).all()
        assert (access["destination_id"].notna() == measured).all()
        assert set(access["status"]) <= {"ok", "beyond_margin", "unreachable", "no_road"}
        cells = pd.read_parquet(finished / "00/cells.parquet")
        per_service = access.groupby(["service", "mode", "metric"]).size()
        assert (per_service == len(cells)).all()

    def test_a_road_is_never_shorter_than_the_straight_line(self, finished: Path) -> None:
        access = pd.read_parquet(finished / "00/access.parquet")
        key = ["mesh_code", "service"]
        walk = access[(access["mode"] == "walk") & (access["metric"] == "road")]
        straight = access[access["metric"] == "straight"]
        both = walk.merge(straight, on=key, suffixes=("", "_straight"))
        both = both.dropna(subset=["distance_m"])
        assert len(both) > 1000
        assert (both["distance_m"] >= both["distance_m_straight"] - 1e-6).all()

    def test_measures_agree_with_the_rates_they_stand_beside(self, finished: Path) -> None:
        out = finished / "00"
        assert not (out / "completeness.csv").exists(), "a made-up place has no official number"
        daily = today(out / "daily_services.csv")
        whole = daily[(daily["area_level"] == "prefecture") & (daily["age_group"] == "total")]
        one = whole[whole["preset"] == "toshikozo-800"].set_index("what")["people"]
        everybody = whole["population"].iloc[0] - whole["population_no_road"].iloc[0]
        missing = one[one.index.str.startswith("missing_")]
        assert abs(missing.sum() - everybody) < 0.02
        assert one["all"] <= one.drop(missing.index).min() + 0.01
        coverage = today(out / "coverage.csv")
        medical = coverage[
            (coverage["area_level"] == "prefecture")
            & (coverage["age_group"] == "total")
            & (coverage["service"] == "medical")
            & (coverage["metric"] == "road")
            & (coverage["cutoff_unit"] == "m")
            & (coverage["cutoff"] == 800)
        ]
        assert abs(medical["covered_population"].iloc[0] - one["medical"]) < 0.02
        choice = pd.read_csv(out / "store_choice.csv", dtype={"area_code": str})
        shops = choice[
            (choice["area_level"] == "prefecture")
            & (choice["age_group"] == "total")
            & (choice["service"] == "shop")
            & (choice["cutoff"] == 500)
        ].iloc[0]
        beyond = coverage[
            (coverage["area_level"] == "prefecture")
            & (coverage["age_group"] == "total")
            & (coverage["preset"] == "primaff-500m")
            & (coverage["service"] == "shop")
            & (coverage["metric"] == "road")
        ].iloc[0]
        covered = shops["people_1"] + shops["people_2"] + shops["people_3_or_more"]
        assert abs(covered - beyond["covered_population"]) < 0.02
        closing = pd.read_csv(out / "store_closures.csv")
        closing = closing[closing["of_service"] == "shop"]
        assert abs(closing["people_total"].sum() - shops["people_1"]) < 0.5
        food = today(out / "food_access.csv").iloc[0]
        assert 0 < food["difficult_65plus"] < food["population_65plus"]
        assert "difficult_65plus" not in coverage.columns
        cells = pd.read_parquet(out / "cells.parquet")
        assert set(cells["services_missing"].dropna()) <= {0, 1, 2, 3, 4}
        near = cells["shop_walk_m"] <= 500
        assert ((cells["shop_within_500m_n"] > 0).fillna(False) == near).all()
        assert (out / "municipalities.xlsx").stat().st_size > 10_000

    def test_every_measure_has_the_people_of_the_years_to_come(self, finished: Path) -> None:
        """Population by area, age and year is that of coverage.csv."""
        coverage = pd.read_csv(finished / "00/coverage.csv", dtype={"area_code": str})
        key = ["area_level", "area_code", "age_group", "year", "population_source"]
        people = coverage.drop_duplicates(key).set_index(key)["population"]
        daily = pd.read_csv(finished / "00/daily_services.csv", dtype={"area_code": str})
        transit = pd.read_csv(finished / "00/transit_people.csv", dtype={"area_code": str})
        case = [*key, "definition", "metric"]
        by_share, by_cell = (
            transit.groupby(case)[c].sum().reset_index(["definition", "metric"], drop=True)
            for c in ("population", "population_by_cell")
        )
        of_daily = daily.set_index(key)["population"]
        for theirs in (of_daily, by_share, by_cell):
            assert set(theirs.index.get_level_values("year")) == {2020, 2035, 2050}
            assert "medical_area" in theirs.index.get_level_values("area_level")
            ours = people.reindex(theirs.index)
            np.testing.assert_allclose(theirs, ours, atol=0.05)
        food = pd.read_csv(finished / "00/food_access.csv", dtype={"area_code": str})
        old = people.xs("65plus", level="age_group")
        index = pd.MultiIndex.from_frame(food[old.index.names])
        np.testing.assert_allclose(food["population_65plus"], old.reindex(index), atol=0.05)
        assert (food["population_source"] == "mesh-future").sum() == 3 * len(food) / 4

    def test_nobody_is_lost_on_the_way_to_a_shelter(self, finished: Path) -> None:
        folder = finished / DEMO
        areas = pd.read_csv(folder / "shelter_areas.csv", dtype={"area_code": str})
        total = areas[areas["age_group"] == "total"]
        whole = total[total["area_level"] == "prefecture"]
        parts = [f"people_{n}" for n in ("with_room", "unknown", "short", "out_of_reach")]
        everybody = whole[parts].sum(axis=1)
        assert everybody.to_numpy() == pytest.approx(whole["people_evacuating"], abs=0.01)
        munis = total[total["area_level"] == "municipality"]
        for share, rows in munis.groupby("evacuating_share"):
            mine = whole[whole["evacuating_share"] == share].iloc[0]
            assert rows["people_unknown"].sum() == pytest.approx(mine["people_unknown"], abs=0.1)
            assert rows["shelters"].sum() == mine["shelters"]
        low, short, high = (whole[f"people_short{n}"] for n in ("_at_least", "", "_at_most"))
        assert (low <= short + 0.01).all()
        assert (short <= high + 0.01).all()
        # the demo's largest city lists capacities, the others do not
        assert 0 < mine["shelters_capacity_known"] < mine["shelters"]
        assert 0 < mine["unknown_rate"] < 1
        shelters = pd.read_csv(folder / "shelters.csv")
        known = shelters[shelters["capacity_basis"] != "unknown"]
        assert (known["people_assigned"] <= known["capacity"]).all()
        assert {"published", "floor_area", "unknown"} == set(shelters["capacity_basis"])
        hidden = shelters.loc[shelters["capacity_basis"] == "unknown", "shortfall_nearest"]
        assert hidden.isna().all()

    def test_people_in_vacuum_areas_are_people_in_vacuum_cells(self, finished: Path) -> None:
        cells = pd.read_parquet(finished / "00/cells.parquet")
        areas = gpd.read_file(finished / "00/vacuum/vacuum_00.shp")
        in_vacuum = cells[cells["transit_class"] == "vacuum"]
        assert len(in_vacuum) > 0
        assert areas["POP"].sum() == in_vacuum["population"].sum()
        assert areas["CELLS"].sum() == len(in_vacuum)

    def test_covered_shares_add_up_to_the_coverage(self, finished: Path) -> None:
        covered = pd.read_parquet(finished / "00/covered.parquet")
        cells = pd.read_parquet(finished / "00/cells.parquet").set_index("mesh_code")
        coverage = today(finished / "00/coverage.csv")
        pick = {"service": "shop", "mode": "walk", "metric": "road", "preset": "primaff-500m"}
        rows = covered[(covered[list(pick)] == pd.Series(pick)).all(axis=1)]
        people = cells.loc[rows["mesh_code"], "population"].to_numpy()
        expected = np.nansum(people * rows["covered_share"].to_numpy())
        whole = coverage[
            (coverage[list(pick)] == pd.Series(pick)).all(axis=1)
            & (coverage["area_level"] == "prefecture")
            & (coverage["age_group"] == "total")
        ]
        assert whole["covered_population"].iloc[0] == pytest.approx(expected, abs=0.001)

    def test_the_record_names_every_file_with_its_hash(self, finished: Path) -> None:
        run_json = record(finished)
        kinds = {s["kind"] for s in run_json["sources"]}
        assert {"estat-mesh", "n03", "osm", "gsi-shelter", "p04", "n02", "gtfs", "p11"} <= kinds
        for source in run_json["sources"]:
            assert len(source["sha256"]) == 64, source["path"]
            assert source["licence"]
            assert source["rows_read"] == source["rows_used"] + sum(source["rows_dropped"].values())
        assert set(run_json["outputs"]) >= {"cells.parquet", "coverage.csv", "index.html"}

    def test_excel_in_japan_opens_the_csv(self, finished: Path) -> None:
        assert (finished / "00/coverage.csv").read_bytes().startswith(b"\xef\xbb\xbf")


class TestReuse:
    def test_a_second_run_computes_nothing(
        self, raw: Path, finished: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = written(finished)
        assert run(raw, finished) == 0
        printed = capsys.readouterr().out
        assert stages_run(printed) == set()
        assert "Nothing has changed" in printed
        after = written(finished)
        assert before == after

    def test_one_cutoff_changed_runs_only_what_depends_on_it(
        self, raw: Path, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "out"
        shutil.copytree(finished, out)
        mine = tmp_path / "mine.toml"
        mine.write_text(
            '[coverage.ours]\nlabel_ja = "独自"\nsource = "test"\n'
            'rules = [{ services = ["shop"], mode = "walk", metrics = ["road"], unit = "m", '
            "cutoffs = [750] }]\n",
            encoding="utf-8",
        )
        assert run(raw, out, "--settings", str(mine)) == 0
        ran = {"coverage", "vacuum_files", "measures", "maps", "workbook", "export"}
        assert stages_run(capsys.readouterr().out) == ran
        coverage = pd.read_csv(out / "00/coverage.csv")
        ours = coverage[coverage["preset"] == "ours"]
        assert set(ours["cutoff"]) == {750}
        # back to the shipped settings: the same bytes as before
        assert run(raw, out) == 0
        for name in ("coverage.csv", "cells.parquet", "cells.gpkg", "access.parquet"):
            assert (out / DEMO / name).read_bytes() == (finished / DEMO / name).read_bytes(), name

    def test_a_service_is_added_by_settings_alone(
        self, raw: Path, finished: Path, tmp_path: Path
    ) -> None:
        out = tmp_path / "out"
        shutil.copytree(finished, out)
        mine = tmp_path / "mine.toml"
        mine.write_text(
            "[services.pharmacy_shop]\n"
            'label_ja = "薬屋"\ntheme = "medical"\nosm = ["shop=chemist"]\nsources = ["osm"]\n',
            encoding="utf-8",
        )
        assert run(raw, out, "--settings", str(mine)) == 0
        cells = pd.read_parquet(out / "00/cells.parquet")
        pd.testing.assert_series_equal(
            cells["pharmacy_shop_walk_m"], cells["drugstore_walk_m"], check_names=False
        )

    def test_a_damaged_result_is_put_right(
        self, raw: Path, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "out"
        shutil.copytree(finished, out)
        (out / "00/coverage.csv").write_text("gone", encoding="utf-8")
        assert run(raw, out) == 0
        assert stages_run(capsys.readouterr().out) == set()  # only published again
        good = (finished / "00/coverage.csv").read_bytes()
        assert (out / "00/coverage.csv").read_bytes() == good

    def test_two_runs_give_the_same_bytes(self, raw: Path, finished: Path, tmp_path: Path) -> None:
        assert run(raw, tmp_path) == 0
        names = record(finished)["outputs"]
        for name, about in names.items():
            folder = "maps/00" if about["folder"] == "maps" else DEMO
            first = (finished / folder / name).read_bytes()
            assert (tmp_path / folder / name).read_bytes() == first, name


class TestSentences:
    """Bad input gives one line that says what to do, exit code 2, and no results."""

    def fails(
        self, capsys: pytest.CaptureFixture[str], raw: Path, out: Path, *more: str, pref: str = DEMO
    ) -> str:
        assert run(raw, out, *more, pref=pref) == 2
        complaint = capsys.readouterr().err.strip()
        assert complaint.startswith("coverage-gis: ")
        assert "\n" not in complaint
        assert "Traceback" not in complaint
        assert not list(out.rglob("run.json"))
        return complaint

    def test_no_such_prefecture(
        self, raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert "PREF=薩摩藩" in self.fails(capsys, raw, tmp_path, pref="薩摩藩")

    def test_no_input_folder(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        complaint = self.fails(capsys, tmp_path / "nowhere", tmp_path, pref="16")
        assert "does not exist" in complaint

    def test_no_population(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "raw" / "16").mkdir(parents=True)
        complaint = self.fails(capsys, tmp_path / "raw", tmp_path / "out", pref="16")
        assert "mesh_code,population" in complaint

    def test_no_facilities_at_all(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        home = tmp_path / "raw" / "16"
        home.mkdir(parents=True)
        people = "mesh_code,population\n54371040,12\n54371041,30\n"
        (home / "population.csv").write_text(people)
        out = tmp_path / "out"
        complaint = self.fails(
            capsys, tmp_path / "raw", out, "--distance", "straight", "--workers", "1", pref="16"
        )
        assert "No facilities for 富山県 (施設のデータがありません)" in complaint
        assert str(home) in complaint

    def test_no_roads_unless_straight(
        self, raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        roadless = posing_as_toyama(raw, tmp_path, "*.pbf")
        out = tmp_path / "out"
        assert "DISTANCE=straight" in self.fails(capsys, roadless, out, pref="16")
        assert run(roadless, out, "--distance", "straight", pref="16") == 0
        assert "No municipal boundaries" in capsys.readouterr().out
        cells = pd.read_parquet(out / "16/cells.parquet")
        assert "hospital_straight_m" in cells
        assert "hospital_walk_m" not in cells
        assert (out / "16/vacuum/vacuum_16.shp").exists()
        coverage = pd.read_csv(out / "16/coverage.csv", dtype={"area_code": str})
        assert set(coverage["area_code"]) == {"16", "16000"}

    @pytest.mark.parametrize("name", ["tblT001141H16.txt", "kakuu-ken.osm.pbf"])
    def test_a_broken_file_is_named(
        self, raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
    ) -> None:
        target = posing_as_toyama(raw, tmp_path) / "16" / name
        data = target.read_bytes()
        target.write_bytes(data[: len(data) // 2] + b"\x00\xff" * 500)
        complaint = self.fails(capsys, tmp_path / "raw", tmp_path / "out", pref="16")
        assert target.name in complaint

    def test_a_bad_date(
        self, raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert "DATE=tomorrow" in self.fails(capsys, raw, tmp_path, "--date", "tomorrow")

    def test_an_unknown_setting(
        self, raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        mine = tmp_path / "mine.toml"
        mine.write_text("[run]\nmargin_miles = 3\n", encoding="utf-8")
        complaint = self.fails(capsys, raw, tmp_path, "--settings", str(mine))
        assert "run.margin_miles" in complaint

    def test_another_run_at_work(
        self, raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with locked(tmp_path / DEMO):
            assert "nother run" in self.fails(capsys, raw, tmp_path)

    def test_missing_stations_leave_out_the_vacuum_and_say_so(
        self, raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        stationless = posing_as_toyama(raw, tmp_path, "N02*", "S12*", "*.pbf", "gtfs*")
        assert run(stationless, tmp_path / "out", "--distance", "straight", pref="16") == 0
        printed = capsys.readouterr().out
        assert "交通空白 is left out" in printed
        assert not (tmp_path / "out/16/vacuum").exists()


class TestRealPrefectures:
    def totals(self, out: Path, pref: str) -> set[float]:
        cells = pd.read_parquet(out / pref / "cells.parquet")
        coverage = pd.read_csv(out / pref / "coverage.csv", dtype={"area_code": str})
        whole = coverage[
            (coverage["area_level"] == "prefecture") & (coverage["age_group"] == "total")
        ]
        stated = [s["totals"]["population"] for s in record(out, pref)["stages"] if s["totals"]]
        return {float(cells["population"].sum()), *whole["population"], *stated}

    def test_toyama(self, shared_data, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = shared_data("16").parent
        assert run(folder, tmp_path, pref="富山") == 0
        assert self.totals(tmp_path, "16") == {459_003.0}
        cells = pd.read_parquet(tmp_path / "16/cells.parquet")
        far = cells.loc[~(cells["snap_walk_m"] <= 500), "population"].sum()
        assert far == pytest.approx(65_000, abs=1000)
        assert "道路データのない所" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("mode", "minimised"), [("walk", "distance_m"), ("drive", "travel_time_s")]
    )
    def test_the_whole_run_equals_brute_force(
        self, shared_data, tmp_path_factory: pytest.TempPathFactory, mode: str, minimised: str
    ) -> None:
        """From files to access.parquet: the same figures as networkx on the same OSM file."""
        extract = shared_data("16/toyama_city.osm.pbf")
        out = tmp_path_factory.getbasetemp() / "toyama"
        assert run(extract.parents[1], out, pref="16") == 0  # once: the second mode reuses it
        access = pd.read_parquet(out / "16/access.parquet")
        shops = pd.read_parquet(out / "16/destinations.parquet")
        shops = shops[shops["service"] == "convenience"].reset_index(drop=True)
        rows = access[
            (access["service"] == "convenience")
            & (access["mode"] == mode)
            & (access["metric"] == "road")
        ]
        counts = next(s for s in record(out, "16")["stages"] if s["name"] == "access")["counts"]
        island = counts["components"][mode]["most_people"][0]["near_lon_lat"]
        lon, lat = mesh.centroids(rows["mesh_code"].to_numpy(dtype=object))
        there = np.argsort(np.hypot(lon - island[0], lat - island[1]))[:8]
        some = np.random.default_rng(3).choice(len(rows), 60, replace=False)
        rows = rows.iloc[np.concatenate([there, some])]
        lon, lat = mesh.centroids(rows["mesh_code"].to_numpy(dtype=object))
        _, south, east, _ = mesh.bounds(rows["mesh_code"].to_numpy(dtype=object)).T
        limit = 500 + float(GEOD.inv(lon[0], lat[0], east[0], south[0])[2])
        segments, nodes = plain_segments(extract, mode)
        gaps = shipped_settings().network.gaps
        origins = snap_twice(segments, nodes, list(zip(lon, lat, strict=True)), limit, gaps)
        places = list(zip(shops["lon"], shops["lat"], strict=True))
        targets = snap_twice(segments, nodes, places, 500.0, gaps)
        expected = brute_force_either(segments, targets, origins, by_time=mode == "drive")
        assert any(len(feet) == 2 and best for feet, best in zip(origins, expected, strict=True))
        reached = 0
        for row, feet, best in zip(rows.itertuples(), origins, expected, strict=True):
            if best is None:
                assert row.status == ("unreachable" if feet else "no_road")
                continue
            found, foot = best
            reached += 1
            assert row.snap_m == pytest.approx(foot.leg_m, abs=1e-6)
            assert row.destination_id == shops["destination_id"][found.target]
            assert row.distance_m == pytest.approx(found.distance_m, rel=1e-6)
            assert row.travel_time_s == pytest.approx(found.travel_time_s, rel=1e-6)
            assert getattr(row, minimised) > 0
        assert reached > 30

    def test_tokyo_station(self, shared_data, tmp_path: Path) -> None:
        folder = shared_data("13").parent
        assert run(folder, tmp_path, pref="13") == 0
        (total,) = self.totals(tmp_path, "13")
        counts = next(s for s in record(tmp_path, "13")["stages"] if s["name"] == "origins")[
            "counts"
        ]
        assert total + counts["other_prefecture"] == counts["people_read"] == 30_215_026
        # the neighbours' people in the file share the supply; they are in no total
        assert 0 < counts["people_in_margin"] <= counts["other_prefecture"]
        stages = {s["name"]: s for s in record(tmp_path, "13")["stages"]}
        for shared in stages["catchments"]["counts"]["floating_catchment"].values():
            assert shared["people_margin"] == pytest.approx(counts["people_in_margin"])
        # from OpenStreetMap nobody can say that there is no doctor
        assert not (tmp_path / "13/medical").exists()
        assert any("nobody can say that there is none" in n for n in stages["medical"]["notes"])

    def test_wakayama(
        self, shared_data, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder = shared_data("30").parent
        assert run(folder, tmp_path, pref="Wakayama") == 2
        assert "No roads for 和歌山県" in capsys.readouterr().err
        assert run(folder, tmp_path, "--distance", "straight", pref="30") == 0
        assert self.totals(tmp_path, "30") == {922_584.0}


class TestExplain:
    @pytest.mark.parametrize("service", ["shop", "hospital", "bus_stop", "station", "shelter"])
    def test_the_way_is_that_of_the_table_and_its_rows_are_named(
        self, raw: Path, finished: Path, capsys: pytest.CaptureFixture[str], service: str
    ) -> None:
        access = pd.read_parquet(finished / "00/access.parquet")
        mine = access[(access["service"] == service) & (access["status"] == "ok")]
        code = mine[mine["mode"] == "walk"]["mesh_code"].iloc[7]
        where = ["--raw", str(raw), "--out", str(finished)]
        assert main(["explain", DEMO, code, service, *where]) == 0
        told = capsys.readouterr().out
        assert f"tblT001141H00.txt, row {1 + _line_of(raw, code)}: {code}" in told
        path = finished / f"00/explain/{code}_{service}.geojson"
        ways = json.loads(path.read_text(encoding="utf-8"))["features"]
        rows = access[(access["mesh_code"] == code) & (access["service"] == service)]
        assert len(ways) == (rows["status"] == "ok").sum()
        for way in ways:
            line = np.array(way["geometry"]["coordinates"])
            about = way["properties"]
            metres = GEOD.inv(line[:-1, 0], line[:-1, 1], line[1:, 0], line[1:, 1])[2].sum()
            if about["metric"] == "road":
                assert about["osm_ways"]
                assert metres == pytest.approx(about["distance_m"], rel=1e-4)
            assert about["destination_id"] in told
        assert "no ids of their own" not in told

    def test_what_is_not_there_is_one_sentence(
        self, raw: Path, finished: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        where = ["--raw", str(raw), "--out", str(finished)]
        code = pd.read_parquet(finished / "00/cells.parquet")["mesh_code"].iloc[0]
        assert main(["explain", DEMO, "999999999", "shop", *where]) == 2
        assert "cells.parquet lists" in capsys.readouterr().err
        assert main(["explain", DEMO, code, "casino", *where]) == 2
        assert "no service 'casino'; it has" in capsys.readouterr().err
        assert main(["explain", "17", code, "shop", *where]) == 2
        assert f"No finished run of 石川県 is in {finished}" in capsys.readouterr().err

    def test_without_the_input_files_it_says_so_and_tells_the_way(
        self, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        cells = pd.read_parquet(finished / "00/cells.parquet")
        code = cells.loc[cells["shop_status"] == "ok", "mesh_code"].iloc[0]
        nothing = ["--raw", str(tmp_path / "none"), "--out", str(finished)]
        assert main(["explain", DEMO, code, "shop", *nothing]) == 0
        told = capsys.readouterr().out
        assert "name their folder with --raw" in told
        assert "no ids" not in told
        assert "walk, road: " in told


def _line_of(raw: Path, code: str) -> int:
    text = next((raw / DEMO).glob("tblT001141H00.txt")).read_bytes().decode("cp932")
    return next(i for i, line in enumerate(text.splitlines()) if line.startswith(f"{code},"))
