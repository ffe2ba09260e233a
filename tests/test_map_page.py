"""Pages as files: nothing from elsewhere, the same bytes, data that cannot become markup."""

from __future__ import annotations

import dataclasses
import os
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import folium
import map_content
import numpy as np
import pandas as pd
import pytest
from branca.element import Element
from folium.plugins import MarkerCluster
from test_map_packing import read

from coverage_gis.codes import mesh
from coverage_gis.errors import InputError, OutputError, SchemaError
from coverage_gis.maps import assets, classes
from coverage_gis.maps.mesh_layer import MeshLayer
from coverage_gis.maps.page import OfflineMap, render, write_map

if TYPE_CHECKING:
    from pathlib import Path

    from coverage_gis.maps.model import Indicator, MapContent


@pytest.fixture(scope="module")
def content() -> MapContent:
    return map_content.make(400)


@pytest.fixture(scope="module")
def html(content: MapContent) -> str:
    return render(content)


def values_of(indicator: Indicator) -> np.ndarray:
    return np.asarray(indicator.values)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def tags(html: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(html)
    return parser.tags


def mesh_payload(html: str) -> str:
    return re.findall(r'CoverageGis\.meshLayer\("([^"]+)"\)', html)[0]


def test_no_element_of_the_page_has_an_address_to_load(html: str) -> None:
    for tag, attributes in tags(html):
        assert "src" not in attributes, (tag, attributes)
        assert tag not in {"link", "iframe", "object", "embed"}
        if tag == "a":
            assert attributes.get("href", "").startswith("#")


def test_readers_may_zoom_and_the_language_is_japanese(html: str) -> None:
    assert '<html lang="ja">' in html
    viewports = [a["content"] for t, a in tags(html) if a.get("name") == "viewport"]
    assert viewports == ["width=device-width, initial-scale=1"]


def test_the_same_content_in_any_order_gives_the_same_bytes(
    content: MapContent, html: str, tmp_path: Path
) -> None:
    order = np.random.default_rng(3).permutation(len(content.mesh_codes))
    shuffled = dataclasses.replace(
        content,
        mesh_codes=np.asarray(content.mesh_codes)[order],
        population=content.population[order],
        population_65plus=content.population_65plus[order],
        population_75plus=content.population_75plus[order],
        muni_codes=np.asarray(content.muni_codes)[order],
        indicators=[
            dataclasses.replace(
                i,
                values=values_of(i)[order],
                status=i.status[order],
                within=tuple(dataclasses.replace(w, shares=w.shares[order]) for w in i.within),
            )
            for i in content.indicators
        ],
        years={y: {a: v[order] for a, v in ages.items()} for y, ages in content.years.items()},
        municipalities=content.municipalities.iloc[::-1],
        facilities=content.facilities.sample(frac=1, random_state=3),
        places=content.places.iloc[::-1],
    )
    for number, each in enumerate((content, content, shuffled)):
        write_map(each, tmp_path / f"{number}.html")
    files = [(tmp_path / f"{n}.html").read_bytes() for n in range(3)]
    assert files[0] == files[1] == files[2] == html.encode()


def test_writing_changes_no_input(content: MapContent) -> None:
    before = [values_of(i).copy() for i in content.indicators]
    facilities = content.facilities.copy()
    render(content)
    for indicator, values in zip(content.indicators, before, strict=True):
        np.testing.assert_array_equal(indicator.values, values)
    pd.testing.assert_frame_equal(content.facilities, facilities)


def test_hostile_names_are_text_and_are_not_executed_as_a_template(html: str) -> None:
    parsed = tags(html)
    assert not [t for t in parsed if t[0] in {"img", "b"}]
    assert "window.hacked" not in "".join(re.findall(r"<script>(.*?)</script>", html, re.DOTALL))
    assert "&lt;script&gt;window.hacked = 1&lt;/script&gt;" in html
    assert "{{ 7 * 7 }}{% raw %}{# 南 #}" in html


def test_scripts_end_where_they_should(html: str) -> None:
    assert html.lower().count("<script>") == html.lower().count("</script>")
    inside = assets.script("a = '</script><!-- </SCRIPT >';").render()
    assert inside.lower().count("</script") == 1
    assert "<!--" not in inside


def test_a_plugin_that_loads_from_elsewhere_is_an_error() -> None:
    page = OfflineMap().add_to(assets.JapaneseFigure(title="t"))
    MarkerCluster().add_to(page)
    with pytest.raises(OutputError, match=r"leaflet\.markercluster.*not work offline"):
        assets.render_offline(page.get_root())


@pytest.mark.parametrize(
    "markup",
    [
        '<img alt="" src="https://example.org/a.png">',
        "<script async src=//example.org/a.js></script>",
        "<link rel=stylesheet href='local.css'>",
        "<style>b { background: url(http://example.org/b.png) }</style>",
        '<style>@import "c.css";</style>',
    ],
)
def test_any_other_address_is_an_error(markup: str) -> None:
    page = OfflineMap().add_to(assets.JapaneseFigure(title="t"))
    page.get_root().html.add_child(Element(markup))
    with pytest.raises(OutputError, match="not work offline"):
        assets.render_offline(page.get_root())


def test_a_plain_folium_map_with_the_layer_needs_no_network_either(content: MapContent) -> None:
    page = folium.Map(tiles=None)
    people = {"total": content.population}
    MeshLayer(content.mesh_codes, people, content.indicators[:2]).add_to(page)
    html = assets.render_offline(page.get_root())
    assert "jquery" not in html.lower()
    assert "//cdn" not in html.lower()
    assert html.count("CoverageGis.MeshData = class") + html.count("G.MeshData = class") == 1


def test_leaflet_carries_its_images() -> None:
    css = assets.leaflet_css()
    assert css.count("url(data:image/png;base64,") == 3
    assert "url(images" not in css
    assert "sourceMappingURL" not in assets.leaflet_js()


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    content: MapContent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "index.html"
    path.write_text("old", encoding="utf-8")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OutputError, match=r"index\.html cannot be written \(Permission denied\)"):
        write_map(content, path)
    assert [p.name for p in tmp_path.iterdir()] == ["index.html"]
    assert path.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("metres", [0.0, 499.2, 500.0, 500.0 + 1e-9, 500.2, 123_456.7])
