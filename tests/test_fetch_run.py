"""``fetch`` and ``sources`` from the command line, against a server with the publishers' paths."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from inventory_files import GSI_1, GSI_2, GTFS, N02, P04, estat, zipped
from publishers import HTML, dropped, redirect, serving, slow, status
from test_fetch_check import PBF, blob

from coverage_gis.codes.prefecture import PREFECTURES
from coverage_gis.errors import OutputError
from coverage_gis.fetch.entries import load_downloads
from coverage_gis.fetch.retry import Policy
from coverage_gis.sources.inventory import scan
from coverage_gis.store.locks import locked
from pipelines import cli
from pipelines.fetch_run import FetchOptions, run_fetch
from pipelines.inputs import inventory_of, neighbours_of
from pipelines.stage import Options

KSJ = "https://nlftp.mlit.go.jp/ksj/gml/data"
GEOFABRIK = "https://download.geofabrik.de/asia/japan"
MHLW = "https://www.mhlw.go.jp"
MEDICAL = load_downloads().entries["mhlw-hospitals"].page
CARE = load_downloads().entries["mhlw-care"].page
API = "https://api.gtfs-data.jp/v2"
DAY = "2026-10-07"
FEED = f"{API}/organizations/toyama/feeds/maidohaya/files/feed.zip?uid=7"
GONE = f"{API}/organizations/toyama/feeds/gone/files/feed.zip?uid=8"
ROOT = Path(__file__).resolve().parents[1]
PREFS = ("15", "16", "17", "20", "21")


def n03(pref: str = "16") -> bytes:
    ring = [[137.0, 36.5], [137.4, 36.5], [137.4, 36.8], [137.0, 36.8], [137.0, 36.5]]
    feature = {
        "type": "Feature",
        "properties": {
            "N03_001": PREFECTURES[pref].name_ja,
            "N03_004": "市",
            "N03_007": f"{pref}201",
        },
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    collection = {"type": "FeatureCollection", "features": [feature]}
    return zipped({f"N03-20250101_{pref}.geojson": json.dumps(collection).encode()})


def poly(west, south, east, north) -> bytes:
    corners = [(west, south), (east, south), (east, north), (west, north)]
    return ("x\n1\n" + "".join(f" {x} {y}\n" for x, y in corners) + "END\nEND\n").encode()


OUTLINES = {
    "hokkaido": poly(139, 41, 149, 46),
    "tohoku": poly(139, 37, 142, 41.5),
    "kanto": poly(138.5, 34, 141, 37),
    "chubu": poly(136, 34.5, 138.5, 38),
    "kansai": poly(134, 33.4, 136, 35.8),
    "chugoku": poly(130.8, 33.7, 134.4, 36.4),
    "shikoku": poly(132, 32.7, 134.8, 34.5),
    "kyushu": poly(122, 24, 132, 34.8),
}


def feed(name, url):
    named = {"organization_id": "toyama", "feed_id": name}
    return {**named, "file_url": url, "feed_license_id": "CC0"}


def links(*names):
    return "".join(f'<a href="/content/x/{n}">x</a>' for n in names).encode()


def publish(server) -> None:
    """Put all that a fetch for Toyama asks for on the server."""
    put = server.put
    census = zipped({"tblT001141H16.txt": estat()})
    put("https://www.e-stat.go.jp/gis/statmap-search/data?statsId=T001141&code=16&downloadType=2",
        census)  # fmt: skip
    for mesh1 in ("5437", "5537"):
        quarter = zipped({f"tblT001142Q{mesh1}.txt": estat("5437609421", "T001142")})
        put("https://www.e-stat.go.jp/gis/statmap-search/data?statsId=T001142"
            f"&code={mesh1}&downloadType=2", quarter)  # fmt: skip
    for name, level in (("m500r6", "500m"), ("m250r6", "250m")):
        put(f"{KSJ}/{name}/{name}-24/{level}_mesh_2024_16_SHP.zip", zipped({"x.txt": b"x"}))
    for pref in PREFS:
        put(f"{KSJ}/N03/N03-2025/N03-20250101_{pref}_GML.zip", n03(pref))
        put(f"{KSJ}/P04/P04-20/P04-20_{pref}_GML.zip", zipped({f"P04-20_{pref}.geojson": P04}))
        put(f"{KSJ}/P11/P11-22/P11-22_{pref}_SHP.zip", zipped({"x.txt": b"x"}))
        put(f"{KSJ}/P14/P14-23/P14-23_{pref}_GML.zip", zipped({"x.txt": b"x"}))
        put(f"{KSJ}/P29/P29-23/P29-23_{pref}_GML.zip", zipped({"x.txt": b"x"}))
        put(f"{KSJ}/P30/P30-13/P30-13_{pref}.zip", zipped({"x.txt": b"x"}))
    put(f"{KSJ}/N02/N02-25/N02-25_GML.zip", zipped({"UTF-8/N02-25_Station.geojson": N02}))
    put(f"{KSJ}/S12/S12-25/S12-25_GML.zip", zipped({"x.txt": b"x"}))
    gsi = "https://hinanmap.gsi.go.jp/hinanjocp/defaultFtpData/csv/mergeFromCity"
    put(f"{gsi}_1.csv", GSI_1.encode())
    put(f"{gsi}_2.csv", GSI_2.encode())
    for region, outline in OUTLINES.items():
        put(f"{GEOFABRIK}/{region}.poly", outline)
    put(f"{GEOFABRIK}/chubu-latest.osm.pbf", PBF)
    kinds = ("01-1_hospital_facility_info", "02-1_clinic_facility_info",
             "03-1_dental_facility_info", "05_pharmacy")  # fmt: skip
    medical = [f"{kind}_20261201.csv.zip" for kind in kinds]
    put(MEDICAL, links(*medical))
    for name in medical:
        put(f"{MHLW}/content/x/{name}", zipped({name.removesuffix(".zip"): b"ID,x\n"}))
    care = ["jigyosho_110_all_20260105.csv", "jigyosho_150_all_20260105.csv"]
    put(CARE, links(*care))
    for name in care:
        put(f"{MHLW}/content/x/{name}", "事業所名,緯度\n".encode())
    put(f"{API}/files?pref=16&target_date={DAY}",
        json.dumps({"code": 200, "body": [feed("maidohaya", FEED)]}).encode())  # fmt: skip
    put(FEED, zipped(GTFS))


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server():
    with serving() as running:
        publish(running)
        yield running


@pytest.fixture
def fetch(server, tmp_path, capsys):
    """Run the command, waits left out, and return its exit code and what it printed."""

    def run(raw=tmp_path / "raw", *, day=DAY, **options):
        options = {"mirror": server.url, **options}
        waits = []
        settings = options.get("settings_file")
        attempts = load_downloads(settings).fetch.attempts
        code = run_fetch(
            FetchOptions(PREFECTURES["16"], raw, day=dt.date.fromisoformat(day), **options),
            policy=Policy(attempts, 1.0, 60.0, waits.append, lambda: 0.5),
        )
        return code, capsys.readouterr().out

    return run


def tree(raw: Path) -> dict[str, bytes]:
    files = (p for p in raw.rglob("*") if p.is_file() and not p.name.startswith(".fetch"))
    return {p.relative_to(raw).as_posix(): p.read_bytes() for p in files}


def test_one_command_brings_all_and_the_inventory_knows_it(server, fetch, tmp_path):
    code, out = fetch()
    raw = tmp_path / "raw"
    assert code == 0, out
    assert "富山県: 52 new." in out
    assert set(tree(raw)) >= {
        "16/estat/tblT001141H16.zip",
        "16/ksj/500m_mesh_2024_16_SHP.zip", "16/osm/chubu-latest.osm.pbf",
        "regions/chubu-latest.osm.pbf", "regions/kanto.poly", "national/gsi/mergeFromCity_1.csv",
        "national/gsi/mergeFromCity_2.csv", "national/ksj/N02-25_GML.zip",
        "national/ksj/S12-25_GML.zip", "16/gtfs/toyama_maidohaya.zip",
        "national/mhlw/01-1_hospital_facility_info_20261201.csv.zip",
        "national/mhlw/05_pharmacy_20261201.csv.zip",
        "national/mhlw-care/jigyosho_110_all_20260105.csv",
        *(f"16/ksj/P11-22_{p}_SHP.zip" for p in PREFS),
        *(f"16/ksj/N03-20250101_{p}_GML.zip" for p in PREFS),
    }  # fmt: skip
    # The boundaries share the people of border cells: those of each neighbour, in this folder.
    found = inventory_of(Options(PREFECTURES["16"], raw, tmp_path, tmp_path)).found
    assert {f.detail["pref"] for f in found if f.kind == "n03"} == set(PREFS)
    assert {"16", *neighbours_of("16")} == set(PREFS)
    kinds = {f.kind for f in scan(raw, "16")}
    assert kinds >= {"estat-mesh", "n03", "osm", "gsi-shelter", "gsi-evacuation-site", "p04", "n02",
                     "gtfs"}  # fmt: skip
    assert not [p for p in tree(raw) if p.endswith(".part")]
    asked = server.paths()
    assert len(asked) == len(set(asked)), "nothing is asked twice"
    assert not [p for p in asked if "kanto-latest" in p], "an extract that is not needed"


def test_a_second_run_asks_only_whether_anything_changed(server, fetch, tmp_path):
    fetch()
    before = tree(tmp_path / "raw")
    server.asked.clear()
    code, out = fetch()
    assert code == 0
    assert " new" not in out
    assert tree(tmp_path / "raw") == before
    pages = [a for a in server.asked if "if-none-match" not in a.headers]
    assert {a.path.partition("?")[0] for a in pages} == {
        p.removeprefix("https://") for p in (MEDICAL, CARE, f"{API}/files")
    }


def test_few_connections(server, fetch):
    fetch()
    assert max(server.most_at_once.values()) == 1


def test_one_failing_source_stops_no_other_and_the_end_says_what_to_do(server, fetch, tmp_path):
    gone = f"{KSJ}/P30/P30-13/P30-13_16.zip"
    healthy = dict(server.resources)
    del server.resources[gone.removeprefix("https://")]
    server.put(f"{GEOFABRIK}/chubu-latest.osm.pbf", PBF, *[status(500)] * 20)
    server.put(f"{KSJ}/N02/N02-25/N02-25_GML.zip", HTML)
    healthy[f"{KSJ}/S12/S12-25/S12-25_GML.zip".removeprefix("https://")].faults.append(dropped(40))
    server.put(f"{API}/files?pref=16&target_date={DAY}", json.dumps({"code": 200, "body": [
        feed("maidohaya", FEED), feed("gone", GONE), feed("evil", "http://10.0.0.5/feed.zip"),
    ]}).encode())  # fmt: skip
    code, out = fetch()
    assert code == 3
    assert "5 failed" in out
    raw = (tmp_path / "raw").as_posix()
    for sentence in (
        f"{gone} answered with status 404 (not there).",
        f"put it, as it is, at {raw}/16/ksj/P30-13_16.zip",
        "chubu-latest.osm.pbf answered with status 500",
        f"put it, as it is, at {raw}/16/osm/chubu-latest.osm.pbf",
        "N02-25_GML.zip is a web page, not a zip file",
        "lacking: stations",
        f"{GONE} answered with status 404",
    ):
        assert sentence in out
    there = tree(tmp_path / "raw")
    assert "national/ksj/S12-25_GML.zip" in there
    assert "16/gtfs/toyama_maidohaya.zip" in there
    assert "16/gtfs/toyama_gone.zip" not in there
    server.resources = healthy
    code, out = fetch()
    assert code == 0, out
    assert "3 new" in out


def test_a_redirect_to_a_host_the_catalogue_does_not_know(server, fetch):
    with serving() as other:
        other.put("https://x/feed.zip", zipped(GTFS))
        away = redirect(f"{other.url}/x/feed.zip")
        server.put(f"{KSJ}/N02/N02-25/N02-25_GML.zip", b"", away, away)
        code, out = fetch(only=("n02",))
        assert code == 3
        assert f"allow it with --allow-host {other.url}" in out
        assert other.asked == []
        assert fetch(only=("n02",), allow_hosts=(other.url,))[0] == 0


def test_a_page_that_links_to_a_host_the_catalogue_does_not_know(server, fetch, tmp_path):
    """Without a mirror, which would map all addresses to itself."""
    with serving() as other:
        other.put("https://x/a.zip", zipped({"a.csv": b"a,b"}))
        server.put("https://x/page", f'<a href="{other.url}/x/a.zip">'.encode())
        settings = tmp_path / "mine.toml"
        settings.write_text(
            f'[downloads.mine]\nby = "page"\npage = "{server.url}/x/page"\n'
            'link = \'.*\\.zip\'\nfile = "a.zip"\nformat = "zip"\n',
            encoding="utf-8",
        )
        mine = {"mirror": "", "settings_file": settings, "only": ("mine",)}
        code, out = fetch(**mine)
        assert code == 3
        assert "not among the catalogue's hosts (the address came from a list)" in out
        assert other.asked == []
        assert fetch(**mine, allow_hosts=(other.url,))[0] == 0
        assert (tmp_path / "raw/16/a.zip").exists()


def test_a_fine_mesh_is_fetched_by_the_primary_meshes_of_the_boundaries(fetch, tmp_path):
    code, out = fetch(level="250m")
    assert code == 0, out
    assert set(tree(tmp_path / "raw")) >= {
        "16/estat/tblT001142Q5437.zip", "16/estat/tblT001142Q5537.zip",
        "16/ksj/250m_mesh_2024_16_SHP.zip",
    }  # fmt: skip


def test_without_boundaries_a_fine_mesh_says_what_it_needs(server, fetch):
    del server.resources[f"{KSJ}/N03/N03-2025/N03-20250101_16_GML.zip".removeprefix("https://")]
    server.put(f"{GEOFABRIK}/chubu-latest.osm.pbf", PBF)
    code, out = fetch(level="250m")
    assert code == 3
    assert "is read from its boundaries (N03), which are not there yet" in out
    assert "16/osm/chubu-latest.osm.pbf" in out  # by the table of regions


def test_without_outlines_the_table_of_regions_decides(server, fetch, tmp_path):
    for region in OUTLINES:
        del server.resources[f"{GEOFABRIK}/{region}.poly".removeprefix("https://")]
    code, out = fetch()
    assert code == 3
    assert "8 failed" in out
    assert "16/osm/chubu-latest.osm.pbf" in tree(tmp_path / "raw")


def test_a_page_that_is_gone_leaves_the_address_known_before(server, fetch, tmp_path):
    server.put(MEDICAL, b"<html>moved</html>")
    known = load_downloads().entries["mhlw-hospitals"].url
    server.put(known, zipped({"x.csv": b"ID,x\n"}))
    code, out = fetch(only=("mhlw-hospitals", "mhlw-care"))
    assert code == 0
    assert f"The address known before is tried: {known}" in out
    assert "national/mhlw/01-1_hospital_facility_info_20260601.csv.zip" in tree(tmp_path / "raw")


def test_no_feeds_on_a_day_is_said_and_is_no_failure(server, fetch):
    server.put(f"{API}/files?pref=16&target_date=2026-12-01", b'{"code": 200, "body": []}')
    code, out = fetch(only=("gtfs",), day="2026-12-01")
    assert code == 0
    assert "lists nothing for 2026-12-01" in out


def test_a_new_edition_of_a_feed_takes_the_old_one_s_place(server, fetch, tmp_path):
    fetch(only=("gtfs",))
    newer = FEED.replace("uid=7", "uid=9")
    body = {"body": [feed("maidohaya", newer)]}
    server.put(f"{API}/files?pref=16&target_date={DAY}", json.dumps(body).encode())
    server.put(newer, zipped({**GTFS, "agency.txt": b"agency_id\n"}))
    assert fetch(only=("gtfs",))[0] == 0
    feeds = [f for f in scan(tmp_path / "raw", "16") if f.kind == "gtfs"]
    assert [f.path.name for f in feeds] == ["toyama_maidohaya.zip"]
    record = json.loads((tmp_path / "raw/16/.fetch.json").read_text(encoding="utf-8"))
    assert record["files"]["gtfs/toyama_maidohaya.zip"]["url"] == newer
    assert record["files"]["gtfs/toyama_maidohaya.zip"]["about"] == {"licence": "CC0"}


def test_a_folder_is_a_mirror_too(server, fetch, tmp_path):
    """As wget leaves it, on Unix and on Windows, and under the files' own names."""
    folder = tmp_path / "mirror"
    for place, resource in server.resources.items():
        name = place.replace("?", "@") if "gtfs-data" in place else place
        if "e-stat" in place:
            name = place.partition("/data?")[0] + "/tblT001141H16.zip"
            if "T001142" in place:
                continue
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(resource.content)
    code, out = fetch(mirror=str(folder))
    assert code == 0, out
    assert server.asked == []
    assert (tmp_path / "raw/16/estat/tblT001141H16.zip").exists()
    first = tree(tmp_path / "raw")
    code, out = fetch(mirror=str(folder))
    assert (code, tree(tmp_path / "raw")) == (0, first)
    assert " new" not in out
    truncated = folder / "nlftp.mlit.go.jp/ksj/gml/data/N02/N02-25/N02-25_GML.zip"
    truncated.write_bytes(truncated.read_bytes()[:-30])
    assert fetch(mirror=str(folder))[0] == 3
    assert tree(tmp_path / "raw") == first


