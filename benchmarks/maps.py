"""Plain Folium against our mesh layer: the same cells, the same browser, the same run.

    python -m benchmarks.maps [CELLS [alone]]      (60,000 by default; needs Chromium)

Both pages carry the same Leaflet inside, and both run without a network. Folium's page is made the
usual way: ``folium.GeoJson`` with a style function and a tooltip, one indicator. Ours has all its
indicators, years, legend, search and facilities as well. Printed are medians and ratios, as
Markdown. With ``alone`` only ours is measured: a million cells made the usual way are 340 MB that
no browser opens. ROUNDS in the environment says how often each page is opened.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import folium
import numpy as np

from coverage_gis.codes import mesh
from coverage_gis.maps import assets
from coverage_gis.maps.page import OfflineMap, write_map
from coverage_gis.report.cells import painted

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # the browser and the made-up content are the tests'

import chromium  # noqa: E402 - tests/ is put on the path first
import map_content  # noqa: E402 - as above

CELLS = 60_000
LARGE = 100_000
"""More than it are cells of 125 m: 500 m would reach beyond the codes' region."""
NAMES = (
    "first paint, s",
    "recolour: another indicator, ms",
    "another year, ms",
    "the cutoff moved, ms",
    "zoom one step, ms",
    "JavaScript heap, MB",
    "memory of the tab, MB",
)
ROUNDS = int(os.environ.get("ROUNDS", "3"))
_TWO_FRAMES = "new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(() => r(1))))"
_READY = (
    "<script>requestAnimationFrame(() => requestAnimationFrame(() => {"
    "window.plainReadyMs = performance.now(); }));</script>"
)


class PlainMap(folium.Map):
    """Folium's map with its own template, but Leaflet alone: the rest is not used here."""

    default_js = OfflineMap.default_js
    default_css = OfflineMap.default_css


def plain_page(content: Any) -> str:
    """Return the page a Folium user would write, with Leaflet inlined so that it opens offline."""
    indicator = content.indicators[0]
    cells = painted(indicator)
    lon, lat = mesh.centroids(content.mesh_codes)
    page = PlainMap(location=[float(lat.mean()), float(lon.mean())], zoom_start=9, tiles=None)
    boxes = mesh.bounds(content.mesh_codes)
    features = [
        {
            "type": "Feature",
            "properties": {
                "mesh_code": str(code),
                "population": float(people),
                "distance_m": None if np.isnan(value) else float(value),
                "colour": cells.colours[kind],
            },
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[w, s], [e, s], [e, n], [w, n], [w, s]]],
            },
        }
        for code, people, value, kind, (w, s, e, n) in zip(
            content.mesh_codes,
            content.population,
            indicator.values,
            cells.classes,
            boxes.tolist(),
            strict=True,
        )
    ]
    layer = folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        style_function=lambda f: {
            "fillColor": f["properties"]["colour"],
            "fillOpacity": 1,
            "weight": 0,
        },
        tooltip=folium.GeoJsonTooltip(["mesh_code", "population", "distance_m"]),
    )
    layer.add_to(page)
    figure = page.get_root()
    html = assets.render_offline(figure)
    html = html.replace(
        "</html>", f"<script>window.plainLayer = {layer.get_name()};</script></html>"
    )
    return html.replace("</html>", _READY + "</html>")


def recolour(page: chromium.Page, code: str) -> float:
    """Return the milliseconds from a change to its second frame on the screen."""
    return float(
        page.run(
            f"(async () => {{ const t = performance.now(); {code};"
            f" await {_TWO_FRAMES}; return performance.now() - t; }})()"
        )
    )


