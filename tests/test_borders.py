"""Two adjoining prefectures run apart are, up to the margin, the two run as one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import shapely

from coverage_gis import schema
from coverage_gis.access.margin import beyond_margin
from coverage_gis.access.reach import Reach
from coverage_gis.codes.prefecture import PREFECTURES
from coverage_gis.coverage.nation import check_counted_once
from coverage_gis.demo import generate
from coverage_gis.errors import InputError, SettingsError
from coverage_gis.settings.margin import exact_s
from coverage_gis.sources.inventory import scan
from coverage_gis.sources.settings_file import load_settings
from pipelines.console import Console
from pipelines.inputs import inventory_of
from pipelines.japan.gather import cells_of
from pipelines.runner import WORK, Runner
from pipelines.stage import Options
from pipelines.stages import STAGES, stages_for

if TYPE_CHECKING:
    from pathlib import Path

    from coverage_gis.settings import Settings

WEST, EAST = "16", "17"
MARGIN_KM = 3
KEY = [schema.MESH_CODE, schema.SERVICE, schema.MODE, schema.METRIC]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One land in two folders of raw data: divided between two prefectures, and as one."""
    top = tmp_path_factory.mktemp("borders")
    generate(top / "made", cells=160, nodes=9000, seed=5)
    areas = json.loads((top / "made" / "N03-20250101_00.geojson").read_text("utf-8"))
    # Every other municipality: a long border, with towns on both sides of it.
    every = sorted({f["properties"]["N03_007"][2:] for f in areas["features"]})
    western = set(every[::2])
    for name in ("two", "one"):
        raw = top / name
        for path in (top / "made").iterdir():
            if path.name.startswith((".", "N03", "tbl")):
                continue
            raw.mkdir(exist_ok=True)
            (raw / path.name).write_bytes(path.read_bytes())
        # Named by primary mesh, as e-Stat's files that hold the people of all prefectures.
        census = (top / "made" / "tblT001141H00.txt").read_bytes()
        (raw / "tblT001141H5835.txt").write_bytes(census)
        for code in (WEST, EAST) if name == "two" else (WEST,):
            mine = [
                f
                for f in areas["features"]
                if name == "one" or (f["properties"]["N03_007"][2:] in western) == (code == WEST)
            ]
            for f in mine:
                f["properties"]["N03_007"] = code + f["properties"]["N03_007"][2:]
            (raw / code).mkdir()
            text = json.dumps({**areas, "features": mine}, ensure_ascii=False)
            (raw / code / f"N03-20250101_{code}.geojson").write_text(text, "utf-8")
    return top


@pytest.fixture(scope="module")
def settings() -> Settings:
    """The shipped ones with a margin small enough for the demo; no cutoff is looked at here."""
    shipped = load_settings()
    return replace(shipped, run=replace(shipped.run, margin_m=MARGIN_KM * 1000.0))


def run(world: Path, name: str, code: str, settings: Settings) -> Runner:
    options = Options(PREFECTURES[code], world / name, world / f"out-{name}", world / "maps")
    runner = Runner(options, settings, inventory_of(options).found, Console(silent=True))
    for stage in stages_for(options, osm_present=True):
        runner.run(stage)
        if stage.name == "access":
            break
    return runner


