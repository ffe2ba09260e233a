"""A small run in a real browser: what map and report show is what the tables say."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from coverage_gis.codes import mesh
from coverage_gis.demo import generate
from coverage_gis.maps.page import GSI_PALE_URL
from pipelines.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import chromium

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def out(browser: chromium.Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of a run on a small demo prefecture."""
    del browser  # without one there is nothing to look at them with
    folder = tmp_path_factory.mktemp("run")
    generate(folder / "raw" / "00", cells=400, nodes=9_000)
    arguments = ["--raw", str(folder / "raw"), "--out", str(folder / "out")]
    assert main(["coverage", "--pref", "00", *arguments]) == 0
    return folder / "out"


@pytest.fixture
def page(browser: chromium.Browser, out: Path) -> Iterator[chromium.Page]:
    opened = browser.open((out / "maps/00/index.html").as_uri())
    yield opened
    assert opened.problems() == []
    assert opened.requests() == []
    opened.close()


@pytest.fixture
def report(browser: chromium.Browser, out: Path) -> Iterator[chromium.Page]:
    url = (out / "maps/00/report.html").as_uri()
    opened = browser.open(
        url, ready="document.readyState === 'complete' && document.querySelector('th button')"
    )
    yield opened
    assert opened.problems() == []
    assert opened.requests() == []
    opened.close()


@pytest.fixture(scope="module")
def coverage(out: Path) -> pd.DataFrame:
    table = pd.read_csv(out / "00/coverage.csv", dtype={"area_code": str})
    return table[table["population_source"] != "mesh-future"]


def test_figures_of_the_map_are_those_of_cells_parquet(page: chromium.Page, out: Path) -> None:
    cells = pd.read_parquet(out / "00/cells.parquet")
    lon, lat = mesh.centroids(cells["mesh_code"].to_numpy(dtype=object))
    places = json.dumps(np.column_stack([lat, lon]).tolist())
    keys = page.run("CoverageGis.page.data.indicators.map((i) => i.key)")
    kinds = page.run("CoverageGis.page.data.indicators.map((i) => i.kind)")
    found: list[dict[str, Any]] = page.run(
        f"""(() => {{ const d = CoverageGis.page.data;
          return {places}.map(([lat, lng]) => {{ const i = d.cellAt(lat, lng);
            return {{ code: d.code(i), people: d.people("total")[i],
              values: d.indicators.map((_, k) => d.value(k, i)) }}; }}); }})()"""
    )
    assert [f["code"] for f in found] == cells["mesh_code"].tolist()
    assert [f["people"] for f in found] == cells["population"].tolist()
    compared = 0
    for k, key in enumerate(keys):
        if key not in cells or kinds[k] not in {"distance_m", "time_s", "class"}:
            continue
        shown = [f["values"][k] for f in found]
        if key == "services_missing":
            assert shown == [None if np.isnan(v) else v for v in cells[key].astype(float)]
            continue
        if kinds[k] == "class":
            continue  # of classes made for the map, not columns as they are
        status = f"{key.split('_walk')[0].split('_drive')[0]}"
        status += "_drive_status" if key.endswith("_s") else "_status"
        for value, wanted, how in zip(shown, cells[key], cells[status], strict=True):
            if how in {"ok", "beyond_margin"}:  # the latter: what was found, an upper bound
                assert value == np.ceil(wanted - 1e-6), key
            else:
                assert value == ("unreachable" if how == "unreachable" else None), key
            compared += 1
    assert compared > 10 * len(cells)