def main() -> None:
    """Measure both and print a table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else CELLS
    alone = "alone" in sys.argv
    chromium.SECONDS = 400
    level = mesh.M125 if count > LARGE else mesh.M500
    content = map_content.make(count, level=level, with_vacuum=False)
    write_map(content, Path(tempfile.mkdtemp()) / "warm.html")  # imports and caches
    rows: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        plain, ours = Path(folder, "plain.html"), Path(folder, "ours.html")
        start = time.perf_counter()
        if not alone:
            plain.write_text(plain_page(content), encoding="utf-8")
        plain_s = time.perf_counter() - start
        start = time.perf_counter()
        write_map(content, ours)
        ours_s = time.perf_counter() - start
        rows["HTML, MB"] = [_megabytes(plain), _megabytes(ours)]
        rows["written in, s"] = [np.nan if alone else plain_s, ours_s]
        browser = chromium.Browser(Path(folder, "profile"))
        try:
            plain_ms, ours_ms = _in_browser(browser, None if alone else plain, ours)
        finally:
            browser.close()
        for name, a, b in zip(
            NAMES,
            plain_ms,
            ours_ms,
            strict=True,
        ):
            rows[name] = [a, b]
    _print(rows, len(content.mesh_codes), len(content.indicators))


def _in_browser(
    browser: chromium.Browser, plain: Path | None, ours: Path
) -> tuple[list[float], list[float]]:
    found: list[list[list[float]]] = [[], []]
    for number in range(ROUNDS):
        found[0].append(
            [np.nan] * len(NAMES) if plain is None else _plain_times(browser, plain, number)
        )
        found[1].append(_our_times(browser, ours))
    plain_ms, ours_ms = ([statistics.median(x) for x in zip(*rows, strict=True)] for rows in found)
    return plain_ms, ours_ms


def _plain_times(browser: chromium.Browser, path: Path, number: int) -> list[float]:
    page = browser.open(path.as_uri(), ready="true")
    page.wait("window.plainReadyMs", chromium.SECONDS)
    ready = page.run("window.plainReadyMs") / 1000
    colour = "#2166ac" if number % 2 else "#7f0f26"
    style = json.dumps({"fillColor": colour})
    page.run("window.plainMap = plainLayer._map, 0")
    times = [
        ready,
        recolour(page, f"plainLayer.setStyle(() => ({style}))"),
        np.nan,  # it has one indicator, no ages and no years
        np.nan,
        _zoom(page, "plainMap"),
        _heap(page),
        _resident(browser),
    ]
    page.close()
    return times


def _our_times(browser: chromium.Browser, path: Path) -> list[float]:
    page = browser.open(path.as_uri())
    our = "CoverageGis.page"
    times = [
        page.run(f"{our}.readyMs") / 1000,
        statistics.median(recolour(page, f"{our}.setIndicator({k})") for k in (3, 1, 2, 0)),
        statistics.median(recolour(page, f"{our}.setYear({y})") for y in (2035, 2050, "null")),
        statistics.median(recolour(page, f"{our}.legend.setCutoff({c})") for c in (500, 650, 800)),
        _zoom(page, f"{our}.map"),
        _heap(page),
        _resident(browser),
    ]
    page.close()
    return times


def _zoom(page: chromium.Page, where: str) -> float:
    """Return the milliseconds of one step in, to the second frame after it."""
    step = f"{where}.setZoom({where}.getZoom() + 1, {{ animate: false }})"
    return statistics.median(recolour(page, step) for _ in range(2))


def _megabytes(path: Path) -> float:
    return path.stat().st_size / 1e6 if path.is_file() else np.nan


def _heap(page: chromium.Page) -> float:
    return float(page.run("performance.memory.usedJSHeapSize")) / 1e6


def _resident(browser: chromium.Browser) -> float:
    """Return the memory of the largest tab, columns in typed arrays and canvases included."""
    found = browser.call("SystemInfo.getProcessInfo")["processInfo"]
    sizes = [0.0]
    for process in found:
        if process["type"] == "renderer":
            status = Path("/proc", str(process["id"]), "statm").read_text(encoding="ascii")
            sizes.append(int(status.split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6)
    return max(sizes)


def _print(rows: dict[str, list[float]], cells: int, indicators: int) -> None:
    lines = [
        f"{cells:,} cells; Folium {folium.__version__}: 1 indicator, ours: {indicators}; medians.",
        "",
        "| | Folium GeoJson | MeshLayer page | ratio |",
        "|---|---:|---:|---:|",
        *(
            f"| {name} | {_number(a)} | {_number(b)} | {'' if np.isnan(a) else f'{a / b:,.1f}'} |"
            for name, (a, b) in rows.items()
        ),
    ]
    print("\n".join(lines))


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:,.2f}"


if __name__ == "__main__":
    main()
