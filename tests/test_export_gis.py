"""Shapefile and GeoPackage: what QGIS opens is what was written, the same bytes each time."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from coverage_gis import crs, schema
from coverage_gis.codes import mesh
from coverage_gis.errors import OutputError
from coverage_gis.export.about import SYNTHETIC, About
from coverage_gis.export.cells import write_cells
from coverage_gis.export.geopackage import Layer, write_gpkg
from coverage_gis.export.shapefile import write_vacuum_shp
from coverage_gis.export.text import chunks, plain
from coverage_gis.export.vacuum import write_vacuum
from coverage_gis.export.vacuum_fields import INTEGER, REAL, TEXT, VACUUM_FIELDS

ROOT = Path(__file__).resolve().parents[1]
ABOUT = About(
    "交通空白地域（富山県）",
    definitions=("鉄道駅1,000 m・バス停500 mより遠い（mlit-ksj-2025）",),
    date="人口 2020-10-01、時刻表 2019-06-05",
    sources=("国勢調査（総務省統計局）", "© OpenStreetMap contributors, ODbL 1.0"),
    notes=("道路データは富山市のみ",),
)
TEXTS = [f for f in VACUUM_FIELDS if f.kind == TEXT]
NAMES = st.text(st.characters(blacklist_categories=["Cs"]), max_size=400)
# SJIS without Microsoft's rows has none of 髙 ㈱ ① Ⅲ; all of them are in CP932.
WINDOWS_JAPANESE = "髙岡㈱①Ⅲ—〜−‖停留所ソ表ｱ"


def vacuum(n: int = 3) -> gpd.GeoDataFrame:
    k = np.arange(n)
    box = shapely.box(137 + k / 100, 36.1, 137.004 + k / 100, 36.104)
    two = [shapely.MultiPolygon([b, affinity.translate(b, yoff=0.1)]) for b in box]
    return gpd.GeoDataFrame(
        {
            "area_id": [f"16-{i + 1:04d}" for i in k],
            "rank": k + 1,
            "pref_code": "01",
            "muni_code": ["01100"] * n,
            "muni_name": ["札幌市中央区"] * n,
            "place_name": [None, "桜町", "西野々"][:n] + ["x"] * (n - 3),
            "preset": "mlit-ksj-2025",
            "metric": "road",
            "cells": k * 7,
            "population": k / 3 + 100,
            "population_65plus": np.where(k % 2, np.nan, k / 7),
            "population_75plus": np.nan,
            "nearest_stop_name": ["富山駅前", None, WINDOWS_JAPANESE][:n] + ["x"] * (n - 3),
            "nearest_stop_m": 1234.5 + k / 9,
            "nearest_stop_trips": np.where(k % 2, 12.0, np.nan),
            "nearest_station_name": "電鉄富山",
            "nearest_station_m": 0.1 + 0.2 * k,
            "population_2050": k / 7,
            "population_65plus_2050": np.nan,
            "population_75plus_2050": np.nan,
            "nearest_station_trips": np.nan,
            "served_m": 900.0 + k,
            "nearest_shop_name": None,
            "nearest_shop_m": 3000.0 + k / 7,
            "nearest_hospital_name": "架空病院",
            "nearest_hospital_m": np.nan,
            "priority_score": 50.5 + k / 10,
            "priority_rank": np.where(k % 2, np.nan, k + 1.0),
            "area_km2": np.pi * k,
            "head_mesh_code": "543700001",
            "head_share": 1 / (k + 3),
            "data_end_people": k / 6,
        },
        geometry=two,
        crs="EPSG:6668",
    )


def read(path: Path, fields: list[str]) -> pd.DataFrame:
    """Read a shapefile, continued fields joined, in our column names."""
    frame = pyogrio.read_dataframe(path)
    shp = {f.shp: f.column for f in VACUUM_FIELDS if f.column in fields}
    out = frame.rename(columns=shp)
    for f in TEXTS:
        for part in [
            c for c in frame.columns if c[:9] == f.shp[:9] and c[9:].isdigit() and c != f.shp
        ]:
            out[f.column] = out[f.column].fillna("") + out.pop(part).fillna("")
    return out


def assert_same(back: gpd.GeoDataFrame, frame: gpd.GeoDataFrame, *, whole: bool = False) -> None:
    """Numbers to the decimals of their fields, or ``whole`` as a GeoPackage keeps them."""
    for f in VACUUM_FIELDS:
        left, right = back[f.column], frame[f.column]
        if f.kind == TEXT:
            assert left.fillna("").tolist() == right.fillna("").tolist(), f.column
        else:
            off = 0.0 if whole else 0.5 * 10.0**-f.decimals * (1 + 1e-9)
            np.testing.assert_allclose(
                left.to_numpy(float), right.to_numpy(float), 0, off, err_msg=f.column
            )
    assert back.geometry.geom_equals(frame.geometry).all()


# --- shapefile ---------------------------------------------------------------------------


def test_every_field_is_declared_for_dbase() -> None:
    names = [f.shp for f in VACUUM_FIELDS]
    assert len(set(names)) == len(names)
    assert len({f.alias_ja for f in VACUUM_FIELDS}) == len(names)
    for f in VACUUM_FIELDS:
        assert f.shp.isascii()
        assert f.shp == f.shp.upper()
        assert len(f.shp) <= 10
        assert f.kind in {TEXT, INTEGER, REAL}
        assert (f.decimals > 0) == (f.kind == REAL)  # without decimals GDAL reads whole numbers


@pytest.mark.parametrize(("encoding", "cpg"), [("utf-8", "UTF-8"), ("cp932", "932")])
def test_a_shapefile_comes_back(tmp_path: Path, encoding: str, cpg: str) -> None:
    frame = vacuum()
    files = write_vacuum_shp(frame, tmp_path, "16", about=ABOUT, encoding=encoding)
    names = sorted(f"vacuum_16{e}" for e in (".shp", ".shx", ".dbf", ".prj", ".cpg", ".qml"))
    assert sorted(p.name for p in files) == sorted(
        [*names, "vacuum_16_fields.csv", "vacuum_16_readme.txt"]
    )
    assert sorted(tmp_path.iterdir()) == sorted(files)
    back = read(tmp_path / "vacuum_16.shp", list(frame.columns))
    twins = str.maketrans("—〜−‖", "―～－∥") if encoding == "cp932" else {}
    expected = frame.copy()
    expected["nearest_stop_name"] = [
        v.translate(twins) if isinstance(v, str) else v for v in frame["nearest_stop_name"]
    ]
    assert_same(back, expected)
    assert back["rank"].dtype.kind == "i"
    assert (tmp_path / "vacuum_16.cpg").read_text(encoding="ascii") == cpg


@pytest.mark.parametrize("zone", [None, "plane"])
def test_the_crs_is_read_as_jgd2011(tmp_path: Path, zone: str | None) -> None:
    frame = vacuum() if zone is None else vacuum().to_crs(crs.plane_crs("16"))
    write_vacuum_shp(frame, tmp_path, "16", about=ABOUT)
    text = (tmp_path / "vacuum_16.prj").read_text(encoding="ascii")
    assert "GCS_JGD_2011" in text  # Esri's name, in WKT 1
    assert "AUTHORITY" not in text
    assert pyproj.CRS.from_wkt(text).to_epsg(min_confidence=20) == frame.crs.to_epsg()
    assert pyogrio.read_info(tmp_path / "vacuum_16.shp")["crs"] == f"EPSG:{frame.crs.to_epsg()}"


@given(
    st.lists(NAMES, min_size=1, max_size=4),
    st.lists(st.floats(allow_nan=True, allow_infinity=False), min_size=4, max_size=4),
)
@settings(deadline=None, max_examples=40)
def test_any_name_and_any_number_come_back(names: list[str], numbers: list[float]) -> None:
    frame = pd.concat([vacuum(1)] * len(names), ignore_index=True)
    frame["nearest_stop_name"] = names
    frame["muni_name"] = [n[:80] for n in names]
    frame["population"] = numbers[: len(names)]
    with tempfile.TemporaryDirectory() as folder:
        write_vacuum_shp(frame, Path(folder), "16", about=ABOUT)
        back = read(Path(folder) / "vacuum_16.shp", list(frame.columns))
    for column in ("nearest_stop_name", "muni_name"):
        for got, name in zip(back[column].fillna(""), frame[column], strict=True):
            whole = plain(name)
            if len(whole.encode()) > 1000:
                assert got.endswith("…")
                assert whole.startswith(got[:-1])
                assert len(got.encode()) > 990
            elif " " not in whole:
                assert got == whole
            else:  # DBF keeps no blank at the end of a part
                assert got.replace(" ", "") == whole.replace(" ", "")
    # to the hundredth of a person, and to sixteen digits of what no field was made for
    np.testing.assert_allclose(
        back["population"].to_numpy(float), frame["population"].to_numpy(), 1e-15, 0.005000001
    )


def test_numbers_have_sizes_that_fit_and_lose_no_centimetre(tmp_path: Path) -> None:
    """Not 18 digits for a distance; 1/3 of a person is 0.33, a millimetre is not kept."""
    frame = vacuum()
    frame["nearest_shop_m"] = 1234.5678
    frame["population"] = [1 / 3, 98765.4321, -0.0001, *[0.0] * (len(frame) - 3)]
    write_vacuum_shp(frame, tmp_path, "16", about=ABOUT)
    table = pd.read_csv(tmp_path / "vacuum_16_fields.csv").set_index("field")
    assert table.loc["SHOP_M", ["width", "decimals"]].tolist() == [10, 2]
    numbers = table[table["type"] != "text"]
    declared = {f.shp: (f.width, f.decimals) for f in VACUUM_FIELDS}
    for field, row in numbers.iterrows():
        assert (row["width"], row["decimals"]) == declared[str(field)]
    back = pyogrio.read_dataframe(tmp_path / "vacuum_16.shp")
    assert (back["SHOP_M"] == 1234.57).all()
    assert back["POP"].tolist()[:3] == [0.33, 98765.43, 0.0]
    assert b"-0.00" not in (tmp_path / "vacuum_16.dbf").read_bytes()


def test_a_long_name_goes_on_in_the_next_field(tmp_path: Path) -> None:
    frame = vacuum()
    frame.loc[0, "nearest_stop_name"] = "停留所" * 60  # 540 bytes
    write_vacuum_shp(frame, tmp_path, "16", about=ABOUT)
    back = pyogrio.read_dataframe(tmp_path / "vacuum_16.shp")
    parts = [back.loc[0, n] for n in ("STOP_NAME", "STOP_NAME2", "STOP_NAME3")]
    assert "".join(parts) == "停留所" * 60
    assert_same(read(tmp_path / "vacuum_16.shp", list(frame.columns)), frame)
    table = pd.read_csv(tmp_path / "vacuum_16_fields.csv", dtype=str)
    assert "STOP_NAME3" in table["field"].tolist()


@given(st.text("ab 停\U00020bb7", max_size=120), st.integers(8, 40))
@settings(deadline=None, max_examples=200)
def test_parts_are_whole_characters_and_lose_nothing(text: str, limit: int) -> None:
    parts = chunks(text, "utf-8", limit)
    assert b"".join(parts).decode() == text
    assert all(len(p) <= limit for p in parts)
    assert all(p.decode() for p in parts) or text == ""


def test_what_cp932_has_not_is_counted(tmp_path: Path) -> None:
    frame = vacuum()
    frame.loc[0, "nearest_stop_name"] = "𠮷野家前😀"
    write_vacuum_shp(frame, tmp_path, "16", about=ABOUT, encoding="cp932")
    assert pyogrio.read_dataframe(tmp_path / "vacuum_16.shp").loc[0, "STOP_NAME"] == "〓野家前〓"
    assert "〓に置き換えた名称が1件" in (tmp_path / "vacuum_16_readme.txt").read_text("utf-8-sig")


def test_no_area_at_all_is_still_a_layer(tmp_path: Path) -> None:
    write_vacuum(vacuum().iloc[:0], tmp_path, "16", about=ABOUT)
    for name in ("vacuum_16.shp", "vacuum_16.gpkg"):
        info = pyogrio.read_info(tmp_path / name, layer="vacuum_16")
        assert info["features"] == 0
        assert info["crs"] == "EPSG:6668"
        assert len(info["fields"]) == len(VACUUM_FIELDS)


def test_the_companions_explain_the_layer(tmp_path: Path) -> None:
    write_vacuum_shp(
        vacuum(), tmp_path, "16", about=About("t", sources=("出典A CC BY 4.0",), synthetic=True)
    )
    readme = (tmp_path / "vacuum_16_readme.txt").read_bytes()
    assert readme.startswith(b"\xef\xbb\xbf")
    assert readme.count(b"\n") == readme.count(b"\r\n")
    text = readme.decode("utf-8-sig")
    assert SYNTHETIC in text
    assert "出典A CC BY 4.0" in text
    rows = list(
        csv.DictReader(io.StringIO((tmp_path / "vacuum_16_fields.csv").read_text("utf-8-sig")))
    )
    assert [r["field"] for r in rows] == list(
        pyogrio.read_info(tmp_path / "vacuum_16.shp")["fields"]
    )
    assert [r["alias_ja"] for r in rows] == [f.alias_ja for f in VACUUM_FIELDS]
    style = ET.fromstring((tmp_path / "vacuum_16.qml").read_text("utf-8").split("\n", 1)[1])  # noqa: S314 - written by ourselves a line ago
    assert {a.get("field"): a.get("name") for a in style.iter("alias")} == {
        f.shp: f.alias_ja for f in VACUUM_FIELDS
    }


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"population": np.inf}, "infinite"),
        ({"rank": 10**18}, "18 digits"),
    ],
)
def test_what_dbase_cannot_hold_is_said(
    tmp_path: Path, change: dict[str, object], says: str
) -> None:
    with pytest.raises(OutputError, match=says):
        write_vacuum_shp(vacuum().assign(**change), tmp_path, "16", about=ABOUT)
    with pytest.raises(OutputError, match="utf-8 or cp932"):
        write_vacuum_shp(vacuum(), tmp_path, "16", about=ABOUT, encoding="latin-1")
    with pytest.raises(OutputError, match="no CRS"):
        write_vacuum_shp(vacuum().set_crs(None, allow_override=True), tmp_path, "16", about=ABOUT)
    assert list(tmp_path.iterdir()) == []


# --- GeoPackage --------------------------------------------------------------------------


def test_a_geopackage_comes_back(tmp_path: Path) -> None:
    frame = vacuum()
    write_vacuum(frame, tmp_path, "16", about=ABOUT)
    back = pyogrio.read_dataframe(tmp_path / "vacuum_16.gpkg", layer="vacuum_16")
    assert_same(back, frame, whole=True)
    assert back["nearest_stop_name"].isna().tolist() == [False, True, False]
    assert back.crs.to_epsg() == 6668
    assert {g.geom_type for g in back.geometry} == {"MultiPolygon"}
    info = pyogrio.read_info(tmp_path / "vacuum_16.gpkg", layer="vacuum_16")
    assert info["layer_metadata"]["attribution"] == ABOUT.attribution
    assert ABOUT.definitions[0] in info["layer_metadata"]["DESCRIPTION"]


def test_gdal_reads_the_japanese_titles(tmp_path: Path) -> None:
    write_vacuum(vacuum(), tmp_path, "16", about=ABOUT)
    with pyogrio.open_arrow(tmp_path / "vacuum_16.gpkg", layer="vacuum_16") as (_, stream):
        fields = {f.name: f.metadata for f in pa.RecordBatchReader.from_stream(stream).schema}
    for f in VACUUM_FIELDS:
        assert fields[f.column][b"GDAL:OGR:alternative_name"].decode() == f.alias_ja
        assert f.meaning in fields[f.column][b"GDAL:OGR:comment"].decode()


def test_the_style_is_embedded_and_names_every_class(tmp_path: Path) -> None:
    codes = mesh.encode([137.01, 137.02, 137.03], [36.51] * 3, mesh.M500)
    classes = [schema.CONVENIENT, schema.VACUUM, schema.NO_ROAD]
    cells = gpd.GeoDataFrame(
        {
            schema.MESH_CODE: codes,
            schema.POPULATION: [1.0, 2.0, 3.0],
            "supermarket_walk_m": [10.5, np.nan, np.nan],
            "supermarket_status": ["ok", "unreachable", "no_road"],
            "transit_class": classes,
        },
        geometry=mesh.polygons(codes),
        crs="EPSG:6668",
    )
    files = write_cells(cells, tmp_path, about=ABOUT, services={"supermarket": "スーパー"})
    assert [p.name for p in files] == ["cells.parquet", "cells.gpkg"]
    back = pyogrio.read_dataframe(tmp_path / "cells.gpkg", layer="cells")
    pd.testing.assert_frame_equal(
        pd.DataFrame(back.drop(columns="geometry")),
        pd.DataFrame(cells.drop(columns="geometry")),
        check_dtype=False,
    )
    again = gpd.read_parquet(tmp_path / "cells.parquet")
    assert again["supermarket_walk_m"].isna().tolist() == [False, True, True]
    with closing(sqlite3.connect(tmp_path / "cells.gpkg")) as database:
        (style,) = database.execute(
            "SELECT styleQML FROM layer_styles WHERE f_table_name = 'cells'"
        ).fetchone()
        titles = dict(database.execute("SELECT column_name, title FROM gpkg_data_columns"))
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    root = ET.fromstring(style.split("\n", 1)[1])  # noqa: S314 - written by ourselves a line ago
    values = {c.get("value") for c in root.iter("category")}
    assert values == {*schema.TRANSIT_CLASSES, schema.NO_ROAD}
    assert titles["supermarket_walk_m"] == "スーパー: 徒歩の道のり"


@given(st.lists(NAMES, min_size=1, max_size=4))
@settings(deadline=None, max_examples=15)
def test_any_name_comes_back_from_a_geopackage(names: list[str]) -> None:
    frame = gpd.GeoDataFrame(
        {"name": names}, geometry=[shapely.Point(137, 36)] * len(names), crs="EPSG:6668"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.gpkg"
        write_gpkg({"a": Layer(frame)}, path, about=ABOUT)
        assert pyogrio.read_dataframe(path)["name"].tolist() == [plain(n) for n in names]


def test_gdal_options_of_the_caller_come_back(tmp_path: Path) -> None:
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "mine"})
    try:
        write_gpkg({"a": Layer(vacuum())}, tmp_path / "a.gpkg", about=ABOUT)
        assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == "mine"
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


# --- all of them -------------------------------------------------------------------------


def test_the_same_layers_are_the_same_bytes_later_and_the_input_is_unchanged(
    tmp_path: Path,
) -> None:
    frame = vacuum(2000)
    before = frame.copy(deep=True)
    sets = []
    for k in range(2):
        files = write_vacuum(frame, tmp_path / str(k), "16", about=ABOUT)
        sets.append({p.name: p.read_bytes() for p in files})
        time.sleep(1.1)  # formats count in seconds
    assert sets[0].keys() == sets[1].keys()
    assert [n for n in sets[0] if sets[0][n] != sets[1][n]] == []
    assert len(sets[0]) == 9
    assert sets[0]["vacuum_16.dbf"][1:4] == bytes([120, 1, 1])
    pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before))


FULL_DISK = """
import json, resource, sys
from pathlib import Path
import numpy as np, geopandas as gpd, shapely
from coverage_gis.errors import OutputError
from coverage_gis.export.about import About
from coverage_gis.export import csv, geopackage, parquet, raster, shapefile
from coverage_gis.codes import mesh
top = Path(sys.argv[1])
n = 3000
codes = mesh.from_grid(36 * 240 + np.arange(n) // 60, 37 * 160 + np.arange(n) % 60, mesh.M500)
people = np.random.default_rng(1).random(n)
frame = gpd.GeoDataFrame(
    {"area_id": codes, "population": people}, geometry=mesh.polygons(codes), crs="EPSG:6668"
)
about = About("t")
layers = {"a": geopackage.Layer(frame)}
texts = {"description": "", "attribution": ""}
writers = {
    "a.parquet": lambda: parquet.write_table(frame, top / "a.parquet", {}),
    "a.csv": lambda: csv.write_csv(frame.drop(columns="geometry"), top / "a.csv"),
    "a.gpkg": lambda: geopackage.write_gpkg(layers, top / "a.gpkg", about=about),
    "vacuum_16.shp": lambda: shapefile.write_vacuum_shp(frame, top, "16", about=about),
    "a.tif": lambda: raster.write_distance_tif(codes, people, top / "a.tif", **texts),
}
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
said = {}
for name, write in writers.items():
    try:
        write()
    except OutputError as error:
        said[name] = str(error)
print(json.dumps(said))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="RLIMIT_FSIZE is POSIX")
@pytest.mark.parametrize("limit", [0, 4096, 9000])
def test_no_room_for_a_file_is_one_sentence_and_leaves_the_old_one(
    tmp_path: Path, limit: int
) -> None:
    names = ("a.parquet", "a.csv", "a.gpkg", "a.tif", "vacuum_16.shp", "vacuum_16.dbf")
    old = dict.fromkeys(names, b"old")
    for name, content in old.items():
        (tmp_path / name).write_bytes(content)
    child = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", FULL_DISK, str(tmp_path), str(limit)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr
    said = json.loads(child.stdout)
    assert sorted(said) == ["a.csv", "a.gpkg", "a.parquet", "a.tif", "vacuum_16.shp"]
    for name, sentence in said.items():
        assert str(tmp_path / name) in sentence
        assert sentence.endswith("choose another OUT.")
        assert "\n" not in sentence
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == old
