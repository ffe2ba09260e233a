"""Names that would be programs, through a whole run: text on every page and in every file.

The demo prefecture, in which municipalities, shops, hospitals, shelters, stations, stops and
operators are called HTML, JavaScript, formulas, control characters and marks of direction.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
import zipfile
from itertools import cycle
from typing import TYPE_CHECKING

import geopandas as gpd
import openpyxl
import osmium
import pandas as pd
import pyogrio
import pytest

from coverage_gis.demo import generate
from coverage_gis.demo.build import MANIFEST
from pipelines.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import chromium

NAMES = (
    "<script>window.hacked=1</script>",
    "<img src=x onerror='window.hacked=1'>",
    '"><svg onload=window.hacked=1>',
    "</script></title><script>window.hacked=1//",
    "javascript:window.hacked=1",
    "{{ 7 * 7 }}{% raw %}${window.hacked=1}`",
    '=HYPERLINK("http://example.org","店")',
    "+1+cmd|' /C calc'!A0",
    "@SUM(A1:A9)",
    "-1,\"; window.hacked=1; '",
    "甲\x07\x1b[31m乙\x85丙",
    "\u202eEVIL\u202c\u2066乙",
)
BROKEN = "gtfs_cut<b>.zip"
_CODE = re.compile(r"-?\d[\d.,e+-]*$")


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raw")
    home = folder / "00"
    generate(home, cells=100, nodes=8_000)
    called = renamed()
    for path in sorted(home.glob("*.geojson")):
        text = path.read_text(encoding="utf-8")
        path.write_text(in_geojson(text, {"N03_004"}, called), encoding="utf-8")
    of_members = {"N02-24_GML.zip": {"N02_005", "N02_004"}, "S12-24_GML.zip": {"S12_001"}}
    for name, keys in of_members.items():
        members_of(home / name, lambda _, text, keys=keys: in_geojson(text, keys, called))
    for path in home.glob("gtfs_*.zip"):
        members_of(path, lambda name, text: in_feed(name, text, called))
    for path in home.glob("mergeFromCity_*.csv"):
        text = path.read_text(encoding="utf-8-sig")
        path.write_text(in_csv(text, {"施設・場所名", "住所"}, called), encoding="utf-8-sig")
    in_osm(home / "kakuu-ken.osm.pbf", called)
    in_shapefile(home / "P04-20_00_GML.zip", {"P04_002", "P04_003"}, called)
    as_if_generated(home)
    whole = (home / "gtfs_city.zip").read_bytes()
    (home / BROKEN).write_bytes(whole[: len(whole) // 2])
    return folder


def as_if_generated(home: Path) -> None:
    """Have the demo's record say the sizes of the changed files: a run would make them again."""
    record = json.loads((home / MANIFEST).read_text(encoding="utf-8"))
    record["files"] = {name: (home / name).stat().st_size for name in record["files"]}
    (home / MANIFEST).write_text(json.dumps(record), encoding="utf-8")


def renamed() -> Callable[[str], str]:
    """Return what gives each name another, always the same, with a letter of its own at the end."""
    names, seen = cycle(NAMES), dict[str, str]()

    def called(name: str) -> str:
        if name and name not in seen:
            seen[name] = f"{next(names)}{len(seen)}"
        return seen.get(name, "")

    return called


def in_geojson(text: str, keys: set[str], called: Callable[[str], str]) -> str:
    content = json.loads(text)
    for feature in content["features"]:
        of = feature["properties"]
        of.update({k: called(of[k]) for k in keys & of.keys() if of[k]})
    return json.dumps(content, ensure_ascii=False)


def in_csv(text: str, columns: set[str], called: Callable[[str], str]) -> str:
    out = io.StringIO(newline="")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert columns & rows[0].keys()
    writer = csv.DictWriter(out, rows[0].keys())
    writer.writeheader()
    writer.writerows({k: called(v) if k in columns else v for k, v in r.items()} for r in rows)
    return out.getvalue()


def in_feed(name: str, text: str, called: Callable[[str], str]) -> str:
    columns = {
        "stops.txt": {"stop_name"},
        "routes.txt": {"route_short_name", "route_long_name"},
        "agency.txt": {"agency_name"},
    }
    return in_csv(text, columns[name], called) if name in columns else text


def members_of(path: Path, change: Callable[[str, str], str]) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {n: archive.read(n).decode("utf-8-sig") for n in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, change(name, text))


def in_osm(path: Path, called: Callable[[str], str]) -> None:
    new = path.with_suffix(".new.pbf")
    with osmium.SimpleWriter(str(new)) as writer:
        for thing in osmium.FileProcessor(str(path)):
            tags = dict(thing.tags)
            if "name" in tags:
                tags["name"] = called(tags["name"])
            writer.add(thing.replace(tags=tags))
    new.replace(path)


def in_shapefile(path: Path, columns: set[str], called: Callable[[str], str]) -> None:
    frame = gpd.read_file(path, encoding="cp932")
    for column in columns:
        # no control characters in a DBF of our making; cp932 has no marks of direction
        plain = frame[column].map(lambda v: called(v) if v else v)
        frame[column] = plain.map(lambda v: v.encode("cp932", "ignore").decode("cp932"), "ignore")
    with zipfile.ZipFile(path) as archive:
        [stem] = {n.rsplit(".", 1)[0] for n in archive.namelist() if n.endswith(".shp")}
    folder = path.parent / "made"
    folder.mkdir()
    pyogrio.write_dataframe(frame, folder / f"{stem}.shp", encoding="cp932")
    with zipfile.ZipFile(path, "w") as archive:
        for part in sorted(folder.iterdir()):
            archive.write(part, part.name)
            part.unlink()
    folder.rmdir()


