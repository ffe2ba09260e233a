"""The map in a real browser, without a network: what a reader sees is what the tables say."""

from __future__ import annotations

import base64
import json
import re
import zlib
from typing import TYPE_CHECKING, Any

import chromium
import map_content
import numpy as np
import pytest

from coverage_gis.codes import mesh
from coverage_gis.maps.page import write_map

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from coverage_gis.maps.model import MapContent

pytestmark = pytest.mark.browser

SCRIPT = "%3Cscript%3Ewindow.hacked=1%3C/script%3E%22%27;--"


@pytest.fixture(scope="module")
def content() -> MapContent:
    return map_content.make(1200)


@pytest.fixture(scope="module")
def url(content: MapContent, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("map") / "index.html"
    write_map(content, path)
    return path.as_uri()


@pytest.fixture
def page(browser: chromium.Browser, url: str) -> Iterator[chromium.Page]:
    opened = browser.open(url)
    yield opened
    assert opened.problems() == []
    assert opened.requests() == []
    assert opened.run("typeof window.hacked") == "undefined"
    opened.close()


def figures(page: chromium.Page, content: MapContent) -> list[dict[str, Any]]:
    """Return what the page finds at the centre of every cell, in the order of the content."""
    lon, lat = mesh.centroids(content.mesh_codes)
    places = json.dumps(np.column_stack([lat, lon]).tolist())
    found: list[dict[str, Any]] = page.run(
        f"""(() => {{
          const p = CoverageGis.page, d = p.data;
          return {places}.map(([lat, lng]) => {{
            const i = d.cellAt(lat, lng);
            if (i < 0) return null;
            return {{ code: d.code(i), muni: p.munis[d.muni(i)]?.code,
              people: d.meta.people.map((a) => d.people(a)[i]),
              values: d.indicators.map((_, k) => d.value(k, i)) }};
          }});
        }})()"""
    )
    return found


def expected(content: MapContent, k: int, cell: int) -> float | str | None:
    indicator = content.indicators[k]
    if indicator.status[cell] == 1:
        return "unreachable"
    value = float(np.asarray(indicator.values)[cell])
    if np.isnan(value):
        return None
    return float(np.ceil(value - 1e-6)) if indicator.kind in {"distance_m", "time_s"} else value


@pytest.mark.parametrize("level", mesh.POPULATION_LEVELS, ids=lambda level: level.label)
def test_every_cells_centre_finds_that_cell_with_its_figures(
    browser: chromium.Browser, tmp_path: Path, level: mesh.MeshLevel
) -> None:
    content = map_content.make(500, level=level, seed=level.digits)
    write_map(content, tmp_path / "m.html")
    page = browser.open((tmp_path / "m.html").as_uri())
    for cell, found in enumerate(figures(page, content)):
        assert found["code"] == content.mesh_codes[cell]
        assert found.get("muni", "") == content.muni_codes[cell]
        assert found["people"][0] == content.population[cell]
        for k in range(len(content.indicators)):
            assert found["values"][k] == expected(content, k, cell)
    outside = page.run("CoverageGis.page.data.cellAt(34.5, 135.5)")
    assert outside == -1
    assert page.problems() == []
    page.close()


def test_every_cell_on_the_screen_has_the_colour_of_its_class(page: chromium.Page) -> None:
    wrong, seen, kinds = page.run(
        """(() => {
          const p = CoverageGis.page, d = p.data, map = p.map, z = Math.round(map.getZoom());
          const rgb = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
          let wrong = 0, seen = 0; const kinds = new Set(), pixels = new Map();
          for (let i = 0; i < d.n; i++) {
            const [s, w, n, e] = d.box(i);
            const at = map.project([(s + n) / 2, (w + e) / 2], z);
            const tile = p.mesh._tiles[[at.x / 256, at.y / 256, z].map(Math.floor).join(":")];
            if (!tile) continue;
            if (!pixels.has(tile)) {
              pixels.set(tile, tile.el.getContext("2d").getImageData(0, 0, 256, 256).data);
            }
            const from = 4 * (256 * Math.floor(at.y % 256) + Math.floor(at.x % 256));
            const pixel = pixels.get(tile).slice(from, from + 4);
            const c = p.painted.classes[i];
            seen++; kinds.add(c);
            const [r, g, b] = pixel;
            if (c === CoverageGis.CLASS_UNREACHABLE) {
              wrong += pixel[3] !== 255 || r !== g || g !== b;
            } else {
              const want = rgb(c === CoverageGis.CLASS_NO_DATA ? CoverageGis.FILL_NO_DATA
                : p.painted.colours[c]);
              wrong += r !== want[0] || g !== want[1] || b !== want[2] || pixel[3] !== 255;
            }
          }
          return [wrong, seen, kinds.size];
        })()"""
    )
    assert wrong == 0
    assert seen > 1000
    assert kinds == 8  # six classes, unreachable, no data


def shown_people(page: chromium.Page, column: int) -> list[int]:
    texts = page.run(
        "Array.from(document.querySelectorAll('#legend-rows tr'), "
        f"(r) => r.querySelectorAll('td')[{column}].firstChild.textContent)"
    )
    return [int(t.replace(",", "")) for t in texts]


def test_the_legend_counts_everybody_in_each_indicator(
    page: chromium.Page, content: MapContent
) -> None:
    for k in range(len(content.indicators) + 1):  # one more: the people themselves
        page.run(f"CoverageGis.page.setIndicator({k})")
        assert sum(shown_people(page, 1)) == content.population.sum()


def test_shares_of_the_legend_leave_out_those_without_data_as_rates_do(
    page: chromium.Page, content: MapContent
) -> None:
    shares = page.run(
        "Array.from(document.querySelectorAll('#legend-rows tr'), (r) => "
        "r.querySelectorAll('td')[1].querySelector('.share').textContent)"
    )
    shop = content.indicators[0]
    nearest = (shop.status == 0) & (np.asarray(shop.values) <= shop.breaks[0])
    known = content.population[shop.status < 2].sum()
    assert shares[0] == f"{100 * content.population[nearest].sum() / known:.1f}%"
    assert shares[-1] == "―"
    assert sum(float(s.rstrip("%")) for s in shares[:-1]) == pytest.approx(100, abs=0.4)


def test_the_legend_follows_the_view_and_the_age(page: chromium.Page, content: MapContent) -> None:
    page.run("CoverageGis.page.map.setView([36.6, 137.1], 13, {animate: false}), 0")
    south, west, north, east = page.run("CoverageGis.page.view()")
    lon, lat = mesh.centroids(content.mesh_codes)
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    assert 0 < inside.sum() < len(inside)
    assert sum(shown_people(page, 0)) == content.population[inside].sum()
    page.run("document.querySelector('input[name=age][value=\"75plus\"]').click()")
    assert sum(shown_people(page, 1)) == np.nansum(content.population_75plus)
    total = page.run("document.getElementById('legend-total').textContent")
    assert "人数不明 5セルを除く" in total


@pytest.mark.parametrize("cutoff", [500, 850])
def test_people_beyond_the_cutoff_are_those_of_the_table(
    page: chromium.Page, content: MapContent, cutoff: int
) -> None:
    page.run(
        f"(() => {{ const s = document.getElementById('cutoff'); s.value = {cutoff};"
        "s.dispatchEvent(new Event('input')); document.getElementById('two-colours').click(); })()"
    )
    shop = content.indicators[0]
    metres = np.asarray(shop.values)
    reached = (metres <= cutoff).astype(float)
    if cutoff == 500:  # a preset's: as coverage rates count it, by points inside the cells
        reached = np.asarray(shop.within[0].shares)
    roads = content.population[shop.status < 2]
    within = (content.population * reached)[shop.status < 2].sum()
    beyond = roads.sum() - within
    cells = page.run(
        "Array.from(document.querySelectorAll('#cutoff-rows tr'), (r) => "
        "r.querySelectorAll('td')[1].textContent)"
    )
    assert cells == [f"{round(n):,}{100 * n / roads.sum():.1f}%" for n in (within, beyond)]
    shown = shown_people(page, 1)
    assert shown[0] == round(within)
    assert sum(shown[1:3]) == pytest.approx(beyond, abs=1)
    assert sum(shown) == pytest.approx(content.population.sum(), abs=2)
    note = page.run("document.getElementById('cutoff-note').textContent")
    assert ("ハンドブック" in note) == (cutoff == 500)


def test_years_and_ages_change_legend_tooltip_and_popup(
    page: chromium.Page, content: MapContent
) -> None:
    def choose(name: str, value: str) -> None:
        page.run(f"document.querySelector('input[name={name}][value=\"{value}\"]').click()")

    cell = int(np.argmax(content.population))
    lon, lat = mesh.centroids(content.mesh_codes)
    page.run(f"CoverageGis.page.identify.open(L.latLng({lat[cell]}, {lon[cell]}))")
    choose("age", "75plus")
    choose("year", "2035")
    assert sum(shown_people(page, 1)) == pytest.approx(
        np.nansum(content.years[2035]["75plus"]), abs=5
    )
    popup = page.run("document.querySelector('.leaflet-popup-content').textContent")
    assert f"人口（2035年 推計）{round(content.years[2035]['total'][cell]):,}人" in popup
    assert f"人口（2020年 国勢調査）{content.population[cell]:,.0f}人" in popup
    assert "人口（2020年 推計の基準）" in popup
    choose("year", "2050")  # its file has no people of 75 and over
    assert page.run("CoverageGis.page.state.age") == "total"
    assert page.run("document.querySelectorAll('input[name=age]').length") == 2
    assert sum(shown_people(page, 1)) == pytest.approx(content.years[2050]["total"].sum(), abs=5)
    scope = page.run("document.getElementById('legend-scope').textContent")
    assert scope == "数字は人数（全年齢、2050年 推計）と割合（データなしを除く）"
    people = page.run(
        "(() => { const p = CoverageGis.page, k = p.data.indicators.length - 1;"
        f"p.setIndicator(k); return p.data.value(k, p.data.cellAt({lat[cell]}, {lon[cell]})); }})()"
    )
    assert people == pytest.approx(content.years[2050]["total"][cell], abs=0.005)
    choose("year", "now")
    assert sum(shown_people(page, 1)) == content.population.sum()


def test_a_municipalitys_figures_are_those_of_the_year_and_few_people_are_marked(
    page: chromium.Page,
) -> None:
    def figures(year: str) -> str:
        page.run(f"CoverageGis.page.setYear({year})")
        text: str = page.run("document.getElementById('municipality-figures').textContent")
        return text

    page.run("CoverageGis.page.toMunicipality(2)")  # by code: 00201, 00202, 00301
    assert "2020年 国勢調査の人口による値人口300人" in figures("null")
    assert "参考値" not in figures("null")
    assert "2035年 推計の人口による値人口249人食料品店500 mカバー率20.0%" in figures("2035")
    assert "率に数える人が250人未満のため、率は参考値です。" in figures("2035")
    page.run("CoverageGis.page.toMunicipality(1)")
    assert "参考値" not in figures("2035")  # the rate is of 830 people, and in 2050 of 210
    assert "人口610人うち道路データなし400人" in figures("2050")
    assert "率に数える人が250人未満のため、率は参考値です。" in figures("2050")
    page.run("CoverageGis.page.toMunicipality(0)")
    assert figures("2035") == ""
    page.run("CoverageGis.page.setYear(null)")


def test_two_counts_of_one_limit_stand_side_by_side(
    page: chromium.Page, content: MapContent
) -> None:
    shop = content.indicators[0]
    metres, reached = np.asarray(shop.values), np.asarray(shop.within[0].shares)
    by_centre = content.population[(metres > 500) | (shop.status == 1)].sum()
    by_points = (content.population * (1 - reached))[shop.status < 2].sum()
    assert round(by_centre) != round(by_points)
    box = page.run("document.getElementById('cutoff-box').textContent")
    assert f"{by_points:,.0f}" in box
    assert f"セルの中心からの値でセル全員を数えると、超える人は{by_centre:,.0f}人" in box
    counted = "document.getElementById('legend-counted').textContent"
    assert "セルの中心からの値" in page.run(counted)
    kinds = [indicator.kind for indicator in content.indicators]
    page.run(f"CoverageGis.page.setIndicator({kinds.index('class')})")
    assert "区分の中央値" in page.run(counted)


def test_at_a_presets_cutoff_the_years_people_are_those_of_the_coverage_table(
    page: chromium.Page, content: MapContent
) -> None:
    share = np.nan_to_num(np.asarray(content.indicators[0].within[0].shares))
    for year, ages in content.years.items():
        page.run(f"CoverageGis.page.setYear({year})")
        text = page.run(
            "document.querySelectorAll('#cutoff-rows tr')[0].querySelectorAll('td')[1]"
            ".firstChild.textContent"
        )
        assert int(text.replace(",", "")) == round((ages["total"] * share).sum())


def test_in_english_no_japanese_is_left_but_names(page: chromium.Page) -> None:
    page.run("document.getElementById('language').click()")
    page.settle()
    left = page.run(
        """(() => {
          const out = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            const e = node.parentElement;
            if (e.closest("script, style, noscript, [translate=no], #municipality")) continue;
            if (e.closest(".sources, .leaflet-control-attribution, .paper, [hidden]")) continue;
            if (/[\u3040-\u30ff\u4e00-\u9fff]/.test(node.data)) out.push(node.data.trim());
          }
          return out;
        })()"""
    )
    # What this made-up content gives no English for: its headline, warning, method, notes.
    own = ("食料品店", "交通空白に", "対象の", "店舗は", "徒歩は", "スーパー", "病院", "診療所")
    own += ("指定避難所", "鉄道駅", "バス停", "駅1,000", "公共交通の区分", "{{", "500 m: 都市構造")
    assert [t for t in left if not t.startswith((*own, *map_content.HOSTILE))] == []
    assert "People live evenly. <script>" in page.run(
        "document.getElementById('about').textContent"
    )
    page.run("document.getElementById('language').click()")
    assert "凡例" in page.run("document.getElementById('legend').getAttribute('aria-label')")


def test_print_is_one_sheet_with_map_legend_and_sources(page: chromium.Page) -> None:
    data = page.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"]
    pdf = base64.b64decode(data)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    width, height = re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf).groups()
    assert (round(float(width)), round(float(height))) == (1191, 842)  # A3, points
    assert pdf.count(b"/Subtype /Image") >= 4  # the tiles of the cells


