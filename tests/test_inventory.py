"""Recognising what users drop into a folder, by name and content."""

from __future__ import annotations

import pytest
from inventory_files import (
    GSI_1,
    GSI_2,
    GTFS,
    MESH_CSV,
    N02,
    N03,
    P04,
    P11_10,
    P11_22,
    PBF,
    RAILS,
    estat,
    put,
    zipped,
)

from coverage_gis.sources.catalogue import catalogue
from coverage_gis.sources.inventory import scan, scan_report


@pytest.mark.parametrize(
    ("name", "content", "kind", "edition", "detail"),
    [
        ("tblT001141H16.txt", estat(), "estat-mesh", "2020", "500m prefecture JGD2011 16"),
        ("tblT001101H5437.txt", estat(table="T001101"), "estat-mesh", "2020", "primary-mesh"),
        ("tblT001140S16 (1).txt", estat("54376089", "T001140"), "estat-mesh", "2020", "1km 16"),
        ("TBLT001142Q16.TXT", estat("5437608942", "T001142"), "estat-mesh", "2020", "250m"),
        ("tblT001225P5437.txt", estat("54376089421", "T001225"), "estat-mesh", "2020", "125m"),
        ("tblT000847H16.txt", estat(table="T000847"), "estat-mesh", "2015", "500m"),
        ("renamed.csv", estat(), "estat-mesh", "2020", "500m unknown"),
        ("people.csv", MESH_CSV, "mesh-csv", "", "250m unknown"),
        ("people_2020.csv", "\ufeff" + MESH_CSV, "mesh-csv", "2020", "250m"),
        ("people.csv", MESH_CSV.encode("utf-16"), "mesh-csv", "", "250m"),
        ("mergeFromCity_1.csv", GSI_1, "gsi-shelter", "", ""),
        ("mergeFromCity_2.csv", GSI_2, "gsi-evacuation-site", "", ""),
        ("避難所.csv", GSI_1.encode("utf-8"), "gsi-shelter", "", ""),
        ("N03-21_16_210101.geojson", N03, "n03", "N03-2021", "16 2021"),
        ("N03-20250101_16.geojson", N03, "n03", "N03-2025", "16 2025"),
        ("P04-20_16.geojson", P04, "p04", "P04-20", "16 2020"),
        ("medical.geojson", P04, "p04", "P04-20", ""),
        ("N02-20_Station.geojson", N02, "n02", "N02-20", "2020"),
        ("P11-22_16.geojson", P11_22, "p11", "P11-22", "16"),
        ("bus.geojson", P11_22, "p11", "P11-22", ""),
        ("bus.geojson", P11_10, "p11", "P11-10", ""),
        ("chubu-latest.osm.pbf", PBF, "osm", "", ""),
        ("chubu-260716.osm.pbf", PBF, "osm", "2026-07-16", ""),
        ("town-2023-06-13.osm.pbf", PBF, "osm", "2023-06-13", ""),
        ("map.osm", b"<?xml version='1.0'?>\n<osm version='0.6'>", "osm", "", ""),
        ("feed.zip", zipped(GTFS), "gtfs", "", ""),
    ],
)
def test_each_format_is_known_by_name_and_content(  # noqa: PLR0917 - what is given, and expected
    tmp_path, name, content, kind, edition, detail
):
    put(tmp_path, {f"16/some/folder/{name}": content})
    (found,) = scan(tmp_path, "16")
    assert (found.kind, found.edition, found.member) == (kind, edition, None)
    assert set(detail.split()) <= set(found.detail.values())
    assert found.kind in catalogue()


@pytest.mark.parametrize(
    "name_and_content",
    [
        ("tblT001162H16.txt", estat(table="T001162").replace("人口".encode("cp932"), b"abcd")),
        ("N02-20_RailroadSection.geojson", RAILS),
        ("N03-20250101_16_prefecture.geojson", N03),
        ("hospital.csv", "名称,住所\n病院,富山市\n"),
        ("hospital.xlsx", b"PK\x05\x06" + b"\0" * 18),
        ("photo.jpg", b"\xff\xd8"),
        ("notes.txt", "e-Stat で取得\n"),
        ("random.csv", bytes(range(256))),
        ("other.zip", zipped({"a.jpg": b"x"})),
        ("empty.zip", zipped({})),
    ],
    ids=lambda pair: pair[0],
)
def test_unknown_files_are_listed_and_no_error(tmp_path, name_and_content):
    name, content = name_and_content
    put(tmp_path, {f"16/{name}": content})
    report = scan_report(tmp_path, "16")
    assert report.found == ()
    assert report.problems == ()
    assert [p.name for p in report.unknown] == [name]