@pytest.fixture(scope="module")
def out(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out")
    assert run(raw, folder) == 0
    return folder


def run(raw: Path, out: Path) -> int:
    arguments = ["--raw", str(raw), "--out", str(out), "--maps", str(out / "maps")]
    return main(["coverage", *arguments, "--quiet"])


def harmful(name: object) -> list[str]:
    """Characters that a table should not hold: control characters, marks of direction."""
    return [c for c in str(name) if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")]


def test_the_names_are_in_the_results(out: Path) -> None:
    found = pd.read_parquet(out / "00/destinations.parquet")
    for service in ("supermarket", "hospital", "shelter", "station", "bus_stop"):
        names = found.loc[found["service"] == service, "name"]
        assert names.str.contains("hacked|HYPERLINK|SUM|cmd|EVIL|甲", regex=True).any(), service


def test_no_table_starts_a_formula(out: Path) -> None:
    tables = sorted(out.rglob("*.csv"))
    assert len(tables) > 10
    met = 0
    for path in tables:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.reader(file):
                for cell in row:
                    met += "HYPERLINK" in cell
                    assert cell.lstrip()[:1] not in {*"=+@＝＋＠"}, (path.name, cell)
                    assert cell[:1] != "-" or _CODE.match(cell) or cell == "-", (path.name, cell)
                    assert harmful(cell) == [], (path.name, cell)
    assert met


def test_no_workbook_holds_a_formula_or_link(out: Path) -> None:
    books = sorted(out.rglob("*.xlsx"))
    assert books
    for path in books:
        book = openpyxl.load_workbook(path)
        texts = [c for sheet in book for row in sheet.iter_rows() for c in row if c.value]
        assert [c.value for c in texts if c.data_type == "f"] == []
        # our own links are to the publishers
        links = [c.hyperlink.target for c in texts if c.hyperlink]
        assert [t for t in links if t and ("example.org" in t or "script" in t)] == []
        assert any("hacked" in str(c.value) for c in texts)
        assert [c.value for c in texts if set(harmful(c.value)) - {"\n"}] == []


@pytest.mark.parametrize("suffix", ["shp", "gpkg", "geojson"])
def test_layers_hold_plain_text(out: Path, suffix: str) -> None:
    paths = sorted(out.rglob(f"*.{suffix}"))
    assert paths
    met = 0
    for path in paths:
        for layer in {*pyogrio.list_layers(path)[:, 0]} - {"layer_styles"}:  # QGIS's own
            frame = pyogrio.read_dataframe(path, layer=layer, read_geometry=False)
            for column in frame.select_dtypes(["object", "string"]):
                values = frame[column].dropna()
                met += int(values.astype(str).str.contains("hacked").sum())
                assert [v for v in values if harmful(v)] == [], (path.name, column)
    assert met


@pytest.mark.browser
@pytest.mark.parametrize(
    ("name", "ready"),
    [
        ("index.html", "window.CoverageGis && CoverageGis.page && CoverageGis.page.readyMs"),
        ("report.html", "document.querySelector('th button')"),
    ],
)
def test_nothing_is_executed(browser: chromium.Browser, out: Path, name: str, ready: str) -> None:
    page = browser.open((out / "maps/00" / name).as_uri(), ready=ready)
    assert "hacked" in page.run("document.documentElement.textContent")
    if name == "index.html":
        look_everywhere(page)
    assert page.run("typeof window.hacked") == "undefined"
    assert page.run("document.querySelectorAll('img[src=x], svg[onload]').length") == 0
    assert page.problems() == []
    assert page.requests() == []
    page.close()


def look_everywhere(page: chromium.Page) -> None:
    """Open the figures of every cell, with its municipality, vacuum area and nearest places."""
    page.run("CoverageGis.page.setVisible('vacuum', true)")
    told = page.run(
        """(() => { const p = CoverageGis.page, d = p.data; let told = "";
          for (let i = 0; i < d.n; i++) {
            const [s, w, n, e] = d.box(i);
            p.identify.open(L.latLng((s + n) / 2, (w + e) / 2));
            told += document.querySelector(".leaflet-popup-content").textContent;
          }
          return told; })()"""
    )
    assert "hacked" in told


def told_of(out: Path) -> dict[str, str]:
    """All that is said by the results that a reader opens."""
    book = openpyxl.load_workbook(out / "00/municipalities.xlsx")
    cells = [c.value for sheet in book for row in sheet.iter_rows() for c in row]
    return {
        "map": (out / "maps/00/index.html").read_text(encoding="utf-8"),
        "report": (out / "maps/00/report.html").read_text(encoding="utf-8"),
        "workbook": " ".join(str(c) for c in cells if c),
        "shapefile": (out / "00/vacuum/vacuum_00_readme.txt").read_text(encoding="utf-8"),
    }


def test_a_file_that_nobody_could_read_is_named_in_every_result(
    raw: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Comes last: what a feed's loss changes must not be silent, nor told when it is mended."""

    def unread() -> list[str]:
        record = json.loads((out / "00/run.json").read_text(encoding="utf-8"))
        return list(record["unread"])

    [sentence] = unread()
    assert sentence.startswith(f"{BROKEN} cannot be read")
    for what, said in told_of(out).items():
        assert "gtfs_cut" in said, what
        assert "cut<b>" not in said or what in ("workbook", "shapefile"), what
    assert run(raw, out) == 0
    printed = capsys.readouterr().out
    assert "Nothing has changed" in printed
    assert f"note: not in these results: {sentence}" in printed
    (raw / "00" / BROKEN).unlink()
    assert run(raw, out) == 0
    assert unread() == []
    assert "not in these results" not in capsys.readouterr().out
    assert [what for what, said in told_of(out).items() if "gtfs_cut" in said] == []