def test_a_share_indicator_counts_covered_people(page: chromium.Page, content: MapContent) -> None:
    k = [i.kind for i in content.indicators].index("share")
    page.run(f"CoverageGis.page.setIndicator({k})")
    share = np.nan_to_num(np.asarray(content.indicators[k].values))
    covered = (content.population * share).sum()
    text = page.run("document.getElementById('share-result').textContent")
    assert f"全域 {round(covered):,}人" in text


def test_pressing_the_map_tells_all_figures_of_the_place(
    page: chromium.Page, content: MapContent
) -> None:
    cell = int(np.argmax(content.population))
    lon, lat = mesh.centroids(content.mesh_codes)
    x, y = page.run(
        f"(() => {{ const m = CoverageGis.page.map; const r = m.getContainer()"
        f".getBoundingClientRect(); const p = m.latLngToContainerPoint([{lat[cell]}, {lon[cell]}]);"
        "return [r.left + p.x, r.top + p.y]; })()"
    )
    page.click(x, y)
    page.wait("document.querySelector('.leaflet-popup-content')")
    text = page.run("document.querySelector('.leaflet-popup-content').textContent")
    assert content.mesh_codes[cell] in text
    assert f"{content.population[cell]:,.0f}人" in text
    for indicator in content.indicators:
        value = float(np.asarray(indicator.values)[cell])
        if indicator.kind == "distance_m":
            assert indicator.subject_ja in text
            assert f"{np.ceil(value - 1e-6):,.0f} m" in text
        elif indicator.kind == "time_s":
            assert f"{np.ceil(np.ceil(value - 1e-6) / 60):,.0f}分" in text
        elif indicator.kind == "class":
            assert indicator.label_ja + indicator.class_labels_ja[int(value)] in text