def test_a_mirror_reaches_nothing_outside_its_folder(fetch, tmp_path):
    folder = tmp_path / "mirror"
    (folder / "x.example.jp").mkdir(parents=True)
    (tmp_path / "secret.csv").write_text("共通ID,x\n", encoding="utf-8")
    settings = tmp_path / "mine.toml"
    settings.write_text(
        '[downloads.mine]\nurl = "https://x.example.jp/../../secret.csv"\nfile = "s.csv"\n',
        encoding="utf-8",
    )
    code, out = fetch(mirror=str(folder), settings_file=settings, only=("mine",))
    assert code == 3
    assert "status 404" in out


def test_two_entries_for_one_place_are_fetched_once(server, fetch, tmp_path):
    server.put("https://other.example.jp/n02.zip", zipped({"x.txt": b"other"}))
    settings = tmp_path / "mine.toml"
    settings.write_text(
        '[downloads.copy]\nurl = "https://other.example.jp/n02.zip"\n'
        'to = "national/ksj"\nfile = "N02-25_GML.zip"\n',
        encoding="utf-8",
    )
    code, _ = fetch(settings_file=settings, only=("n02", "copy"))
    assert code == 0
    assert server.paths() == [f"{KSJ}/N02/N02-25/N02-25_GML.zip".removeprefix("https://")]


