"""Zips as publishers and users make them, and layers that come in several forms."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inventory_files import (
    GTFS,
    MESH_CSV,
    N02,
    P11_22,
    estat,
    put,
    shapefile_members,
    zipped,
)

from coverage_gis.errors import CoverageGisError, InputError
from coverage_gis.sources import archive
from coverage_gis.sources.found import Found
from coverage_gis.sources.inventory import scan, scan_report
from coverage_gis.sources.tabular import decode
from coverage_gis.sources.vector import read_vector


def test_zips_nested_mangled_and_with_back_slashes(tmp_path):
    inner = zipped({"P11-22_16_GEOJSON\\P11-22_16.geojson": P11_22})
    put(
        tmp_path,
        {
            "16/pop.zip": zipped({"folder/tblT001141H16.txt": estat()}),
            "16/P11-22.zip": zipped({"P11-22_16.zip": inner, "P11-22_17.zip": b"not a zip"}),
        },
    )
    report = scan_report(tmp_path, "16")
    estat_found, p11 = report.found
    assert estat_found.member == "folder/tblT001141H16.txt"
    assert archive.open_member(estat_found) == estat()
    assert p11.member == "P11-22_16.zip!/P11-22_16_GEOJSON/P11-22_16.geojson"
    assert archive.open_member(p11) == P11_22
    assert read_vector(p11)["P11_001"].tolist() == ["駅前"]
    assert len(report.problems) == 1
    assert "P11-22.zip" in report.problems[0]


@pytest.mark.parametrize("encoding", ["cp932", "utf-8"])
def test_japanese_names_without_the_utf8_flag(tmp_path, encoding):
    name = "表示用/人口.csv"  # the second byte of 表 is a back-slash in CP932
    raw = name.encode(encoding)
    placeholder = "x" * len(raw)
    content = zipped({placeholder: MESH_CSV.encode()}).replace(placeholder.encode(), raw)
    put(tmp_path, {"16/a.zip": content})
    (found,) = scan(tmp_path, "16")
    assert found.member == name
    assert archive.open_member(found) == MESH_CSV.encode()


def test_a_member_cannot_leave_its_folder(tmp_path):
    content = zipped({"../../people.csv": MESH_CSV.encode(), "/people.csv": MESH_CSV.encode()})
    put(tmp_path, {"16/evil.zip": content})
    assert scan(tmp_path, "16") == []


def test_a_zip_bomb_is_refused(tmp_path):
    content = zipped({"people.csv": MESH_CSV.encode() + b"\n" * (60 * 1024**2)})
    put(tmp_path, {"16/bomb.zip": content})
    (found,) = scan(tmp_path, "16")
    with pytest.raises(InputError, match=r"bomb\.zip.*unpacks to more than"):
        archive.open_member(found)


def test_a_dbf_of_blanks_is_no_bomb(tmp_path):
    content = zipped({"P11-22_16.dbf": b" " * (60 * 1024**2)})
    put(tmp_path, {"16/stops.zip": content})
    with archive.open_zip(tmp_path / "16/stops.zip") as opened, Path(os.devnull).open("wb") as sink:
        archive.copy_member(opened, "P11-22_16.dbf", sink, "stops.zip")


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_damage_to_a_zip_stops_a_scan(tmp_path, data):
    content = bytearray(zipped({"people.csv": MESH_CSV.encode() * 20, "x/stops.txt": b"a" * 99}))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    put(tmp_path, {"16/a.zip": bytes(content[: data.draw(st.integers(0, len(content)))])})
    report = scan_report(tmp_path, "16")
    assert len(report.problems) + len(report.unknown) + len(report.found) >= 1
    for found in report.found:
        sentence = "a.zip"
        try:
            archive.open_member(found)
        except CoverageGisError as error:
            sentence = str(error)
        assert sentence.startswith("a.zip")


def test_gtfs_wherever_it_lies(tmp_path):
    sub = {f"feed/{name}": content for name, content in GTFS.items()}
    two = {f"{d}/{n}": c for d in ("a", "b") for n, c in GTFS.items()}
    put(
        tmp_path,
        {
            "16/plain.zip": zipped(GTFS),
            "16/sub.zip": zipped(sub),
            "16/two.zip": zipped(two),
            "16/nested.zip": zipped({"in/plain.zip": zipped(GTFS)}),
            **{f"16/unzipped/{n.upper()}": c for n, c in GTFS.items()},
        },
    )
    report = scan_report(tmp_path, "16")
    assert [f.kind for f in report.found] == ["gtfs"] * 6
    assert report.unknown == ()
    for found in report.found:
        assert archive.read_folder(found) == GTFS
    assert [f.detail.get("folder", "") for f in report.found if f.path.name == "two.zip"] == [
        "a/",
        "b/",
    ]
    folder = next(f for f in report.found if f.path.is_dir())
    assert [p.name for p in archive.files_of(folder)] == [
        "ROUTES.TXT",
        "STOPS.TXT",
        "STOP_TIMES.TXT",
    ]


def test_a_layer_in_several_forms_is_read_once(tmp_path):
    shape = shapefile_members(
        tmp_path, "N02-20_Station", {k: ["あ"] for k in ("N02_001", "N02_003", "N02_005")}
    )
    content = {f"Shift-JIS/{n}": c for n, c in shape.items()}
    content |= {f"UTF-8/{n}": c for n, c in shape.items()}
    put(tmp_path, {"national/N02-20_GML.zip": zipped(content)})
    (found,) = scan(tmp_path, "16")
    assert found.member == "UTF-8/N02-20_Station.shp"
    content["UTF-8/N02-20_Station.geojson"] = N02
    put(tmp_path, {"national/N02-20_GML.zip": zipped(content)})
    report = scan_report(tmp_path, "16")
    assert [f.member for f in report.found] == ["UTF-8/N02-20_Station.geojson"]
    assert report.aside == ()  # forms of one zip are nothing to speak of
    put(tmp_path, {"16/N02-20_Station.geojson": N02})
    report = scan_report(tmp_path, "16")
    assert len(report.found) == 1
    assert "left aside" in report.aside[0]


@pytest.mark.parametrize("pack", [True, False])
def test_a_cp932_shapefile_without_cpg_is_read_right(tmp_path, pack):
    columns = {
        "P04_001": [1, 2],
        "P04_002": ["愛徳医療福祉センター", "表内科"],
        "P04_003": ["和歌山市", "海南市"],
    }
    parts = shapefile_members(tmp_path, "P04-14_30-g_MedicalInstitution", columns)
    if pack:
        put(tmp_path, {"30/x.zip": zipped({f"P04-14_30_GML/{n}": c for n, c in parts.items()})})
    else:
        put(tmp_path, {f"30/{n}": c for n, c in parts.items()})
    report = scan_report(tmp_path, "30")
    (found,) = report.found
    assert (found.kind, found.edition, found.detail["pref"]) == ("p04", "P04-14", "30")
    assert report.unknown == ()
    table = read_vector(found)
    assert table["P04_002"].tolist() == columns["P04_002"]
    assert table.crs.to_epsg() == 6668
    assert len(archive.files_of(found)) == (1 if pack else 4)


def test_text_in_every_encoding_and_in_none():
    for encoding in ("utf-8", "utf-8-sig", "cp932", "utf-16"):
        assert decode("表示,髙橋\n".encode(encoding), "x.csv") == "表示,髙橋\n"
    with pytest.raises(InputError, match=r"x\.csv is neither .*line 2"):
        decode(b"a,b\n\x81\x20\n", "x.csv")
    with pytest.raises(InputError, match="binary zeros"):
        decode(b"a\0b", "x.csv")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_damaged_vector_files_give_features_or_one_sentence(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    parts = shapefile_members(folder, "P04-14_30", {"P04_001": [1], "P04_002": ["表"]})
    part = data.draw(st.sampled_from(sorted(parts)))
    content = bytearray(parts[part])
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    parts[part] = bytes(content[: data.draw(st.integers(0, len(content)))])
    put(folder, {f"30/{n}": c for n, c in parts.items()})
    sentence, crs = "P04-14_30.shp", "EPSG:6668"
    try:
        crs = read_vector(Found(folder / "30" / "P04-14_30.shp", None, "p04", "")).crs
    except CoverageGisError as error:
        sentence = str(error)
    assert crs == "EPSG:6668"
    assert sentence.startswith("P04-14_30.shp")
    assert "\n" not in sentence