def test_a_file_of_gsis_name_without_its_columns_is_told_what_it_lacks(tmp_path):
    put(tmp_path, {"16/mergeFromCity_1.csv": "共通ID,施設名,緯度,lon\n1,小学校,36.7,137.2\n"})
    put(tmp_path, {"16/own_1.csv": "共通ID,a,b\n1,2,3\n", "16/mergeFromCity_2.csv": GSI_2})
    report = scan_report(tmp_path, "16")
    assert [f.kind for f in report.found] == ["gsi-evacuation-site"]
    assert [p.name for p in report.unknown] == ["own_1.csv"]
    (problem,) = report.problems
    assert "mergeFromCity_1.csv lacks" in problem
    assert "施設・場所名, 経度, 指定緊急避難場所との住所同一 of" in problem


def test_what_is_no_data_is_not_even_listed(tmp_path):
    names = (".hidden.csv", "~$x.csv", "a.csv.part", "README.md", "README.txt", ".git/x.csv")
    put(tmp_path, dict.fromkeys((f"16/{n}" for n in names), MESH_CSV))
    put(tmp_path, {"16/__MACOSX/people.csv": MESH_CSV, "16/KS-META.xml": "<x/>"})
    report = scan_report(tmp_path, "16")
    assert (report.found, report.unknown, report.problems) == ((), (), ())


def test_folders_that_are_looked_at(tmp_path):
    put(
        tmp_path,
        {
            "16/people.csv": MESH_CSV,
            "national/deep/N02-20_Station.geojson": N02,
            "mergeFromCity_1.csv": GSI_1,
            "17/people.csv": MESH_CSV,
            "elsewhere/people.csv": MESH_CSV,
            "00/people.csv": MESH_CSV,
        },
    )
    assert [f.kind for f in scan(tmp_path, "16")] == ["gsi-shelter", "mesh-csv", "n02"]
    assert [f.path for f in scan(tmp_path, "00")] == [tmp_path / "00" / "people.csv"]
    assert scan(tmp_path / "nowhere", "16") == []


def test_a_link_in_a_circle_ends(tmp_path):
    put(tmp_path, {"16/people.csv": MESH_CSV})
    try:
        (tmp_path / "16" / "again").symlink_to(tmp_path / "16", target_is_directory=True)
    except OSError:
        pytest.skip("symbolic links are not allowed here")
    assert len(scan(tmp_path, "16")) == 1


def test_broken_files_are_a_sentence_each(tmp_path):
    whole = zipped({"people.csv": MESH_CSV.encode()})
    put(
        tmp_path,
        {
            "16/a.zip": whole[:60],
            "16/b.osm.pbf": "<!DOCTYPE html><html>404</html>",
            "16/c.osm.pbf": b"nothing of the kind",
            "16/tblT001141H16.txt": "",
            "16/page.csv": "\ufeff\n<html>not found</html>",
            "16/lone.shp": b"\0\0\x27\x0a",
            "16/good.csv": MESH_CSV,
        },
    )
    report = scan_report(tmp_path, "16")
    assert [f.path.name for f in report.found] == ["good.csv"]
    assert report.unknown == ()
    assert len(report.problems) == 6
    for name in ("a.zip", "b.osm.pbf", "c.osm.pbf", "tblT001141H16.txt", "page.csv", "lone.shp"):
        assert [s for s in report.problems if s.startswith(name)], name


@pytest.mark.parametrize(
    ("pref", "kinds"),
    [
        ("13", "estat-mesh gsi-evacuation-site gsi-shelter n02 n03 osm"),
        ("16", "gsi-evacuation-site gsi-shelter " + "gtfs " * 20 + "mesh-csv n02 n03 osm"),
        ("30", "estat-mesh gsi-evacuation-site gsi-shelter gtfs n02 n03 p04"),
        ("37", "municipal " * 4 + "n02"),
    ],
)
def test_the_real_folders_are_known(shared_data, pref, kinds):
    report = scan_report(shared_data(pref).parent, pref)
    assert [f.kind for f in report.found] == kinds.split()
    assert report.problems == ()
    assert report.unknown == ()
