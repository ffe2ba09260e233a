"""Hostile and broken files in the input folder: one sentence in bounded time and memory, or rows
counted out with a reason.

Each case runs the stages that read (all up to ``destinations``) in a forked child with little
memory to take and little time; what it printed is compared.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import struct
import sys
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from gtfs_files import line_feed
from inventory_files import GSI_1, shapefile_members

from pipelines import coverage_run
from pipelines.cli import main
from pipelines.stages import STAGES

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked (POSIX)")

GB = 1024**3
SECONDS = 300  # far more than any case takes, so that a hang is told from a busy machine
READING = ("origins", "osm", "departures", "destinations")
MESH = "mesh_code,population\n5437608942,5\n5437608943,7\n"
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
    + "]>"
)
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
OSM_HEAD = '<osm version="0.6">'
NODES = '<node id="1" lat="36.7" lon="137.2"/><node id="2" lat="36.701" lon="137.2"/>'
ROAD = '<way id="3"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way>'


class Told:
    """What a run said, and how it ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def all(self) -> str:
        return self.out + self.err


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Told]:
    """Run the reading stages on the files that ``put`` makes, in a child, bounded."""
    shorter = [s for s in STAGES if s.name in READING]

    def stages(options: object, *, osm_present: bool) -> list[object]:  # noqa: ARG001
        return [s for s in shorter if s.name != "osm" or osm_present]

    monkeypatch.setattr(coverage_run, "stages_for", stages)
    monkeypatch.setattr(coverage_run.report, "summary_lines", lambda *_, **__: [])

    def run(put: Callable[[Path], None], *, mesh: str | None = MESH, more_gb: float = 2.0) -> Told:
        home = tmp_path / "raw/16"
        home.mkdir(parents=True)
        if mesh is not None:
            (home / "mesh.csv").write_text(mesh, encoding="utf-8")
        put(home)
        argv = ["coverage", "--pref", "16", "--raw", str(tmp_path / "raw")]
        argv += ["--out", str(tmp_path / "out"), "--distance", "straight"]
        code = _bounded(argv, tmp_path, more_gb)
        texts = [(tmp_path / n).read_text(encoding="utf-8", errors="replace") for n in ("1", "2")]
        if code != 0:
            assert not (tmp_path / "out/16/run.json").exists()
            assert texts[1].count("\n") == 1, texts[1]
        assert "Traceback" not in "".join(texts)
        return Told(code, *texts)

    return run


def _bounded(argv: list[str], folder: Path, more_gb: float) -> int:
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        code = 99
        try:
            for number in (1, 2):
                os.dup2(os.open(folder / str(number), os.O_WRONLY | os.O_CREAT), number)
            sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - till the end
            sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - till the end
            statm = Path("/proc/self/statm")
            if statm.exists():
                pages = int(statm.read_text(encoding="ascii").split()[0])
                limit = pages * resource.getpagesize() + int(more_gb * GB)
                resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
            signal.alarm(SECONDS)
            code = main(argv)
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def text(name: str, content: str) -> Callable[[Path], None]:
    return lambda home: (home / name).write_text(content, encoding="utf-8") and None


def features(*points: object, **properties: object) -> str:
    rows = [
        {
            "type": "Feature",
            "properties": properties,
            "geometry": {"type": "Point", "coordinates": p},
        }
        for p in points
    ]
    return json.dumps({"type": "FeatureCollection", "features": rows})


def p04(*points: object) -> str:
    names = {f"P04_{i:03d}": "1" for i in range(1, 11)} | {"P04_002": "中央病院"}
    return features(*points, **names)


def blob(kind: bytes, content: bytes, said: int | None = None) -> bytes:
    """A block of a PBF file, deflated; ``said`` lies about its size."""
    packed = zlib.compress(content)
    size = len(content) if said is None else said
    body = b"\x10" + varint(size) + b"\x1a" + varint(len(packed)) + packed
    head = b"\x0a" + varint(len(kind)) + kind + b"\x18" + varint(len(body))
    return struct.pack(">I", len(head)) + head + body


def varint(number: int) -> bytes:
    out = b""
    while True:
        number, low = number >> 7, number & 127
        out += bytes([low | (128 if number else 0)])
        if not number:
            return out


PBF_HEAD = blob(b"OSMHeader", b"\x22\x0eOsmSchema-V0.6\x22\x0aDenseNodes")