def test_the_legends_covered_people_are_those_of_coverage_csv(
    page: chromium.Page, coverage: pd.DataFrame
) -> None:
    indicators = page.run(
        "CoverageGis.page.data.indicators.map((i) => [i.key, i.kind, i.label, i.note])"
    )
    whole = coverage[
        (coverage["area_level"] == "prefecture")
        & (coverage["age_group"] == "total")
        & (coverage["metric"] == "road")
    ]
    checked = 0
    for k, (key, kind, label, note) in enumerate(indicators):
        if kind != "share":
            continue
        service = key.split("_share_")[0]
        cutoff = float(label.split(" m圏内")[0].rsplit(" ", 1)[1].replace(",", ""))
        preset = note.rsplit("（", 1)[1].rstrip("）")
        row = whole[
            (whole["service"] == service)
            & (whole["preset"] == preset)
            & (whole["cutoff"] == cutoff)
            & (whole["mode"] == "walk")
        ].iloc[0]
        page.run(f"CoverageGis.page.setIndicator({k})")
        text = page.run("document.getElementById('share-result').textContent")
        found = re.search(r"全域 ([\d,]+)人（([\d.]+)%）", text)
        assert float(found[1].replace(",", "")) == pytest.approx(
            row["covered_population"], abs=0.51
        )
        assert float(found[2]) == pytest.approx(100 * row["coverage_rate"], abs=0.051)
        checked += 1
    assert checked > 8


def test_people_at_presets_cutoffs_are_those_of_coverage_csv_for_every_age_and_year(
    page: chromium.Page, out: Path
) -> None:
    table = pd.read_csv(out / "00/coverage.csv", dtype={"area_code": str})
    whole = table[(table["area_level"] == "prefecture") & (table["metric"] == "road")]
    first, ages = page.run("[CoverageGis.page.meta.year, CoverageGis.page.ages()]")
    years = [None, *page.run("CoverageGis.page.meta.years")]
    shown = page.run(
        f"""(() => {{ const p = CoverageGis.page, out = [];
          for (const year of {json.dumps(years)}) for (const age of {json.dumps(ages)}) {{
            p.state.year = year; p.setAge(age);
            for (const key of ["shop_walk_m", "medical_drive_s", "bus_stop_walk_m"]) {{
              const k = p.data.indicators.findIndex((i) => i.key === key);
              p.setIndicator(k);
              for (const within of p.data.indicators[k].within) {{
                p.legend.setCutoff(within.cutoff);
                const text = (row) => document.querySelectorAll("#cutoff-rows tr")[row]
                  .querySelectorAll("td")[1].firstChild.textContent.replaceAll(",", "");
                out.push([year, age, key, within.cutoff, Number(text(0)), Number(text(1))]);
              }}
            }}
          }}
          return out; }})()"""
    )
    assert len(years) > 2
    assert len(shown) >= len(ages) * len(years) * 6
    for year, age, key, cutoff, within, beyond in shown:
        service, mode, unit = key.rsplit("_", 2)
        rows = whole[
            (whole["service"] == service)
            & (whole["mode"] == mode)
            & (whole["age_group"] == age)
            & (whole["cutoff"] == (cutoff / 60 if unit == "s" else cutoff))
            & (whole["year"] == (first if year is None else year))
            & ((whole["population_source"] == "mesh-future") == (year is not None))
        ]
        assert len(rows), (year, age, key, cutoff)
        row = rows.iloc[0]
        assert within == pytest.approx(row["covered_population"], abs=1)
        counted = row["population"] - row["population_no_road"]
        assert beyond == pytest.approx(counted - row["covered_population"], abs=1)


def test_the_report_states_the_rates_of_coverage_csv(
    report: chromium.Page, coverage: pd.DataFrame
) -> None:
    heads = report.run(
        "Array.from(document.querySelectorAll('#municipalities thead th'), (h) => h.textContent)"
    )
    rows = report.run(
        "Array.from(document.querySelectorAll('#municipalities tbody tr'), (r) =>"
        " [r.cells[0].dataset.v, Array.from(r.cells).slice(1).map((c) => c.dataset.v)])"
    )
    total = coverage[(coverage["age_group"] == "total") & (coverage["metric"] == "road")]
    shop = total[(total["service"] == "shop") & (total["preset"] == "toshikozo-handbook")]
    shop = shop[shop["cutoff"] == 500].set_index("area_code")
    column = next(i for i, head in enumerate(heads[1:]) if head.startswith("食料品店"))
    listed = shop[shop["area_level"].isin(["prefecture", "municipality", "ward"])]
    assert {code for code, _ in rows} == set(listed.index)
    for code, values in rows:
        assert float(values[0]) == pytest.approx(shop.loc[code, "population"])
        assert float(values[column]) == pytest.approx(shop.loc[code, "coverage_rate"], abs=1e-6)
    vacuum = next(i for i, head in enumerate(heads[1:]) if head == "交通空白の人")
    parts = sum(float(values[vacuum] or 0) for _, values in rows[1:])
    assert parts == pytest.approx(float(rows[0][1][vacuum]))
    headline = report.run("document.querySelector('.headline').textContent")
    assert f"交通空白（駅もバス停も遠い所）に住む人は{parts:,.0f}人" in headline


