"""Pages, lists, outlines and areas: what decides which files a prefecture needs."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from coverage_gis.codes import mesh
from coverage_gis.errors import DownloadError
from coverage_gis.fetch.areas import primary_meshes, regions_by_table, regions_touched
from coverage_gis.fetch.entries import load_downloads
from coverage_gis.fetch.entry_checks import SAFE_NAME
from coverage_gis.fetch.listings import feeds_in, links_on, safe_name
from coverage_gis.fetch.outlines import parse_poly
from coverage_gis.sources.boundaries import read_n03
from coverage_gis.sources.found import Found

PAGE_URL = "https://www.mhlw.go.jp/stf/kaigo-kouhyou_opendata.html"
API = "https://api.gtfs-data.jp/v2/files?pref=16&target_date=2026-10-07"
CARE = load_downloads().entries["mhlw-care"].link
HOSPITALS = load_downloads().entries["mhlw-hospitals"].link
PHARMACIES = load_downloads().entries["mhlw-pharmacies"].link


def page(*hrefs):
    return "".join(f'<p><a class="x" href="{h}">file</a>' for h in hrefs).encode()


def test_the_newest_file_of_each_service_is_taken():
    listed = links_on(
        page(
            "/content/12300000/jigyosho_110.csv",
            "/content/12300000/jigyosho_110_all_20260105093000.csv",
            "/content/12300000/jigyosho_110_all_20251201.csv",
            "https://www.mhlw.go.jp/content/12300000/jigyosho_150_all_20260105.csv?a=1&amp;b=2",
            "/content/12300000/readme.pdf",
            "#top",
            "javascript:void(0)",
            "http://[broken",
        ),
        PAGE_URL,
        CARE,
    )
    assert [(one.name, one.url, one.edition) for one in listed] == [
        (
            "jigyosho_110_all_20260105093000.csv",
            "https://www.mhlw.go.jp/content/12300000/jigyosho_110_all_20260105093000.csv",
            "20260105093000",
        ),
        (
            "jigyosho_150_all_20260105.csv",
            "https://www.mhlw.go.jp/content/12300000/jigyosho_150_all_20260105.csv?a=1&b=2",
            "20260105",
        ),
    ]


def test_of_one_data_set_the_newest_edition_alone():
    listed = links_on(
        page(
            "/content/11121000/01-1_hospital_facility_info_20251201.csv.zip",
            "/content/11121000/01-1_hospital_facility_info_20260601.csv.zip",
            "/content/11121000/01-2_hospital_speciality_hours_20260601.csv.zip",
        ),
        PAGE_URL,
        HOSPITALS,
    )
    assert [one.name for one in listed] == ["01-1_hospital_facility_info_20260601.csv.zip"]
    names = ["/05_pharmacy_20260601.csv.zip", "/05_pharmacy_facility_info_20251201.csv.zip"]
    assert links_on(page(*names), PAGE_URL, PHARMACIES)[0].edition == "20260601"


def test_a_page_without_such_a_link_is_said():
    with pytest.raises(DownloadError, match="has no link to a file such as jigyosho_"):
        links_on(page("/other.csv"), PAGE_URL, CARE)


def feed(**values):
    base = {
        "organization_id": "toyamacity",
        "organization_name": "富山市",
        "feed_id": "maidohaya",
        "feed_name": "まいどはやバス",
        "feed_license_id": "CC BY 4.0",
        "file_url": "https://api.gtfs-data.jp/v2/organizations/toyamacity/feeds/maidohaya/files/feed.zip?uid=1",
        "file_from_date": "2026-04-01",
        "file_to_date": "2027-03-31",
    }
    return base | values


def answer(*feeds):
    return json.dumps({"code": 200, "message": "OK", "body": list(feeds)}).encode()


def test_feeds_are_named_for_operator_and_feed_and_keep_their_licence():
    (one,) = feeds_in(answer(feed()), API)
    assert one.name == "toyamacity_maidohaya.zip"
    assert one.edition == "2026-04-01 to 2027-03-31"
    assert one.about["licence"] == "CC BY 4.0"
    assert one.about["operator"] == "富山市"
    assert one.url.endswith("feed.zip?uid=1")


def test_several_files_of_one_feed_keep_apart_and_the_newest_has_the_plain_name():
    old = feed(file_from_date="2025-10-01", file_url="https://api.gtfs-data.jp/old.zip")
    for order in ([old, feed()], [feed(), old]):
        listed = {one.name: one.url[-7:] for one in feeds_in(answer(*order), API)}
        assert listed == {
            "toyamacity_maidohaya.zip": "p?uid=1",
            "toyamacity_maidohaya_2025-10-01.zip": "old.zip",
        }


def test_no_feeds_are_an_empty_list():
    assert feeds_in(answer(), API) == []


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"null", b'{"body": 3}', b'{"body": [3]}', b'{"body": [{}]}',
     b'{"code": 500}', b"<html>", b"\xff\xfe", b'{"body": [{"file_url": "x", "feed_id": ""}]}'],
)  # fmt: skip
def test_what_is_no_list_of_feeds_is_one_sentence(data):
    with pytest.raises(DownloadError) as caught:
        feeds_in(data, API)
    assert API in str(caught.value)


@given(st.text(max_size=300))
def test_any_name_becomes_one_that_every_system_takes(text):
    name = safe_name(text)
    assert SAFE_NAME.fullmatch(name)
    assert len(name.encode()) <= 120


def test_hostile_names_cannot_leave_their_folder():
    (one,) = feeds_in(answer(feed(organization_id="../../etc", feed_id="a\\b\0:c")), API)
    assert "/" not in one.name
    assert "\\" not in one.name
    assert not one.name.startswith(".")


SQUARE = "x\n1\n 136 36\n 138 36\n 138 37\n 136 37\n 136 36\nEND\n"


def test_an_outline_is_the_area_of_its_rings_less_the_holes():
    area = parse_poly(
        SQUARE
        + "2\n 140 36\n 141 36\n 141 37\nEND\n!3\n 136 36\n 137 36\n 137 37\n 136 37\nEND\nEND\n"
    )
    assert area.area == pytest.approx(2 + 0.5 - 1)
    assert (
        parse_poly("x\r\n1\r\n\t1.36E+02 3.6E+01\r\n138 36\r\n138 37\r\nEND\r\nEND\r\n").area == 1
    )


@pytest.mark.parametrize(
    "text",
    ["", "x", SQUARE, "x\nEND\n", "x\n1\n1 2\n3 4\nEND\nEND", "x\n1\n1 2\n3 4\n5 nan\nEND\nEND",
     "x\n1\n1 2 3\n3 4\n5 6\nEND\nEND", "x\n!1\n1 2\n3 4\n5 7\nEND\nEND",
     "x\n1\n1 2\n3 4\n5 1e9\nEND\nEND"],
)  # fmt: skip
def test_what_is_no_outline(text):
    with pytest.raises(DownloadError):
        parse_poly(text)


def frame(*shapes):
    return gpd.GeoDataFrame(geometry=list(shapes), crs="EPSG:6668")


@settings(deadline=None, max_examples=60)
@given(
    west=st.floats(129, 144),
    south=st.floats(31, 44),
    width=st.floats(0.001, 2.5),
    height=st.floats(0.001, 2.5),
)
@example(west=129.0, south=44.0, width=1.0, height=2.0)  # 46 degrees north is beyond Japan's
def test_primary_meshes_are_those_that_hold_any_of_its_points(west, south, width, height):
    area = shapely.box(west, south, west + width, south + height)
    codes = primary_meshes(frame(area))
    lon, lat = np.meshgrid(
        np.linspace(west, west + width, 9), np.linspace(south, south + height, 9)
    )
    inside = np.unique(mesh.encode(lon.ravel(), lat.ravel(), mesh.PRIMARY))
    inside = set(inside[mesh.valid(inside)])
    assert inside <= set(codes)
    assert list(codes) == sorted(set(codes))
    assert shapely.intersects(mesh.polygons(list(codes)), area).all()


def municipalities(shared_data, pref):
    path = shared_data(f"{pref}/N03-21_{pref}_210101.geojson")
    return read_n03(Found(path, None, "n03", ""), pref).table


def test_beyond_japan_there_is_no_primary_mesh():
    assert primary_meshes(frame(shapely.box(129, 50, 130, 51))) == ()


def test_primary_meshes_of_real_prefectures(shared_data):
    assert primary_meshes(municipalities(shared_data, "16")) == (
        "5436", "5437", "5536", "5537",
    )  # fmt: skip
    # Minamitorishima (3653), 1,900 km away, is Tokyo's too.
    assert {"5338", "5339", "3653"} <= set(primary_meshes(municipalities(shared_data, "13")))
    wakayama = primary_meshes(municipalities(shared_data, "30"))
    assert {"5035", "5036", "5135", "5136"} <= set(wakayama)


# Rough outlines, with Mie in both of two; the real ones are Geofabrik's.
OUTLINES = {
    "chubu": shapely.box(136.05, 34.5, 139.2, 38.6),
    "kanto": shapely.box(138.7, 20, 143, 37.2),
    "kansai": shapely.box(134.2, 33.3, 136.6, 35.8),
    "tohoku": shapely.box(139.1, 36.8, 142.2, 41.6),
}


def test_regions_are_those_the_margin_touches(shared_data):
    wakayama = municipalities(shared_data, "30")
    assert regions_touched(wakayama, OUTLINES, 10_000.0, "30") == ("kansai",)
    toyama = municipalities(shared_data, "16")
    assert regions_touched(toyama, OUTLINES, 10_000.0, "16") == ("chubu",)
    # Toyama ends about 50 km from kansai's corner here and about 85 km from kanto's edge.
    assert regions_touched(toyama, OUTLINES, 65_000.0, "16") == ("chubu", "kansai")
    assert regions_touched(toyama, OUTLINES, 100_000.0, "16") == ("chubu", "kansai", "kanto")


def test_a_wider_margin_never_needs_fewer_regions(shared_data):
    toyama = municipalities(shared_data, "16")
    before: set[str] = set()
    for margin_m in (0.0, 1e4, 5e4, 1e5, 2e5, 4e5):
        now = set(regions_touched(toyama, OUTLINES, margin_m, "16"))
        assert before <= now
        before = now
    assert before == set(OUTLINES)


def test_without_outlines_the_table_and_the_neighbours_decide():
    downloads = load_downloads()

    def by_table(code):
        return regions_by_table(code, downloads.regions, downloads.neighbours)

    assert by_table("16") == ("chubu",)
    assert by_table("01") == ("hokkaido",)
    assert by_table("20") == ("chubu", "kanto")
    assert by_table("24") == ("chubu", "kansai")
    assert by_table("47") == ("kyushu",)
    assert by_table("35") == ("chugoku", "kyushu")