def test_the_keyboard_reaches_the_map_and_its_figures(page: chromium.Page) -> None:
    page.run("document.getElementById('map').focus()")
    page.key("Enter")
    page.wait("document.querySelector('.leaflet-popup-content')")
    page.key("Escape")
    page.wait("!document.querySelector('.leaflet-popup-content')")
    page.run("document.getElementById('subject').focus()")
    before = page.run("CoverageGis.page.state.k")
    page.key("ArrowDown")
    page.wait(f"CoverageGis.page.state.k !== {before}")


def test_hostile_names_are_shown_as_text(
    page: chromium.Page, browser: chromium.Browser, url: str
) -> None:
    for name in map_content.HOSTILE:
        box = json.dumps(name)
        page.run(
            f"(() => {{ const b = document.getElementById('search'); b.value = {box};"
            "b.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' })); })()"
        )
        page.wait("document.querySelector('.leaflet-popup-content, #municipality-figures')")
        assert name in page.run("document.getElementById('search-results').textContent")
    page.run("CoverageGis.page.setVisible('vacuum', true)")
    for zone in range(4):
        text = page.run(
            f"""(() => {{ const p = CoverageGis.page, d = p.data;
              for (let i = 0; i < d.n; i++) {{
                const [s, w, n, e] = d.box(i), at = L.latLng((s + n) / 2, (w + e) / 2);
                if (p.vacuumAt(at.lat, at.lng) !== p.zones[{zone}]) continue;
                p.identify.open(at);
                return document.querySelector(".popup .vacuum + table").textContent;
              }} }})()"""
        )
        assert any(name in text for name in map_content.HOSTILE)
    assert page.run("document.querySelectorAll('img, b').length") == 0
    page.run("document.getElementById('language').click()")
    linked = browser.open(f"{url}#i={SCRIPT}&f={SCRIPT}&lang={SCRIPT}&l={SCRIPT}")
    assert linked.run("document.querySelectorAll('img, b, #panel script').length") == 0
    assert linked.run("typeof window.hacked") == "undefined"
    assert linked.problems() == []
    linked.close()


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("がりばー", "ガリバー谷"),
        ("ｶﾞﾘﾊﾞｰ 谷", "ガリバー谷"),
        ("elysee", "Élysée"),
        ("みなと", None),
        ("港", "港市"),
        ("00202", "港市"),
        ("ＢＵＳ＿ＳＴＯＰ　７号", "bus_stop 7号"),
    ],
)
def test_names_are_found_however_they_are_spelt(
    page: chromium.Page, typed: str, name: str | None
) -> None:
    found = page.run(f"CoverageGis.search(CoverageGis.page, {json.dumps(typed)})[0]?.name ?? null")
    assert found == name