def test_the_curves_pass_through_the_rates_of_coverage_csv(
    report: chromium.Page, coverage: pd.DataFrame
) -> None:
    sentences = report.run(
        "Array.from(document.querySelectorAll('#curves figure'), (f) => f.textContent)"
    )
    whole = coverage[(coverage["area_level"] == "prefecture") & (coverage["service"] == "shop")]
    whole = whole[(whole["preset"] == "toshikozo-handbook") & (whole["metric"] == "road")]
    rate = whole.set_index(["age_group", "cutoff"])["coverage_rate"]
    walk = next(s for s in sentences if "食料品店" in s)
    for cutoff in (500, 800):
        wanted = (
            f"{cutoff} m以内: 全年齢 {rate['total', cutoff]:.1%}"
            f"、65歳以上 {rate['65plus', cutoff]:.1%}"
        )
        assert wanted in walk


def test_a_head_sorts_the_table_and_the_prefecture_stays_on_top(report: chromium.Page) -> None:
    def people() -> list[float]:
        texts = report.run(
            "Array.from(document.querySelectorAll('#municipalities tbody tr'), (r) =>"
            " r.cells[1].dataset.v)"
        )
        return [float(t) for t in texts]

    before = people()
    report.run("document.querySelectorAll('#municipalities th button')[1].click()")
    assert people() == [before[0], *sorted(before[1:], reverse=True)]
    report.run("document.querySelectorAll('#municipalities th button')[1].click()")
    assert people() == [before[0], *sorted(before[1:])]


def test_the_report_is_as_wide_as_its_paper(report: chromium.Page) -> None:
    """A4 less its margins is 186 mm, 703 CSS pixels: nothing sticks out when printed."""
    report.call("Emulation.setEmulatedMedia", media="print")
    report.call(
        "Emulation.setDeviceMetricsOverride",
        width=703,
        height=1000,
        deviceScaleFactor=1,
        mobile=False,
    )
    wide = report.run(
        "Array.from(document.querySelectorAll('body *')).filter((e) =>"
        " e.getBoundingClientRect().right > 703).map((e) => e.outerHTML.slice(0, 80))"
    )
    assert wide == []
    assert report.run("document.documentElement.scrollWidth") <= 703


def test_the_page_in_english_and_back(page: chromium.Page) -> None:
    japanese = page.run("document.getElementById('panel').textContent")
    page.run("document.getElementById('language').click()")
    assert page.run("document.documentElement.lang") == "en"
    assert page.run("document.getElementById('legend-title').textContent").startswith("Walking")
    left = page.run(
        r"""(() => { const out = [], w = document.createTreeWalker(
          document.getElementById("panel"), NodeFilter.SHOW_TEXT);
        for (let n = w.nextNode(); n; n = w.nextNode()) {
          if (/[\u3040-\u9fff]/.test(n.data) && !n.parentElement.closest(
            ".sources, noscript, .paper > p, #attribution-text, [translate=no], #municipality")) {
            out.push(n.data); }
        } return out; })()"""
    )
    assert left == []
    page.run("document.getElementById('language').click()")
    assert page.run("document.getElementById('panel').textContent") == japanese
    page.run("document.getElementById('language').click()")
    # What is drawn later is in English too, but for names; the address keeps the language.
    page.run("CoverageGis.page.setIndicator(1), CoverageGis.page.toMunicipality(0)")
    page.run("document.querySelector('input[name=age][value=\"65plus\"]').click()")
    page.settle()
    assert "65 and over" in page.run("document.getElementById('legend-scope').textContent")
    assert "Population" in page.run("document.getElementById('municipality-figures').textContent")
    assert "lang=en" in page.run("location.hash")
    page.run("document.getElementById('language').click()")
    assert "65歳以上" in page.run("document.getElementById('legend-scope').textContent")
    assert "lang" not in page.run("location.hash")