def test_a_distance_is_within_a_whole_cutoff_in_the_page_exactly_when_it_is_in_the_tables(
    metres: float,
) -> None:
    code = ["55370000"]
    indicator = classes.distance(
        "d",
        label_ja="",
        label_en="",
        group="",
        subject_ja="",
        values_m=[metres],
        status=["ok"],
        cutoff_m=500,
    )
    layer = MeshLayer(code, {"total": np.array([3.0])}, [indicator])
    [stored] = read(layer.payload)["v0"]
    for cutoff in (0, 300, 499, 500, 501, 123_456, 123_457):
        assert (stored - 2 <= cutoff) == (metres <= cutoff + 1e-6)


def test_people_shares_and_states_are_stored_exactly(content: MapContent, html: str) -> None:
    data = read(mesh_payload(html))
    rows, cols, _ = mesh.to_grid(content.mesh_codes)
    order = np.lexsort((cols, rows))
    assert sum(p - 1 for p in data["people_total"]) == content.population.sum()
    unknown = np.isnan(content.population_75plus[order])
    assert (np.array(data["people_75plus"]) == 0).tolist() == unknown.tolist()
    for number, indicator in enumerate(content.indicators):
        stored = np.array(data[data["meta"]["indicators"][number]["column"]])
        status, values = indicator.status[order], values_of(indicator)[order]
        np.testing.assert_array_equal(stored == 1, status == 1)
        np.testing.assert_array_equal(stored == 0, (status != 1) & np.isnan(values))
        if indicator.kind == "share":
            table = np.array(data["meta"]["indicators"][number]["table"])
            np.testing.assert_array_equal(table[stored[stored > 1] - 2], values[stored > 1])


def test_fractions_of_people_are_kept_to_a_hundredth() -> None:
    layer = MeshLayer(
        ["55370000", "55370001"],
        {"total": np.array([1.25, 2.0])},
        [classes.people([1.25, 2.0])],
    )
    assert read(layer.payload)["people_total"] == [126, 201]


def test_a_map_without_facilities_polygons_or_ages_is_still_a_map(content: MapContent) -> None:
    bare = dataclasses.replace(
        content,
        facilities=content.facilities.iloc[:0],
        municipalities=content.municipalities.iloc[:0],
        vacuum=None,
        population_65plus=None,
        population_75plus=None,
        muni_codes=None,
        warnings_ja=(),
        synthetic=False,
        years={},
    )
    html = render(bare)
    assert '<p class="synthetic"' not in html
    assert read(mesh_payload(html))["meta"]["people"] == ["total"]


def test_a_synthetic_map_says_so_and_the_panel_lists_every_source(
    content: MapContent, html: str
) -> None:
    assert "架空のデータ / synthetic" in html
    for source in content.sources[:2]:
        assert source.title in html
        assert source.licence in html
        assert source.attribution in html


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"mesh_codes": ["1"] * 400}, InputError, "not a mesh code"),
        ({"mesh_codes": ["55370000"] * 400}, SchemaError, "occurs twice"),
        ({"population": np.ones(3)}, SchemaError, "population has 3 rows for 400 cells"),
        ({"indicators": ()}, SchemaError, "there must be one"),
    ],
)
def test_a_content_that_contradicts_itself_is_refused(
    content: MapContent, change: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        render(dataclasses.replace(content, **change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "km"}, "unknown kind 'km'"),
        ({"breaks": (1.0,)}, "1 breaks for 6 classes"),
        ({"colours": ("#000000",)}, "one colour and one label"),
        ({"values": np.full(400, -1.0)}, "outside its range"),
        ({"values": np.full(400, np.inf)}, "outside its range"),
        ({"values": np.ones(2)}, "2 values for 400 cells"),
    ],
)
def test_an_indicator_that_contradicts_itself_is_refused(
    content: MapContent, change: dict[str, object], message: str
) -> None:
    wrong = dataclasses.replace(content.indicators[0], **change)
    with pytest.raises(SchemaError, match=message):
        render(dataclasses.replace(content, indicators=[wrong]))
