"""Whole runs in hills: a DEM beside the other files changes walking times, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import rasterio
from network_reference import shipped_settings, shipped_toml

from coverage_gis import schema, settings
from coverage_gis.access.places import Places
from coverage_gis.access.reach import Reach
from coverage_gis.codes import prefecture
from coverage_gis.coverage.covered import covered_share
from coverage_gis.demo import generate
from coverage_gis.errors import InputError, SettingsError
from coverage_gis.sources.dem import heights_of
from coverage_gis.sources.found import Found
from coverage_gis.sources.inventory import scan_report
from coverage_gis.sources.recognise import DEM, recognise
from coverage_gis.sources.settings_file import load_settings
from coverage_gis.store.publish import locked
from coverage_gis.vacuum.classes import point_classes
from coverage_gis.vacuum.situation import as_walked
from coverage_gis.vacuum.supply import UNKNOWN
from pipelines.console import Console
from pipelines.runner import Runner
from pipelines.stage import Options
from pipelines.stages import stages_for

if TYPE_CHECKING:
    from pathlib import Path

WALK = 80 / 60
STEEP = 0.1


def write_dem(path: Path, west: float, south: float, east: float, north: float) -> None:
    """Write a plane that rises eastward by a tenth, in the degrees of 38.8 degrees north."""
    step = 0.01
    columns, rows = round((east - west) / step), round((north - south) / step)
    rise = 111_320 * np.cos(np.deg2rad(38.8)) * step * STEEP
    height = np.tile(np.arange(columns) * rise, (rows, 1)).astype(np.float32)
    with rasterio.open(
        path, "w", driver="GTiff", width=columns, height=rows, count=1, dtype="float32",
        crs="EPSG:6668", transform=rasterio.Affine(step, 0.0, west, 0.0, -step, north),
    ) as raster:  # fmt: skip
        raster.write(height, 1)


def test_a_dem_is_known_by_its_name() -> None:
    head = b"II*\0" + bytes(100)
    for name in ("dem.tif", "DEM5A_16.tif", "FG-GML-5537-DEM10B.tiff", "標高.tif"):
        found = recognise(name, head)
        assert found is not None
        assert found.kind == DEM
    for name in ("demo.tif", "academe.tif", "landuse.tif"):
        assert recognise(name, head) is None


def test_tiles_fill_each_others_gaps(tmp_path: Path) -> None:
    write_dem(tmp_path / "dem1.tif", 135.0, 38.0, 135.1, 38.1)
    write_dem(tmp_path / "dem2.tif", 135.1, 38.0, 135.2, 38.1)
    tiles = [Found(tmp_path / f"dem{i}.tif", None, DEM, "") for i in (1, 2)]
    result = heights_of(tiles, np.array([135.05, 135.15, 136.0]), np.full(3, 38.05))
    assert np.isfinite(result.table[:2]).all()
    assert np.isnan(result.table[2])
    assert (result.read, result.used) == (3, 2)
    (tmp_path / "dem1.tif").write_bytes(b"II*\0 no raster")
    with pytest.raises(InputError, match=r"dem1\.tif cannot be read"):
        heights_of(tiles, np.array([135.05]), np.array([38.05]))


def run_to_coverage(top: Path) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Return access, the prefecture's walking rates and the record of the network, as they are."""
    options = Options(prefecture.resolve("00"), top / "raw", top / "out", top / "maps")
    inventory = scan_report(options.raw, options.pref.code)
    runner = Runner(options, load_settings(None), inventory.found, Console(quiet=True))
    with locked(options.out_dir):
        for stage in stages_for(options, osm_present=True):
            runner.run(stage)
            if stage.name == "coverage":
                break
    rates = runner.get("coverage", "coverage").query(
        "area_level == 'prefecture' and age_group == 'total' and mode == 'walk'"
    )
    return runner.get("access", "access"), rates, runner.records["network"]


