"""The demo prefecture: same bytes, sizes as asked, and consistent in every format."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import time
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely

from coverage_gis import demo
from coverage_gis.codes import mesh
from coverage_gis.demo import build
from coverage_gis.errors import InputError, OutputError
from coverage_gis.sources.dem import read_heights

if TYPE_CHECKING:
    from collections.abc import Callable

CELLS, NODES = 700, 14_000
PUBLIC = (0, 1, 2, 33, 34)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("small") / "00"
    demo.generate(out, cells=CELLS, nodes=NODES, seed=3)
    return out


@pytest.fixture(scope="module")
def census(small: Path) -> list[list[str]]:
    text = (small / "tblT001141H00.txt").read_bytes().decode("cp932")
    return [line.split(",") for line in text.split("\r\n")[2:-1]]


def digests(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


def csv_member(path: Path, name: str) -> list[dict[str, str]]:
    with zipfile.ZipFile(path) as archive:
        return list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"))))


# --- as a whole ---------------------------------------------------------------------------


def test_the_same_arguments_give_the_same_bytes(small: Path, tmp_path: Path) -> None:
    again = tmp_path / "elsewhere"
    demo.generate(again, cells=CELLS, nodes=NODES, seed=3)
    assert digests(again) == digests(small)


def test_another_process_gives_the_same_bytes(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "00"
    code = (
        "import pathlib, sys; from coverage_gis import demo; "
        f"demo.generate(pathlib.Path(sys.argv[1]), cells={CELLS}, nodes={NODES}, seed=3)"
    )
    command = [sys.executable, "-c", code, str(out)]
    root = Path(__file__).resolve().parents[1]
    subprocess.run(command, check=True, cwd=root, env={**os.environ, "PYTHONHASHSEED": "12345"})  # noqa: S603 (our own interpreter and code)
    assert digests(out) == digests(small)


def test_another_seed_gives_another_prefecture(small: Path, tmp_path: Path) -> None:
    demo.generate(tmp_path / "00", cells=CELLS, nodes=NODES, seed=4)
    same = {n for n, d in digests(tmp_path / "00").items() if digests(small).get(n) == d}
    assert same == set()


def test_the_default_size_is_made_in_time_and_is_current(tmp_path: Path) -> None:
    out = tmp_path / "raw" / "00"
    started = time.perf_counter()
    files = demo.generate(out)
    assert time.perf_counter() - started < 30  # 1.3 s on an idle machine
    assert [p.name for p in files] == sorted(
        p.name for p in out.iterdir() if p.name != demo.MANIFEST
    )
    assert demo.is_current(out)
    files[0].write_bytes(files[0].read_bytes() + b" ")
    assert not demo.is_current(out)
    assert list((tmp_path / "raw").iterdir()) == [out]


def test_an_older_generator_s_folder_is_not_current(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert demo.is_current(small)
    monkeypatch.setattr(build, "GENERATOR_VERSION", -1)
    assert not demo.is_current(small)


def test_its_own_folder_is_replaced_and_a_stranger_s_is_not(tmp_path: Path) -> None:
    own, strange = tmp_path / "own", tmp_path / "strange"
    demo.generate(own, cells=300, nodes=8_000)
    demo.generate(own, cells=320, nodes=8_000)
    assert demo.is_current(own)
    strange.mkdir()
    (strange / "precious.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="did not write"):
        demo.generate(strange, cells=300, nodes=8_000)
    assert (strange / "precious.txt").read_text(encoding="utf-8") == "mine"


def test_nothing_is_left_behind_by_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(build.osm, "write", fail)
    with pytest.raises(OutputError, match="No space left"):
        demo.generate(tmp_path / "00", cells=300, nodes=8_000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("cells", "nodes", "seed"),
    [(10, 60_000, 0), (3000, 10, 0), (3000, 60_000, -1), (10**6, 10**6, 0)],
)
def test_impossible_sizes_are_refused(cells: int, nodes: int, seed: int, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="demo prefecture"):
        demo.generate(tmp_path / "00", cells=cells, nodes=nodes, seed=seed)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("cells", "nodes"), [(700, 12_000), (3000, 60_000), (4000, 30_000)])
def test_sizes_are_as_asked(cells: int, nodes: int, seed: int, tmp_path: Path) -> None:
    out = tmp_path / "00"
    demo.generate(out, cells=cells, nodes=nodes, seed=seed)
    rows = (out / "tblT001141H00.txt").read_bytes().decode("cp932").split("\r\n")
    assert len(rows) == 2 + cells + 1
    made = json.loads((out / demo.MANIFEST).read_text(encoding="utf-8"))["road_nodes"]
    assert abs(made / nodes - 1) < 0.08


# --- heights ------------------------------------------------------------------------------


def test_heights_are_known_wherever_people_live_and_no_cliff_is_there(
    small: Path, census: list[list[str]]
) -> None:
    path = small / "dem_00.tif"
    assert path.stat().st_size < 200_000
    codes = [row[0] for row in census]
    lon, lat = mesh.centroids(codes)
    here, north = (read_heights(path, np.asarray(lon), np.asarray(lat) + d) for d in (0, 0.004))
    assert (here >= 0).all()
    assert np.median(here) < 60, "most live in the plain"
    assert here.max() > 80, "some in the hills"
    assert np.abs(here - north).max() < 0.5 * 444
    steep = np.abs(here - north) / 444
    assert 0.001 < np.median(steep) < 0.05
    with rasterio.open(path) as raster:
        assert raster.crs.to_epsg() == 6668
        assert raster.read(1)[0].max() == 0, "the sea in the north"
        assert "synthetic" in raster.tags()["TIFFTAG_COPYRIGHT"]


# --- population ---------------------------------------------------------------------------


def test_headers_are_those_of_the_publisher(
    small: Path, shared_data: Callable[[str], Path]
) -> None:
    real = shared_data("13/tblT001101H5339.txt").read_bytes().split(b"\r\n")[:2]
    ours = (small / "tblT001141H00.txt").read_bytes().split(b"\r\n")[:2]
    assert ours[0] == real[0].replace(b"T001101", b"T001141")
    assert ours[1] == real[1]


def test_cells_exist_and_are_sorted_and_hold_people(census: list[list[str]]) -> None:
    codes = [row[0] for row in census]
    assert codes == sorted(set(codes))
    assert mesh.valid(codes).all()
    people = np.array([int(row[4]) for row in census])
    assert people.min() >= 1
    assert 0.85 < people.sum() / (165 * CELLS) < 1.15


def test_secret_counts_are_starred_and_their_receivers_name_them(census: list[list[str]]) -> None:
    by_code = {row[0]: row for row in census}
    sources = [row for row in census if row[1] == "2"]
    assert sources
    for row in sources:
        stars = {k for k, v in enumerate(row[4:]) if v == "*"}
        assert stars == set(range(50)) - set(PUBLIC)
        receiver = by_code[row[2]]
        assert receiver[1] == "1"
        assert row[0] in receiver[3].split(";")
    named = [c for row in census if row[1] == "1" for c in row[3].split(";")]
    assert sorted(named) == [row[0] for row in sources]
    assert all("*" not in row for row in census if row[1] != "2")


def test_published_details_add_up_to_the_people(census: list[list[str]]) -> None:
    people = sum(int(row[4]) for row in census)
    shown = np.array([[int(v) for v in row[4:]] for row in census if row[1] != "2"])
    by_age = shown[:, 3] + shown[:, 9] + shown[:, 18]  # 0-14, 15-64, 65+
    assert by_age.sum() == people
    normal = np.array([[int(v) for v in row[4:]] for row in census if row[1] == "0"])
    assert (normal[:, 3] + normal[:, 9] + normal[:, 18] == normal[:, 0]).all()
    assert (normal[:, 0:33:3] == normal[:, 1:33:3] + normal[:, 2:33:3]).all()
    for bigger, smaller in ((0, 6), (6, 12), (12, 15), (15, 18), (18, 21), (21, 24), (24, 27)):
        assert (normal[:, bigger] >= normal[:, smaller]).all()
    assert (normal[:, 34] == normal[:, 35:42].sum(axis=1)).all()
    assert (normal[:, 42] == normal[:, 43] + normal[:, 44]).all()


def test_people_are_older_in_the_valleys_than_in_the_city(census: list[list[str]]) -> None:
    rows = [row for row in census if row[1] == "0" and int(row[4]) >= 30]
    people = np.array([int(row[4]) for row in rows])
    aged = np.array([int(row[4 + 18]) for row in rows])
    lat = mesh.centroids([row[0] for row in rows])[1]
    city, south = people > np.quantile(people, 0.95), lat < np.quantile(lat, 0.05)
    assert aged[city].sum() / people[city].sum() < 0.30
    assert aged[south].sum() / people[south].sum() > 0.42


# --- places -------------------------------------------------------------------------------


def test_municipalities_are_valid_disjoint_and_hold_every_cell(
    small: Path, census: list[list[str]]
) -> None:
    raw = json.loads((small / "N03-20250101_00.geojson").read_text(encoding="utf-8"))
    shapes = shapely.from_geojson([json.dumps(f["geometry"]) for f in raw["features"]])
    assert shapely.is_valid(shapes).all()
    whole = shapely.union_all(shapes)
    assert shapely.area(shapes).sum() == pytest.approx(whole.area, rel=1e-6)
    lon, lat = mesh.centroids([row[0] for row in census])
    assert shapely.contains_xy(whole, lon, lat).all()
    codes = {f["properties"]["N03_007"] for f in raw["features"]}
    assert "00201" in codes
    assert 8 <= len(codes) <= 12
    assert all(c.startswith("00") and len(c) == 5 for c in codes)


def test_medical_shapefile_is_cp932_without_cpg(small: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(small / "P04-20_00_GML.zip") as archive:
        assert {n.rsplit(".", 1)[1] for n in archive.namelist()} == {"shp", "shx", "dbf", "prj"}
        archive.extractall(tmp_path)
    table = pyogrio.read_dataframe(tmp_path / "P04-20_00.shp", encoding="cp932")
    assert [c for c in table.columns if c != "geometry"] == [f"P04_{k:03d}" for k in range(1, 11)]
    assert set(table["P04_001"]) == {"1", "2", "3"}
    assert table["P04_003"].str.startswith("架空県").all()
    assert table.total_bounds[0] > 134
    assert table.total_bounds[2] < 137


def test_bus_stops_hold_some_that_no_timetable_has(small: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(small / "P11-22_00_SHP.zip") as archive:
        archive.extractall(tmp_path)
    table = pyogrio.read_dataframe(tmp_path / "P11-22_00.shp", encoding="cp932")
    operators = set(table["P11_002"])
    timed = {csv_member(p, "agency.txt")[0]["agency_name"] for p in small.glob("gtfs_*.zip")}
    assert operators - timed == {"夢見観光自動車"}
    assert "P11_003_35" in table.columns
    assert "P11_004_35" in table.columns


def test_shelters_have_the_publisher_s_columns(
    small: Path, shared_data: Callable[[str], Path]
) -> None:
    for name in ("mergeFromCity_1.csv", "mergeFromCity_2.csv"):
        real = shared_data(f"16/{name}").read_bytes().split(b"\r\n")[0]
        ours = (small / name).read_bytes().split(b"\r\n")[0]
        assert ours == real


def test_stations_are_lines_and_the_junction_shares_a_group(small: Path) -> None:
    with zipfile.ZipFile(small / "N02-24_GML.zip") as archive:
        raw = json.loads(archive.read("UTF-8/N02-24_Station.geojson"))
    groups = [f["properties"]["N02_005g"] for f in raw["features"]]
    assert len(groups) == len(set(groups)) + 1
    assert {f["geometry"]["type"] for f in raw["features"]} == {"LineString"}
    assert len({f["properties"]["N02_003"] for f in raw["features"]}) == 2


# --- timetables ---------------------------------------------------------------------------


def test_feeds_hold_together(small: Path) -> None:
    feeds = sorted(small.glob("gtfs_*.zip"))
    assert [p.stem for p in feeds] == ["gtfs_city", "gtfs_expired", "gtfs_island", "gtfs_valley"]
    for path in feeds:
        stops = {s["stop_id"] for s in csv_member(path, "stops.txt")}
        trips = {t["trip_id"] for t in csv_member(path, "trips.txt")}
        times = csv_member(path, "stop_times.txt")
        assert {t["stop_id"] for t in times} <= stops
        assert {t["trip_id"] for t in times} == trips
        clocks = [(t["trip_id"], int(t["stop_sequence"]), t["departure_time"]) for t in times]
        later = [a[2] <= b[2] for a, b in pairwise(clocks) if a[0] == b[0]]
        assert all(later)


def test_feeds_have_the_traits_of_real_ones(small: Path) -> None:
    city = csv_member(small / "gtfs_city.zip", "stop_times.txt")
    assert any(t["arrival_time"] == "25:10:00" for t in city)
    daily = {}
    for trip in csv_member(small / "gtfs_city.zip", "trips.txt"):
        if trip["service_id"] == "平日" and trip["direction_id"] == "0":
            daily[trip["route_id"]] = daily.get(trip["route_id"], 0) + 1
    assert max(daily.values()) == 60
    valley = csv_member(small / "gtfs_valley.zip", "trips.txt")
    counts = np.unique(
        [t["route_id"] for t in valley if t["direction_id"] == "0"], return_counts=True
    )
    assert counts[1].min() == 2
    assert csv_member(small / "gtfs_expired.zip", "feed_info.txt")[0]["feed_end_date"] == "20190331"
    assert csv_member(small / "gtfs_island.zip", "frequencies.txt")
    assert csv_member(small / "gtfs_valley.zip", "calendar_dates.txt")