def test_search_by_keyboard_alone(page: chromium.Page) -> None:
    page.run(
        "(() => { const b = document.getElementById('search');b.focus(); b.value = 'がりばー'; })()"
    )
    page.key("ArrowDown")
    assert page.run("document.activeElement.textContent").startswith("ガリバー谷地名、")
    page.key("Enter", "\r")
    page.wait("document.querySelector('.leaflet-popup-content')")
    assert page.run("CoverageGis.page.map.getZoom()") >= 14
    page.run("document.querySelector('#search-results button').focus()")
    page.key("Escape")
    assert page.run("document.activeElement.id") == "search"


def test_the_address_brings_the_same_view_back(browser: chromium.Browser, url: str) -> None:
    page = browser.open(f"{url}#c=36.6,137.1,12.5&i=clinic_walk_m&a=65plus&l=mesh,vacuum&f=clinic")
    state = page.run(
        "(() => { const p = CoverageGis.page; return [p.map.getZoom(), p.state.age,"
        "p.data.indicators[p.state.k].key, p.visible('vacuum'), p.visible('munis'),"
        "p.facilities.services.filter((s) => s.visible).map((s) => s.key)]; })()"
    )
    assert state == [12.5, "65plus", "clinic_walk_m", True, False, ["clinic"]]
    page.run("CoverageGis.page.savePermalink()")
    again = page.run("location.hash")
    assert again == "#c=36.6000,137.1000,12.5&i=clinic_walk_m&a=65plus&l=mesh,vacuum&f=clinic"
    page.close()
    more = browser.open(f"{url}#c=36.6,137.1,12&i=shop_walk_m&a=65plus&y=2035&t=850&two=1&l=mesh")
    page_state = "[CoverageGis.page.state.year, CoverageGis.page.legend.cutoff, location.hash]"
    more.run("CoverageGis.page.savePermalink()")
    year, cutoff, again = more.run(page_state)
    assert (year, cutoff) == (2035, 850)
    assert again == "#c=36.6000,137.1000,12&i=shop_walk_m&a=65plus&y=2035&t=850&two=1&l=mesh"
    more.close()
    broken = browser.open(f"{url}#c=x,1e999,&i=<img>&a=__proto__&y=<img>&t=-1e9&l=&f=%00")
    assert broken.problems() == []
    assert broken.run("CoverageGis.page.state.k") == 0
    broken.close()