def test_a_host_that_is_not_there_is_asked_once_for_all_its_files(tmp_path, capsys):
    settings = tmp_path / "mine.toml"
    settings.write_text(
        "[fetch]\nattempts = 1\n"
        + "".join(
            f'[downloads.x{k}]\nurl = "http://127.0.0.1:9/{k}.csv"\nfile = "{k}.csv"\n'
            for k in range(3)
        ),
        encoding="utf-8",
    )
    only = ("x0", "x1", "x2")
    options = FetchOptions(PREFECTURES["16"], tmp_path / "raw", only=only, settings_file=settings)
    assert run_fetch(options) == 3
    out = capsys.readouterr().out
    assert out.count("no connection") == 2  # as it happens, and in the list at the end
    assert "http://127.0.0.1:9/2.csv was not asked: 127.0.0.1 could not be reached" in out


def test_the_disk_is_full(fetch, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("coverage_gis.fetch.download.sync_file", full)
    code, out = fetch(only=("n02",))
    assert code == 3
    assert "The disk is full" in out
    monkeypatch.undo()
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert fetch(only=("n02",))[0] == 0


def test_two_at_once_are_kept_apart(fetch, tmp_path):
    with locked(tmp_path / "raw" / "fetch"), pytest.raises(OutputError, match="Another run"):
        fetch(only=("n02",))


def call(capsys, *arguments):
    code = cli.main([*arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_sources_and_dry_run_ask_nobody_and_show_each_data_set(server, fetch, tmp_path, capsys):
    raw = tmp_path / "raw"
    options = ["--pref", "富山", "--raw", str(raw), "--date", DAY]
    code, out, _ = call(capsys, "sources", *options)
    assert code == 0
    assert "missing" in out
    assert "present" not in out
    assert not raw.exists()
    code, out, _ = call(capsys, "fetch", "--dry-run", "--mirror", server.url, *options)
    assert code == 0
    assert server.asked == []
    for entry in load_downloads().entries.values():
        shown = not entry.optional and (not entry.levels or "500m" in entry.levels)
        assert (f" {entry.name} " in out) == shown, entry.name
        if shown:
            assert entry.licence in out
    assert "[not verified]" in out
    fetch()
    code, out, _ = call(capsys, "sources", *options)
    assert "missing" not in out
    assert "5 of 5 files" in out
    assert f"{raw.as_posix()}/16/estat/tblT001141H16.zip" in out
    (raw / "16/ksj/P11-22_17_SHP.zip").unlink()
    assert "incomplete" in call(capsys, "sources", *options)[1]
    out = call(capsys, "fetch", "--dry-run", *options)[1]
    assert "ask if changed" in out
    assert "continue" in out


def test_files_under_other_names_are_shown(shared_data, tmp_path, capsys):
    folder = tmp_path / "16"
    folder.mkdir()
    for name in ("N03-21_16_210101.geojson", "population_mesh250_toyama_city.csv"):
        shutil.copy(shared_data(f"16/{name}"), folder)
    out = call(capsys, "sources", "--pref", "16", "--raw", str(tmp_path))[1]
    assert "in use instead: 16/N03-21_16_210101.geojson" in out
    # a mesh CSV stands for the census, not for its future; nothing stands for the outlines
    assert "in use instead: 16/population_mesh250_toyama_city.csv" in out
    assert "2 in use under another name" in out
    assert not [line for line in out.splitlines() if line.startswith("in use  ") and "osm" in line]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--pref", "00"], "The demo prefecture is generated, not fetched"),
        (["--pref", "99"], "is not a prefecture"),
        (["--pref", "16", "--only", "nothing"], "is not in the catalogue of downloads"),
        (["--pref", "16", "--date", "7 Oct"], "is not a date"),
        (["--pref", "16", "--mirror", "/no/such/folder"], "is neither a folder nor an address"),
        (["--pref", "16", "--mirror", "http://"], "The mirror cannot be used"),
        (["--pref", "16", "--allow-host", "a b"], "is not a host to allow"),
        (["--pref", "16", "--settings", "/no/such.toml"], "does not exist"),
    ],
)
def test_what_cannot_be_asked_for_is_one_sentence(arguments, said, tmp_path, capsys):
    code, _, err = call(capsys, "fetch", "--raw", str(tmp_path), *arguments)
    assert code == 2
    assert said in err
    assert len(err.strip().splitlines()) == 1


def test_killed_at_any_moment_the_next_run_ends_as_an_undisturbed_one(server, fetch, tmp_path):
    fetch(tmp_path / "undisturbed")
    large = f"{GEOFABRIK}/chubu-latest.osm.pbf"
    resource = server.resources[large.removeprefix("https://")]
    resource.content = PBF + blob(b"OSMData", 16_000) * 200
    resource.etag = '"large"'
    fetch(tmp_path / "undisturbed")
    command = [sys.executable, "-m", "pipelines", "fetch", "--pref", "16", "--date", DAY,
               "--raw", str(tmp_path / "raw"), "--mirror", server.url]  # fmt: skip
    for kill_after in (5, 20, 40):  # so many requests
        server.asked.clear()
        resource.faults = [slow(0.2)]
        process = subprocess.Popen(  # noqa: S603 - our own command line
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT
        )
        while len(server.asked) < kill_after and process.poll() is None:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.wait()
        for path, data in tree(tmp_path / "raw").items():
            whole = tree(tmp_path / "undisturbed")
            assert path.endswith(".part") or whole[path] == data, path
    resource.faults = []
    code, out = fetch()
    assert code == 0, out
    assert "by hand" not in out
    assert tree(tmp_path / "raw") == tree(tmp_path / "undisturbed")


def test_the_command_line_returns_3_when_some_failed(server, tmp_path, capsys):
    server.resources.clear()
    code, out, _ = call(
        capsys, "fetch", "--pref", "16", "--raw", str(tmp_path / "raw"), "--mirror", server.url,
        "--only", "n02,s12", "--only", "gsi-shelters", "--quiet",
    )  # fmt: skip
    assert code == 3
    assert "3 failed" in out
