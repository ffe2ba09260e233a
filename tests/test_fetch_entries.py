"""The catalogue of downloads: whole, consistent, and the user's to change without code."""

from __future__ import annotations

import datetime as dt
from pathlib import PurePosixPath

import pytest

from coverage_gis.codes.prefecture import PREFECTURES
from coverage_gis.errors import InputError, MissingInputError, SettingsError
from coverage_gis.fetch.entries import load_downloads
from coverage_gis.fetch.plan import Area, Wanted, planned, wanted_entries
from coverage_gis.sources.catalogue import catalogue
from coverage_gis.sources.settings_file import load_settings

DAY = dt.date(2026, 10, 7)
AREA = Area(("5436", "5437"), ("chubu",))
REAL = sorted(set(PREFECTURES) - {"00"})


def wanted(code="16", level="500m", only=()):
    return Wanted(PREFECTURES[code], level, DAY, only)


def user(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def files(downloads, **options):
    w = wanted(**options)
    return {
        d.path.name: d for e in wanted_entries(downloads, w) for d in planned(e, w, AREA, downloads)
    }


def test_every_entry_says_all_that_the_table_shows():
    downloads = load_downloads()
    for entry in downloads.entries.values():
        assert entry.kind in catalogue(), entry.name
        for key in ("title", "publisher", "licence", "attribution", "home", "edition", "needed",
                    "known_from", "format"):  # fmt: skip
            assert getattr(entry, key), f"{entry.name}.{key}"
        assert all(a.startswith("https://") for a in entry.addresses), entry.name


def test_nothing_is_said_to_be_verified_that_nobody_has_opened():
    assert not any(e.verified for e in load_downloads().entries.values())


def test_the_issue_s_list_is_there():
    kinds = {e.kind for e in wanted_entries(load_downloads(), wanted())}
    assert kinds >= {
        "estat-mesh", "n03", "n02", "s12", "p04", "p11", "mesh-future", "p14", "p29", "p30",
        "gsi-shelter", "gsi-evacuation-site", "mhlw-medical", "mhlw-care", "gtfs", "osm",
    }  # fmt: skip


@pytest.mark.parametrize("level", ["1km", "500m", "250m", "125m"])
def test_each_level_has_one_census_and_one_projection(level):
    entries = wanted_entries(load_downloads(), wanted(level=level))
    assert [e.kind for e in entries].count("estat-mesh") == 1
    assert [e.kind for e in entries].count("mesh-future") == 1


def test_addresses_as_the_publishers_spell_them():
    downloads = load_downloads()
    by_name = files(downloads)
    assert by_name["tblT001141H16.zip"].url == (
        "https://www.e-stat.go.jp/gis/statmap-search/data?statsId=T001141&code=16&downloadType=2"
    )
    assert by_name["N03-20250101_16_GML.zip"].url == (
        "https://nlftp.mlit.go.jp/ksj/gml/data/N03/N03-2025/N03-20250101_16_GML.zip"
    )
    assert by_name["P30-13_16.zip"].url == (
        "https://nlftp.mlit.go.jp/ksj/gml/data/P30/P30-13/P30-13_16.zip"
    )
    assert by_name["500m_mesh_2024_16_SHP.zip"].path == PurePosixPath(
        "16/ksj/500m_mesh_2024_16_SHP.zip"
    )
    assert set(files(downloads, level="250m")) >= {"tblT001142Q5436.zip", "tblT001142Q5437.zip"}
    osm = by_name["chubu-latest.osm.pbf"]
    assert osm.path == PurePosixPath("regions/chubu-latest.osm.pbf")
    assert osm.link == PurePosixPath("16/osm/chubu-latest.osm.pbf")


def test_neighbours_files_come_along_where_facilities_and_cells_count_across_the_border():
    by_name = files(load_downloads())
    assert {f"P11-22_{p}_SHP.zip" for p in ("15", "16", "17", "20", "21")} <= set(by_name)
    assert "P11-22_18_SHP.zip" not in by_name
    boundaries = {f"N03-20250101_{p}_GML.zip" for p in ("15", "16", "17", "20", "21")}
    assert {n for n in by_name if n.startswith("N03")} == boundaries


def test_neighbours_are_mutual_and_every_prefecture_has_a_region():
    downloads = load_downloads()
    assert set(downloads.neighbours) == set(PREFECTURES)
    for code, others in downloads.neighbours.items():
        assert code not in others
        assert all(code in downloads.neighbours[other] for other in others)
    assert [c for c in REAL if not downloads.neighbours[c]] == ["01", "47"]
    assert {c for codes in downloads.regions.values() for c in codes} == set(REAL)


def test_every_place_lies_in_the_raw_data_folder():
    downloads = load_downloads()
    for code in REAL:
        for download in files(downloads, code=code, level="125m").values():
            for place in (download.path, download.link):
                if place:
                    assert not place.is_absolute()
                    assert ".." not in place.parts
                    assert place.parts[0] in {code, "national", "regions"}
            assert "{" not in download.url


def test_a_user_changes_an_edition_and_adds_a_data_set(tmp_path):
    path = user(
        tmp_path,
        '[fetch]\nlevel = "250m"\n'
        '[downloads.n03]\nedition = "N03-2026"\n'
        'url = "https://nlftp.mlit.go.jp/ksj/gml/data/N03/N03-2026/N03-20260101_{pref}_GML.zip"\n'
        'file = "N03-20260101_{pref}_GML.zip"\n'
        '[downloads.our-clinics]\ntitle = "市の診療所一覧"\n'
        'url = "https://data.example.jp/clinics.csv"\nfile = "clinics.csv"\nformat = "csv"\n',
    )
    downloads = load_downloads(path)
    assert downloads.fetch.level == "250m"
    assert downloads.fetch.attempts == load_downloads().fetch.attempts
    assert downloads.by_user == {"n03", "our-clinics"}
    by_name = files(downloads)
    assert "N03-2026/" in by_name["N03-20260101_16_GML.zip"].url
    assert by_name["clinics.csv"].path == PurePosixPath("16/clinics.csv")
    assert downloads.entries["n03"].licence == load_downloads().entries["n03"].licence
    assert load_settings(path) == load_settings()  # the same file serves a run


def test_only_takes_optional_ones_too_and_names_what_there_is():
    downloads = load_downloads()
    assert [e.name for e in wanted_entries(downloads, wanted(only=("p20",)))] == ["p20"]
    with pytest.raises(InputError, match="'p99' is not in the catalogue of downloads; there are"):
        wanted_entries(downloads, wanted(only=("p99",)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[downloads.n03]\nurll = "https://x"', "unknown key downloads.n03.urll"),
        ("[downloads.n03]\nurl = 3", "downloads.n03.url must be a text"),
        ('[downloads.n03]\nneighbours = "yes"', "neighbours must be true or false"),
        ('[downloads.n03]\nlevels = "1km"', "levels must be a list of texts"),
        ('[downloads.n03]\nlevels = ["2km"]', "levels must be one of"),
        ('[downloads.n03]\nby = "village"', "by must be one of"),
        ('[downloads.n03]\nformat = "exe"', "format must be one of"),
        ('[downloads.n03]\nurl = "ftp://x/y"', "is not an address"),
        ('[downloads.n03]\nurl = "https://{pref}.example.jp/y"', "is not an address"),
        ('[downloads.n03]\nurl = "https://x/{prefecture}"', r"names \{prefecture\}"),
        ('[downloads.n03]\nfile = "../evil.zip"', "must be a plain name"),
        ('[downloads.n03]\nfile = ".fetch.json"', "must be a plain name"),
        ('[downloads.n03]\nfile = "a/b.zip"', "must be a plain name"),
        ('[downloads.n03]\nto = "../../etc"', "must be a plain name"),
        ('[downloads.n03]\nto = "/etc"', "must be a plain name"),
        ('[downloads.n03]\nto = "C:/x"', "must be a plain name"),
        ('[downloads.new]\nurl = "https://x/y"', "file"),
        ('[downloads.new]\nfile = "y"', "has no url"),
        ('[downloads.mhlw-care]\nlink = "("', "no regular expression"),
        ('[downloads.mhlw-care]\nlink = ""', "link is missing"),
        ("[fetch]\nattempts = 0", "must be a whole number above 0"),
        ("[fetch]\nattempts = true", "must be a whole number above 0"),
        ("[fetch]\ntimeout_s = -1", "must be a number above 0"),
        ("[fetch]\ntimeout_s = nan", "must be a number above 0"),
        ('[fetch]\nlevel = "10m"', "level must be one of"),
        ('[fetch]\nmirrors = "x"', "unknown key fetch.mirrors"),
        ('[regions]\nkanto = ["99"]', "must be a list of prefecture codes"),
        ('[neighbours]\n"16" = "17"', "must be a list of prefecture codes"),
        ("downloads = 3", r"\[downloads\] must be a table"),
        ("[downloads]\nn03 = 3", r"must be a table"),
    ],
)
def test_what_a_settings_file_may_not_say(tmp_path, text, said):
    with pytest.raises(SettingsError, match=said) as caught:
        load_downloads(user(tmp_path, text))
    assert str(caught.value).startswith("mine.toml: ")


def test_a_settings_file_that_is_not_there(tmp_path):
    with pytest.raises(MissingInputError, match="does not exist"):
        load_downloads(tmp_path / "none.toml")