def feed(**files: str) -> Callable[[Path], None]:
    """A GTFS feed of two stops and two trips, some of its files replaced."""
    content = line_feed([["A", "B"], ["B", "A"]]) | {f"{k}.txt": v for k, v in files.items()}

    def put(home: Path) -> None:
        (home / "gtfs").mkdir()
        with zipfile.ZipFile(home / "gtfs/feed.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text_of in content.items():
                archive.writestr(name, text_of)

    return put


def dropped(folder: Path) -> dict[str, int]:
    """Rows of all sources counted out, by reason, and what was ignored."""
    record = json.loads((folder / "out/16/run.json").read_text(encoding="utf-8"))
    out: dict[str, int] = {}
    for source in record["sources"]:
        for reason, count in source["rows_dropped"].items():
            out[reason] = out.get(reason, 0) + count
    return out


class TestXml:
    @pytest.mark.parametrize("head", [LAUGHS, OUTSIDE], ids=["billion laughs", "file entity"])
    def test_entities_in_osm_are_refused(self, told: Callable[..., Told], head: str) -> None:
        entity = "&a11;" if head is LAUGHS else "&x;"
        shop = f'<node id="9" lat="36.7" lon="137.2"><tag k="name" v="{entity}"/></node>'
        found = told(text("x.osm", f"{head}{OSM_HEAD}{NODES}{shop}{ROAD}</osm>"))
        assert found.code == 2
        assert "x.osm cannot be read" in found.err
        assert "entities" in found.err

    @pytest.mark.parametrize("head", [LAUGHS, OUTSIDE], ids=["billion laughs", "file entity"])
    def test_entities_in_gml_are_not_expanded(self, told: Callable[..., Told], head: str) -> None:
        entity = "&a11;" if head is LAUGHS else "&x;"
        body = (
            '<ksj:Dataset xmlns:ksj="http://nlftp.mlit.go.jp/ksj/schemas/ksj-app" '
            'xmlns:gml="http://www.opengis.net/gml/3.2"><ksj:MedicalInstitution gml:id="f">'
            f"<ksj:medicalInstitutionName>{entity}</ksj:medicalInstitutionName>"
            "</ksj:MedicalInstitution></ksj:Dataset>"
        )
        found = told(text("P04-20_16.xml", head + body))
        assert "P04-20_16.xml" in found.all
        assert "hahahaha" not in found.all
        host = Path("/etc/hostname")
        if host.exists():
            assert host.read_text(encoding="utf-8").strip() not in found.all

    def test_two_hundred_thousand_levels(self, told: Callable[..., Told]) -> None:
        found = told(text("x.osm", OSM_HEAD + "<a>" * 200_000))
        assert found.code == 2
        assert "x.osm" in found.err


class TestJson:
    def test_ten_thousand_levels_where_features_should_be(self, told: Callable[..., Told]) -> None:
        deep = '{"type":"FeatureCollection","features":' + "[" * 10_000 + "]" * 10_000 + "}"
        found = told(text("P04-20_16.geojson", deep))
        assert "P04-20_16.geojson" in found.all

    def test_ten_thousand_levels_in_a_property(self, told: Callable[..., Told]) -> None:
        deep = '"properties": {"a":' + '{"b":' * 10_000 + "1" + "}" * 10_000 + ","
        found = told(text("P04-20_16.geojson", p04([137.2, 36.7]).replace('"properties": {', deep)))
        assert found.code == 2
        assert "P04-20_16.geojson cannot be read" in found.err

    def test_places_elsewhere_or_nowhere_are_counted_out(
        self, told: Callable[..., Told], tmp_path: Path
    ) -> None:
        nan, inf = float("nan"), float("inf")
        points = (
            [137.2, 36.7], [2.35, 48.86], [36.7, 137.2], [1e308, 36.7], [0, 0], [137.2, 99],
            [nan, 36.7], [137.2, -inf], None,
        )  # fmt: skip
        found = told(text("P04-20_16.geojson", p04(*points)))
        assert found.code == 0
        assert "1 hospital" in found.out
        assert sum(dropped(tmp_path).values()) == len(points) - 1


class TestPbf:
    @pytest.mark.parametrize(
        "content",
        [
            b"\x7f\xff\xff\xff\x0a\x09OSMHeader\x18\x7f" * 10,
            struct.pack(">I", 17) + b"\x0a\x09OSMHeader\x18\xff\xff\xff\xff\x07" + b"\x10\x05",
            PBF_HEAD + blob(b"OSMData", b"\x0a\x00\x12\xff\xff\xff\xff\x0f"),
            PBF_HEAD[:-3],
        ],
        ids=["header size", "blob size", "group size", "cut off"],
    )
    def test_absurd_sizes(self, told: Callable[..., Told], content: bytes) -> None:
        found = told(lambda home: (home / "x.osm.pbf").write_bytes(content) and None)
        assert found.code == 2
        assert "x.osm.pbf" in found.err

    @pytest.mark.parametrize(
        "content",
        [blob(b"OSMData", b"\0" * 40_000_000), blob(b"OSMData", b"\0" * 1000, said=2**31 - 1)],
        ids=["bomb", "lying size"],
    )
    def test_blocks_of_nothing(self, told: Callable[..., Told], content: bytes) -> None:
        """libosmium takes them for empty; what matters is that nothing is taken from them."""
        found = told(lambda home: (home / "x.osm.pbf").write_bytes(PBF_HEAD + content) and None)
        assert found.code == 2 or "0 ways, 0 facilities" in found.out


class TestGtfs:
    def test_a_million_stops_at_one_point(self, told: Callable[..., Told]) -> None:
        rows = "".join(f"S{i},停,36.7,137.2\n" for i in range(1_000_000))
        found = told(feed(stops="stop_id,stop_name,stop_lat,stop_lon\n" + rows))
        assert found.code == 2
        assert "feed.zip" in found.err
        assert "1,000,000 stops" in found.err

    def test_no_calendar_at_all(self, told: Callable[..., Told]) -> None:
        found = told(feed(calendar="service_id\n"))
        assert found.code == 2
        assert "calendar" in found.err

    @pytest.mark.parametrize(
        "frequencies",
        ["T0,00:00:00,999999:00:00,1", "T0,06:00:00,10:00:00,0", "T0,6:0:0,5:0:0,-60"],
    )
    def test_absurd_frequencies(self, told: Callable[..., Told], frequencies: str) -> None:
        head = "trip_id,start_time,end_time,headway_secs\n"
        assert told(feed(frequencies=head + frequencies)).code == 0


class TestTables:
    def test_a_line_of_more_than_a_gigabyte(self, told: Callable[..., Told]) -> None:
        """A sparse file: it takes no room on the disk, but would in memory."""

        def put(home: Path) -> None:
            with (home / "病院.csv").open("wb") as file:
                file.write('名称,緯度,経度,病床数\n"'.encode())
                file.seek(GB)
                file.write(b"x")

        found = told(put)
        assert found.code == 2
        assert "病院.csv is larger than 1024 MB" in found.err

    @pytest.mark.parametrize(
        ("rows", "why"),
        [
            ("5437608942,-5\n", "'-5', which is not a number of people"),
            ("5437608942,1e300\n", "not a number of people"),
            ("5437608942,inf\n", "not a number of people"),
            ("5437608942,nan\n", "not a number of people"),
            (f"5437608942,{'9' * 100_000}\n", "not a number of people"),
            ("9999999999,5\n", "'9999999999' is not a mesh code"),
            ("5437999942,5\n", "'5437999942' is not a mesh code"),
            ("5437608942,5\n5437608942,6\n", "more than once"),
            ("5.43761E+09,5\n", "(1 such row(s)): a spreadsheet has shortened it"),
            ("5437608942,5\n合計,5\n", "row 3: '合計' is not a mesh code"),
            ("5437608942,5\n合計,5\n", "take out rows of headings and totals."),
            ('5437608942,"1,060"\n', "write it without separators of thousands."),
        ],
        ids=[
            "negative",
            "enormous",
            "inf",
            "nan",
            "long",
            "no code",
            "impossible code",
            "twice",
            "shortened",
            "a total",
            "its advice",
            "thousands",
        ],
    )
    def test_impossible_people(self, told: Callable[..., Told], rows: str, why: str) -> None:
        found = told(lambda _: None, mesh=f"mesh_code,population\n{rows}")
        assert found.code == 2
        assert "mesh.csv" in found.err
        assert why in found.err
        assert len(found.err) < 1_100

    def test_a_list_with_impossible_places(self, told: Callable[..., Told], tmp_path: Path) -> None:
        rows = (
            '1,E1620100001,富山市,"=HYPERLINK(""http://x"")",本丸,1,36.7,137.2\n'
            "2,E1620100002,富山市,学校,本丸,1,999,137.2\n3,E1620100003,富山市,学校,本丸,1,137.2,36.7\n"
            "4,E1620100004,富山市,学校,本丸,1,,\n5,E1620100005,富山市,\u202eabc\x07,本丸,1,nan,inf\n"
        )
        found = told(text("mergeFromCity_1.csv", GSI_1 + rows))
        assert found.code == 0
        assert "1 shelter" in found.out
        assert sum(dropped(tmp_path).values()) == 4

    @pytest.mark.parametrize("part", [".shx", ".dbf"])
    def test_a_shapefile_that_is_not_whole(self, told: Callable[..., Told], part: str) -> None:
        columns: dict[str, list[object]] = {f"P04_{i:03d}": ["1"] for i in range(1, 11)}

        def put(home: Path) -> None:
            for name, content in shapefile_members(home.parent, "P04-20_16", columns).items():
                if not name.endswith(part):
                    (home / name).write_bytes(content)

        found = told(put)
        assert found.code == 0
        assert f"P04-20_16.shp lacks its {part} file" in found.out

    def test_links_out_of_the_folder_are_followed_by_nobody(
        self, told: Callable[..., Told], tmp_path: Path
    ) -> None:
        """A link is a file of the user's; one inside a zip is only a small text."""

        def put(home: Path) -> None:
            with zipfile.ZipFile(home / "x.zip", "w") as archive:
                for name in ("../../evil.csv", "/evil.csv", "a/../../../evil.csv"):
                    archive.writestr(name, MESH)
                link = zipfile.ZipInfo("mesh_link.csv")
                link.external_attr = 0o120777 << 16
                archive.writestr(link, "/etc/passwd")

        found = told(put)
        assert found.code == 0
        assert "root:" not in found.all
        assert not list(tmp_path.parent.rglob("evil.csv"))