def test_walking_times_follow_the_slope_and_paths_do_not(tmp_path: Path) -> None:
    generate(tmp_path / "raw/00", cells=400, nodes=9_000)
    (tmp_path / "raw/00/dem_00.tif").unlink()  # the hills are our own here
    flat, flat_rates, _ = run_to_coverage(tmp_path)
    write_dem(tmp_path / "raw/00/dem.tif", 134.5, 38.0, 136.5, 39.5)
    hills, rates, network = run_to_coverage(tmp_path)

    apart = [c for c in flat.columns if c != "travel_time_s"]
    pd.testing.assert_frame_equal(flat[apart], hills[apart])
    drive = flat["mode"] == "drive"
    pd.testing.assert_frame_equal(flat[drive], hills[drive])
    walk = (flat["mode"] == "walk") & (flat["metric"] == "road") & (flat["status"] == "ok")
    on_foot = np.isclose(flat["travel_time_s"] * WALK, flat["distance_m"])  # without a ferry
    assert 0.9 < on_foot[walk].mean() < 1, "the island has one"
    walk &= on_foot
    ratio = hills.loc[walk, "travel_time_s"] * WALK / hills.loc[walk, "distance_m"]
    assert 1.2 < ratio.max() <= np.exp(3.5 * STEEP) * 1.01, "somebody walks up"
    assert ratio.min() < 0.95, "and somebody down, where it is less steep"
    assert "Tobler" in network.notes[0]
    assert [s.path for s in network.sources] == ["00/dem.tif"]

    def covered(table: pd.DataFrame, column: str, value: str) -> np.ndarray:
        return table.loc[table[column] == value, "covered_population"].to_numpy()

    by_time = [covered(t, "preset", "elderly-walk") for t in (flat_rates, rates)]
    assert len(by_time[0]) >= 3
    assert not np.array_equal(*by_time)
    np.testing.assert_array_equal(*(covered(t, "cutoff_unit", "m") for t in (flat_rates, rates)))


def test_elderly_people_get_three_quarters_as_far() -> None:
    walk = shipped_settings().network.walk
    assert walk.pace("elderly") == pytest.approx(80 / 60)
    assert walk.pace(None) == 1
    metres = np.array([0.0, 590.0, 601.0, 790.0])
    places = Places(np.zeros(4), np.zeros(4), 4, 0, np.zeros(4))
    reach = Reach(np.zeros(4, dtype=np.int64), metres, metres / WALK)
    shares = [
        covered_share(places, reach, 10, "min", by_subpoints=False, pace=walk.pace(who)).tolist()
        for who in (None, "elderly")
    ]
    assert shares == [[1, 1, 1, 1], [1, 1, 0, 0]]


@pytest.mark.parametrize(
    ("preset", "said"),
    [
        ({"unit": "m"}, "mode = 'walk' and unit = 'min'"),
        ({"mode": "drive"}, "mode = 'walk' and unit = 'min'"),
        ({"walkers": "sprinters"}, "is none of elderly"),
    ],
)
def test_walkers_need_a_speed_and_minutes(preset: dict[str, str], said: str) -> None:
    rule = {
        "services": ["shop"],
        "mode": "walk",
        "metrics": ["road"],
        "unit": "min",
        "cutoffs": [9],
    }
    rule |= {k: v for k, v in preset.items() if k != "walkers"}
    mine = {
        "label_ja": "x",
        "source": "y",
        "rules": [rule],
        "walkers": preset.get("walkers", "elderly"),
    }
    with pytest.raises(SettingsError, match=said):
        settings.parse(settings.overlay(shipped_toml(), {"coverage": {"mine": mine}}))


def test_a_definition_of_the_vacuum_can_be_by_the_time_of_elderly_people() -> None:
    """A stop at 400 m is at 533 m for them, and on a slope that doubles the time at 1,067 m."""
    shipped = shipped_settings()
    walk, plain = shipped.network.walk, shipped.vacuum_presets["handbook-rural"]
    theirs = replace(plain, walkers="elderly")
    places = Places(np.zeros(3), np.zeros(3), 1, 2, np.zeros(1))
    metres = np.full(3, 400.0)
    seconds = metres / WALK * [1, 1, 2]
    target = np.zeros(3, dtype=np.int64)
    level = ("bus_stop", 1.0)
    road = {level: Reach(target, metres, seconds)}
    straight = {level: Reach(target, metres, np.full(3, np.nan))}
    apart = as_walked(road, theirs, walk, places)[level]
    assert apart == pytest.approx(np.array([[400 * 80 / 60, 800 * 80 / 60]]))
    assert as_walked(straight, theirs, walk, places)[level] == pytest.approx(400 * 80 / 60)
    np.testing.assert_array_equal(as_walked(road, plain, walk, places)[level], [[400, 400]])
    stations = {("station", 1.0): np.full((1, 2), np.nan)}
    unknown = {(s, UNKNOWN): np.full((1, 2), np.nan) for s in ("station", "bus_stop")}
    convenient, beyond = (
        point_classes({**stations, **unknown, level: d}, plain, None)
        for d in (np.full((1, 2), 400.0), apart)
    )
    names = np.array(schema.TRANSIT_CLASSES)
    assert names[convenient].tolist() == [[schema.INCONVENIENT] * 2]
    assert names[beyond].tolist() == [[schema.VACUUM] * 2]
    mine = {"label_ja": "x", "source": "y", "rail_m": 1000, "bus_m": 500, "walkers": "snails"}
    with pytest.raises(SettingsError, match=r"vacuum\.mine\.walkers 'snails' is none of elderly"):
        settings.parse(settings.overlay(shipped_toml(), {"vacuum": {"mine": mine}}))