def test_an_office_without_internet_sees_one_quiet_failure_at_most(
    tmp_path: Path, url: str, browser: chromium.Browser
) -> None:
    """The computer is connected, but nothing outside answers (LGWAN)."""
    del browser  # only for its skip
    connected = chromium.Browser(tmp_path, online=True)
    try:
        page = connected.open(url, blocked=["*cyberjapandata*"])
        page.wait("document.getElementById('layer-basemap').disabled")
        page.run("CoverageGis.page.map.setZoom(13, {animate: false}), 0")
        page.settle()
        assert len(page.requests()) == (1 if page.run("navigator.onLine") else 0)
        assert len(page.problems()) <= 1
    finally:
        connected.close()


def streams() -> dict[str, tuple[bytes, bytes]]:
    rng = np.random.default_rng(5)
    noise = rng.integers(0, 256, 70_000, dtype=np.uint8).tobytes()
    text = ("交通空白の区域、" * 4000).encode() + bytes(rng.integers(0, 4, 50_000, dtype=np.uint8))
    out = {}
    for name, data in {"noise": noise, "text": text, "empty": b"", "one": b"a"}.items():
        for level in (0, 1, 9):
            out[f"{name}-{level}"] = (data, zlib.compress(data, level))
        fixed = zlib.compressobj(9, zlib.DEFLATED, 15, 9, zlib.Z_FIXED)
        out[f"{name}-fixed"] = (data, fixed.compress(data) + fixed.flush())
        huffman = zlib.compressobj(9, zlib.DEFLATED, 15, 9, zlib.Z_HUFFMAN_ONLY)
        out[f"{name}-huffman"] = (data, huffman.compress(data) + huffman.flush())
    return out