@pytest.fixture(scope="module")
def tables(world: Path, settings: Settings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Access of the two run apart, and of the two run as one, by cell, service, mode and metric."""
    apart = pd.concat(
        [run(world, "two", c, settings).get("access", "access") for c in (WEST, EAST)]
    )
    whole = run(world, "one", WEST, settings).get("access", "access")
    return apart, whole


def test_up_to_the_margin_both_give_the_same(
    tables: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    apart, whole = tables
    both = apart.merge(whole, on=KEY, suffixes=("", "_whole"))
    assert len(both) == len(apart)  # every cell of either is a cell of the whole
    assert set(whole[schema.MESH_CODE]) == set(apart[schema.MESH_CODE])
    near = both[f"{schema.STATUS}_whole"] == schema.OK
    assert near.sum() > 1000
    found = both[near]
    assert (found[schema.STATUS] == schema.OK).all()
    for column in (schema.DISTANCE_M, schema.TRAVEL_TIME_S):
        np.testing.assert_allclose(found[column], found[f"{column}_whole"], rtol=0, atol=1e-6)
    assert (found[schema.DESTINATION_ID] == found[f"{schema.DESTINATION_ID}_whole"]).all()


def test_what_is_further_is_flagged_in_both_and_no_nearer(
    tables: tuple[pd.DataFrame, pd.DataFrame], settings: Settings
) -> None:
    apart, whole = tables
    both = apart.merge(whole, on=KEY, suffixes=("", "_whole"))
    far = both[both[f"{schema.STATUS}_whole"] == schema.BEYOND_MARGIN]
    assert len(far) > 100
    # Alone, a prefecture may not even know of what is far away.
    assert set(far[schema.STATUS]) <= {schema.BEYOND_MARGIN, schema.UNREACHABLE}
    driven = far[schema.MODE] == schema.DRIVE
    walked = far[~driven].dropna(subset=[schema.DISTANCE_M])
    assert (walked[schema.DISTANCE_M] > MARGIN_KM * 1000).all()
    assert (walked[schema.DISTANCE_M] >= walked[f"{schema.DISTANCE_M}_whole"] - 1e-6).all()
    driven_rows = far[driven].dropna(subset=[schema.TRAVEL_TIME_S])
    assert (driven_rows[schema.TRAVEL_TIME_S] > exact_s(settings, schema.DRIVE)).all()


def test_nobody_is_lost_at_the_border(world: Path, settings: Settings) -> None:
    apart = pd.concat(
        [run(world, "two", c, settings).get("origins", "origins") for c in (WEST, EAST)]
    )
    whole = run(world, "one", WEST, settings).get("origins", "origins")
    cells = apart.groupby(schema.MESH_CODE)[schema.POPULATION].agg(["sum", "size"])
    expected = whole.set_index(schema.MESH_CODE)[schema.POPULATION].loc[cells.index]
    on_border = cells["size"] > 1
    assert on_border.any()
    # Each knows the other's boundaries from its folder: nobody is in both, or in neither.
    assert (cells["sum"] == expected).all()
    assert set(whole[schema.MESH_CODE]) == set(cells.index)


def test_without_the_neighbour_people_would_be_counted_twice_and_the_country_is_refused(
    world: Path, settings: Settings, tmp_path: Path
) -> None:
    """Also that what a run keeps is enough to see it."""
    kept = []
    for name, neighbours in (("known", True), ("alone", False)):
        for code in (WEST, EAST):
            options = Options(PREFECTURES[code], world / "two", tmp_path / name, tmp_path)
            found = inventory_of(options).found if neighbours else scan(options.raw, code)
            runner = Runner(options, settings, found, Console(silent=True))
            record = runner.run(STAGES[0])
            asked = [n for n in record.notes if "neighbouring prefecture" in n]
            missing = "15, 20, 21" if code == WEST else "18, 21"
            if not neighbours:
                missing = "15, 17, 20, 21" if code == WEST else "16, 18, 21"
            assert len(asked) == 1
            assert f"prefecture(s) {missing} are" in asked[0]
        kept.append(pd.concat([cells_of(tmp_path / name / c / WORK) for c in (WEST, EAST)]))
    known, alone = kept
    check_counted_once(known)
    once = known[schema.POPULATION].sum()
    twice = alone[schema.POPULATION].sum() - once
    assert twice > 0
    with pytest.raises(InputError, match=f"^{twice:,.0f} people in .* {WEST}, {EAST}:"):
        check_counted_once(alone)


def test_one_file_of_the_whole_country_says_whose_each_part_is(
    world: Path, settings: Settings, tmp_path: Path
) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "tblT001141H5835.txt").write_bytes((world / "two/tblT001141H5835.txt").read_bytes())
    both = [
        json.loads((world / "two" / c / f"N03-20250101_{c}.geojson").read_text("utf-8"))
        for c in (WEST, EAST)
    ]
    features = [f for one in both for f in one["features"]]
    text = json.dumps({**both[0], "features": features}, ensure_ascii=False)
    (raw / "N03-20250101.geojson").write_text(text, "utf-8")
    for code in (WEST, EAST):
        options = Options(PREFECTURES[code], raw, tmp_path, tmp_path)
        Runner(options, settings, inventory_of(options).found, Console(silent=True)).run(STAGES[0])
    cells = pd.concat([cells_of(tmp_path / c / WORK) for c in (WEST, EAST)])
    check_counted_once(cells)
    apart = [run(world, "two", c, settings).get("origins", "origins") for c in (WEST, EAST)]
    assert cells[schema.POPULATION].sum() == pd.concat(apart)[schema.POPULATION].sum()


def test_some_facilities_are_across_the_border(world: Path, settings: Settings) -> None:
    east = run(world, "two", EAST, settings)
    home = east.get("origins", "municipalities").geometry.union_all()
    access = east.get("access", "access")
    reached = set(access.loc[access[schema.STATUS] == schema.OK, schema.DESTINATION_ID])
    places = east.get("destinations", "destinations").set_index(schema.DESTINATION_ID)
    at = places.loc[sorted(reached), [schema.LON, schema.LAT]].to_numpy()
    abroad = ~shapely.contains_xy(home, at[:, 0], at[:, 1])
    assert 0 < abroad.sum() < len(at)


def test_what_the_margin_vouches_for(settings: Settings) -> None:
    metres = np.array([MARGIN_KM * 1000.0, MARGIN_KM * 1000.0 + 1e-3, np.nan])
    limit_s = exact_s(settings, schema.DRIVE)
    seconds = np.array([limit_s, limit_s * 1.001, np.nan])
    reach = Reach(np.array([0, 0, -1]), metres, seconds)
    assert beyond_margin(reach, schema.WALK, settings).tolist() == [False, True, False]
    assert beyond_margin(reach, schema.DRIVE, settings).tolist() == [False, True, False]
    top = max(settings.network.drive.speed_m_per_s.values())
    assert limit_s == pytest.approx(MARGIN_KM * 1000 / top)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[run]\nmargin_km = 39\n", "coverage.planning-drive looks 30 min"),
        ("[run]\nmargin_km = 0.9\n", "40 km"),
        ("[network.drive.speed_km_per_h]\nmotorway = 100\n", "50 km"),
        (
            "[floating_catchment.hospital-beds-2sfca]\nlimits_min = [45]\nsource = 'mine'\n",
            "floating_catchment.hospital-beds-2sfca looks 45 min .drive. far, which may be 60 km",
        ),
        (
            "[floating_catchment.medical-e2sfca]\nlimits_m = [5e3, 1e4, 41e3]\nsource = 'mine'\n",
            "floating_catchment.medical-e2sfca looks 41000 m",
        ),
        ("[shelters]\nreach_m = 40001\nsource = 'mine'\n", "shelters.reach_m looks 40001 m"),
        ("[doctorless]\nradius_m = 41000\nsource = 'mine'\n", "doctorless looks 41000 m"),
        ("[doctorless]\nstop_m = 42000\nsource = 'mine'\n", "doctorless looks 42000 m"),
    ],
)
def test_a_margin_below_the_largest_cutoff_is_refused(text: str, why: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=why):
        load_settings(file)