_WATCH = "window.problems = []; addEventListener('error', (e) => problems.push(e.message));"
_TELL = """
addEventListener("load", () => {
  const p = window.CoverageGis && CoverageGis.page;
  const told = { problems, hosts: performance.getEntriesByType("resource").map((r) => r.name) };
  if (p) {
    const k = p.data.indicators.findIndex((i) => i.kind === "time_s");
    p.setIndicator(k); p.setAge("65plus");
    told.people = Array.from(p.data.people("total"));
    told.rows = document.querySelectorAll("#legend-rows tr").length;
    told.found = CoverageGis.search(p, p.munis[0].name)[0].name === p.munis[0].name;
    p.setIndicator(0);
  }
  console.log("TOLD" + JSON.stringify(told));
});
"""
_PREFERENCES = """
user_pref("devtools.console.stdout.content", true);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("network.captive-portal-service.enabled", false);
"""


def test_firefox_shows_map_and_report(out: Path, tmp_path: Path) -> None:
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        pytest.skip("no Firefox found (Debian: apt-get install firefox-esr)")
    off = without_network()
    people = pd.read_parquet(out / "00/cells.parquet")["population"]
    for name in ("index.html", "report.html"):
        profile, picture, page = tmp_path / f"p-{name}", tmp_path / f"{name}.png", tmp_path / name
        profile.mkdir()
        (profile / "user.js").write_text(_PREFERENCES, encoding="utf-8")
        html = (out / "maps/00" / name).read_text(encoding="utf-8")
        html = html.replace("<head>", f"<head><script>{_WATCH}</script>", 1)
        page.write_text(
            html.replace("</html>", f"<script>{_TELL}</script></html>"), encoding="utf-8"
        )
        run = subprocess.run(  # noqa: S603 - our own command
            [
                *(*off, program, "--headless", "--no-remote", "--profile", str(profile)),
                *("--window-size=1200,2600", f"--screenshot={picture}", page.as_uri()),
            ],
            check=True,
            timeout=180,
            capture_output=True,
            text=True,
        )
        line = next(t for t in (run.stdout + run.stderr).splitlines() if "TOLD" in t)
        told = json.loads(line[line.index("{") : line.rindex("}") + 1].replace('\\"', '"'))
        assert told["problems"] == []
        # Firefox takes a machine without a network for online, so the map asks whether there is
        # a base map; whether that has failed by now is a matter of moments. Nothing else is asked.
        base_map = GSI_PALE_URL.split("{")[0]
        mine = ("data:", "file:", base_map) if name == "index.html" else ("data:", "file:")
        assert not [url for url in told["hosts"] if not url.startswith(mine)]
        if name == "index.html":
            assert sum(told["people"]) == people.sum()
            assert told["rows"] >= 6
            assert told["found"]
        image = pytest.importorskip("PIL.Image").open(picture).convert("RGB")
        colours = {colour for _, colour in image.getcolors(1 << 20)}
        near = {(0x21, 0x66, 0xAC), (0x74, 0xAD, 0xD1), (0xFE, 0xE0, 0x90), (0xF9, 0x9D, 0x59)}
        assert near & colours, f"{name}: no cell was drawn"


def without_network() -> list[str]:
    """Return the command that takes the network away, where this machine lets us."""
    for command in (["unshare", "-n"], ["unshare", "-rn"]):
        if shutil.which("unshare") is None:
            break
        if subprocess.run([*command, "true"], check=False, capture_output=True).returncode == 0:  # noqa: S603 - our own command
            return command
    return []