def test_our_inflate_undoes_every_kind_of_deflate_block(page: chromium.Page) -> None:
    for name, (data, packed) in streams().items():
        text = base64.b64encode(packed).decode()
        back = page.run(
            f"""(() => {{
              const raw = Uint8Array.from(atob("{text}"), (c) => c.charCodeAt(0));
              const out = CoverageGis.inflate(raw, 2, {len(data)});
              let s = ""; for (const b of out) s += String.fromCharCode(b);
              return btoa(s); }})()"""
        )
        assert base64.b64decode(back) == data, name


def test_a_narrow_screen_shows_headline_and_map_without_sideways_scrolling(
    browser: chromium.Browser, url: str
) -> None:
    page = browser.open(url, size=(360, 740), mobile=True)
    width, scroll, title, top = page.run(
        "[innerWidth, document.documentElement.scrollWidth,"
        "document.querySelector('h1').getBoundingClientRect().top,"
        "document.getElementById('map').getBoundingClientRect().top]"
    )
    assert scroll <= width
    assert title < top < 740
    page.close()


def test_every_control_has_a_name(page: chromium.Page) -> None:
    nameless = page.run(
        "Array.from(document.querySelectorAll('input, select, button')).filter((e) =>"
        "!(e.labels && e.labels.length && e.labels[0].textContent.trim())"
        " && !e.textContent.trim()).map((e) => e.outerHTML)"
    )
    assert nameless == []
