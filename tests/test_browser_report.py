"""A small run in a real browser: what map and report show is what the tables say."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import chromium
import numpy as np
import pandas as pd
import pytest

from coverage_gis.codes import mesh
from coverage_gis.demo import generate
from pipelines.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of a run on a small demo prefecture."""
    if chromium.find() is None:
        reason = "no Chromium found (Debian: apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(f"CI must run the browser tests: {reason}")
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("run")
    generate(folder / "raw" / "00", cells=400, nodes=9_000)
    arguments = ["--raw", str(folder / "raw"), "--out", str(folder / "out")]
    assert main(["coverage", "--pref", "00", *arguments]) == 0
    return folder / "out"


@pytest.fixture(scope="module")
def browser(out: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[chromium.Browser]:
    del out  # only for its skip
    started = chromium.Browser(tmp_path_factory.mktemp("profile"))
    yield started
    started.close()


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
        if key not in cells or key == "population":
            continue
        shown = [f["values"][k] for f in found]
        if key == "services_missing":
            assert shown == [None if np.isnan(v) else v for v in cells[key].astype(float)]
            continue
        status = f"{key.split('_walk')[0].split('_drive')[0]}"
        status += "_drive_status" if key.endswith("_s") else "_status"
        for value, wanted, how in zip(shown, cells[key], cells[status], strict=True):
            if how == "ok":
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
        text = page.run("document.getElementById('legend-scope').textContent")
        found = re.search(r"全域 ([\d,]+)人（([\d.]+)%）", text)
        assert float(found[1].replace(",", "")) == pytest.approx(
            row["covered_population"], abs=0.51
        )
        assert float(found[2]) == pytest.approx(100 * row["coverage_rate"], abs=0.051)
        checked += 1
    assert checked > 8


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
    assert {code for code, _ in rows} == set(shop.index)
    for code, values in rows:
        assert float(values[0]) == pytest.approx(shop.loc[code, "population"])
        assert float(values[column]) == pytest.approx(shop.loc[code, "coverage_rate"], abs=1e-6)
    vacuum = next(i for i, head in enumerate(heads[1:]) if head == "交通空白の人")
    parts = sum(float(values[vacuum] or 0) for _, values in rows[1:])
    assert parts == pytest.approx(float(rows[0][1][vacuum]))
    headline = report.run("document.querySelector('.headline').textContent")
    assert f"交通空白のセルに住む人は{parts:,.0f}人" in headline


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
    assert report.run("document.documentElement.scrollWidth") <= 703


def test_the_page_in_english_and_back(page: chromium.Page) -> None:
    japanese = page.run("document.getElementById('panel').textContent")
    page.run("document.getElementById('language').click()")
    assert page.run("document.documentElement.lang") == "en"
    assert page.run("document.getElementById('legend-title').textContent").startswith("Distance")
    left = page.run(
        r"""(() => { const out = [], w = document.createTreeWalker(
          document.getElementById("panel"), NodeFilter.SHOW_TEXT);
        for (let n = w.nextNode(); n; n = w.nextNode()) {
          if (/[\u3040-\u9fff]/.test(n.data) && !n.parentElement.closest(
            "#about, noscript, #attribution-text, [translate=no], #municipality, .synthetic")) {
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


def test_firefox_shows_map_and_report(out: Path, tmp_path: Path) -> None:
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        pytest.skip("no Firefox found (Debian: apt-get install firefox-esr)")
    for name in ("index.html", "report.html"):
        picture = tmp_path / f"{name}.png"
        subprocess.run(  # noqa: S603 - our own command
            [
                program,
                "--headless",
                "--profile",
                str(tmp_path),
                "--window-size=1200,2600",
                f"--screenshot={picture}",
                (out / "maps/00" / name).as_uri(),
            ],
            check=True,
            timeout=120,
            capture_output=True,
        )
        image = pytest.importorskip("PIL.Image").open(picture).convert("RGB")
        colours = {colour for _, colour in image.getcolors(1 << 20)}
        near = {(0x21, 0x66, 0xAC), (0x74, 0xAD, 0xD1), (0xFE, 0xE0, 0x90), (0xF9, 0x9D, 0x59)}
        assert near & colours, f"{name}: no cell was drawn"
