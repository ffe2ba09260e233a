"""The report: its figures, its drawings, and that it needs neither a script nor a network."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace

import map_content
import numpy as np
import pandas as pd
import pytest
import report_content_made
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from coverage_gis import schema
from coverage_gis.access.places import Places
from coverage_gis.access.reach import Reach
from coverage_gis.codes import mesh
from coverage_gis.coverage.covered import covered_share
from coverage_gis.coverage.curves import covered_curves
from coverage_gis.coverage.peers import Rank, peers, rank
from coverage_gis.errors import SchemaError
from coverage_gis.maps import classes
from coverage_gis.maps.assets import template_text
from coverage_gis.report import build, words
from coverage_gis.report.cells import (
    NO_DATA_COLOUR,
    UNREACHABLE_COLOUR,
    enlarged,
    grid,
    indexed_png,
    legend_rows,
    painted,
    rgb,
)
from coverage_gis.report.frames import framed, main_box
from coverage_gis.report.page import render
from coverage_gis.report.sheets import DPI, PDF, write_sheets
from coverage_gis.report.vacuum_rows import missing
from coverage_gis.report.years import years_to_come
from pipelines import stages  # noqa: F401 - first: the stages and what they show import each other
from pipelines.report_content import base_label


class TestCurves:
    @settings(max_examples=40, deadline=None)
    @given(st.integers(1, 8), st.integers(1, 4), st.booleans(), st.integers(0, 2**32 - 1))
    def test_a_curve_is_the_covered_share_at_every_limit(
        self, cells: int, per_cell: int, by_subpoints: bool, seed: int
    ) -> None:
        rng = np.random.default_rng(seed)
        n = cells * (1 + per_cell)
        metres = np.round(rng.uniform(0, 2000, n) / 50) * 50  # many lie exactly on a limit
        metres[rng.random(n) < 0.2] = np.nan
        none = np.empty(0)
        places = Places(none, none, cells, per_cell, none)
        reach = Reach(np.zeros(n, dtype=np.int64), metres, metres / 2)
        people = rng.integers(0, 50, cells).astype(float)
        for unit, limits in (("m", np.arange(0.0, 2001, 50)), ("min", np.arange(0.0, 31))):
            groups = {"all": people, "old": np.floor(people / 3)}
            curves = covered_curves(places, reach, limits, unit, groups, by_subpoints=by_subpoints)
            for place, limit in enumerate(limits):
                share = covered_share(places, reach, limit, unit, by_subpoints=by_subpoints)
                for name, counted in groups.items():
                    assert curves[name][place] == pytest.approx(counted @ share)


class TestPeers:
    def test_nearest_in_ratio(self) -> None:
        found = peers(np.array([10.0, 20.0, 45.0, 1000.0]), 1)
        assert [f.tolist() for f in found] == [[0, 1], [0, 1], [1, 2], [2, 3]]

    def test_nobody_is_nobodys_peer(self) -> None:
        assert [f.tolist() for f in peers(np.array([0.0, 5.0, 6.0]), 5)] == [[0], [1, 2], [1, 2]]

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.integers(0, 10**6), max_size=12), st.integers(0, 6))
    def test_everyone_is_its_own_peer_and_has_as_many_as_there_are(
        self, people: list[int], count: int
    ) -> None:
        lived_in = sum(p > 0 for p in people)
        for own, members in enumerate(peers(np.array(people, dtype=float), count)):
            assert own in members
            assert len(members) == (1 + min(count, lived_in - 1) if people[own] else 1)

    def test_ranks_share_a_place_and_skip_the_unknown(self) -> None:
        values = np.array([0.5, 0.7, np.nan, 0.7])
        everyone = np.arange(4)
        assert [rank(values, everyone, i) for i in range(4)] == [
            Rank(3, 3),
            Rank(1, 3),
            None,
            Rank(1, 3),
        ]


class TestCells:
    def test_a_limit_belongs_to_the_nearer_class(self) -> None:
        indicator = classes.distance(
            "x",
            label_ja="",
            label_en="",
            group="",
            subject_ja="",
            values_m=[250, 250.5, 500, 500.1, np.nan, np.nan],
            status=["ok", "ok", "ok", "ok", "unreachable", "no_road"],
            cutoff_m=500,
        )
        cells = painted(indicator)
        last = len(cells.colours) - 1
        assert cells.classes.tolist() == [0, 1, 1, 2, last - 1, last]
        assert cells.people(np.array([1.0, 2, 4, 8, 16, np.nan])).tolist()[:3] == [1, 6, 8]

    @pytest.mark.parametrize("times", [1, 3])
    def test_every_cell_is_a_pixel_of_its_colour(self, times: int) -> None:
        content = map_content.make(300)
        cells = painted(content.indicators[0])
        picture = grid(content.mesh_codes, cells.classes)
        png = indexed_png(*enlarged(picture.image, cells, times))
        image = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))
        west, south, east, north = picture.box
        lon, lat = mesh.centroids(content.mesh_codes)
        x = ((lon - west) / (east - west) * image.shape[1]).astype(int)
        y = ((north - lat) / (north - south) * image.shape[0]).astype(int)
        wanted = np.array([(*rgb(c), 255) for c in cells.colours])[cells.classes]
        striped = cells.classes == cells.unreachable
        np.testing.assert_array_equal(image[y, x][~striped], wanted[~striped])
        shown = image[
            np.repeat(np.repeat(picture.image, times, 0), times, 1) == cells.unreachable + 1
        ]
        assert set(np.unique(shown[:, :3]).tolist()) <= {0x11, 0xFF}
        if times == 3:  # wide enough for black and white
            assert len(np.unique(shown, axis=0)) == 2
        assert (image[..., 3] == 255).sum() == len(lon) * times**2

    def test_shares_of_a_legend_are_of_people_with_data(self) -> None:
        content = map_content.make(300)
        cells = painted(content.indicators[0])
        rows = legend_rows(cells, content.population)
        assert sum(people for _, people, _ in rows) == content.population.sum()
        *known, (last, _, none) = rows
        assert last == len(cells.colours) - 1
        assert none is None
        assert sum(share for _, _, share in known) == pytest.approx(1)

    def test_what_has_no_figure_looks_as_on_the_interactive_map(self) -> None:
        assert f'G.FILL_NO_DATA = "{NO_DATA_COLOUR}"' in template_text("mesh.js")
        assert f'["#ffffff", "{UNREACHABLE_COLOUR}"]' in template_text("mesh_tiles.js")


class TestFrames:
    def test_north_is_up_and_the_scale_is_the_same_both_ways(self) -> None:
        frame = framed((137.0, 36.0, 138.0, 37.0), 400, 400, margin=0)
        (left, top), (right, bottom) = frame.xy(np.array([[137.0, 37], [138, 36]])).tolist()
        assert (left, top) == pytest.approx((0, 0))
        assert (right, bottom) == pytest.approx((frame.width, frame.height))
        assert frame.height == pytest.approx(400)
        assert frame.width / frame.height == pytest.approx(np.cos(np.radians(36.5)))
        assert frame.bar_m() in {10_000.0, 20_000.0}
        assert frame.bar_m() <= 0.3 * frame.metres()

    def test_far_islets_do_not_make_the_rest_small(self) -> None:
        home = mesh.encode(np.linspace(139.0, 139.5, 30), np.full(30, 35.6), mesh.M500)
        islet = mesh.encode([142.2], [27.1], mesh.M500)
        codes = np.append(home, islet)
        people = np.append(np.full(30, 1000.0), 10.0)
        assert main_box(codes, people)[1] > 35
        assert main_box(codes, np.append(people[:-1], 10_000.0))[1] < 28


class TestMissing:
    rule = report_content_made.make(100).vacuum_rule

    def test_what_is_beyond_its_limit_or_out_of_reach(self) -> None:
        area = pd.Series(
            {
                "nearest_stop_m": 501.0,
                "nearest_station_m": np.nan,
                "nearest_shop_m": 500.0,
                "nearest_hospital_m": np.nan,
            }
        )
        assert missing(area, self.rule) == ["駅・バス停", "病院"]

    def test_what_is_not_in_the_data_is_not_missing(self) -> None:
        assert missing(pd.Series({"nearest_stop_m": 100.0}), self.rule) == [
            "駅・バス停（区域の大半で）"
        ]
        assert missing(pd.Series({"population": 1.0}), self.rule) == []


class Text(HTMLParser):
    """Tags, and the text that is shown."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._hidden = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._hidden += tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text += data


@pytest.fixture(scope="module")
def html() -> str:
    return render(report_content_made.make())


class TestPage:
    def test_hostile_names_are_text(self, html: str) -> None:
        page = Text(html)
        assert map_content.SCRIPT_NAME in page.text
        assert map_content.JINJA_NAME in page.text
        assert sum(tag == "script" for tag, _ in page.tags) == 1
        assert not [a for _, a in page.tags if any(name.startswith("on") for name in a)]

    def test_nothing_is_loaded_and_links_stay_beside_it(self, html: str) -> None:
        for tag, attributes in Text(html).tags:
            assert "src" not in attributes
            target = attributes.get("href") or ""
            assert target.startswith(("#", "index.html", "data:")) or tag != "a"

    def test_the_same_content_gives_the_same_bytes(self, html: str) -> None:
        assert render(report_content_made.make()) == html

    def test_the_table_to_save_is_the_table(self, html: str) -> None:
        data = re.search(r"data:text/csv;base64,([^\"]+)", html)
        saved = pd.read_csv(io.BytesIO(base64.b64decode(data[1])), encoding="utf-8-sig", dtype=str)
        assert saved.iloc[0].tolist()[1:4] == ["00201", "原市", "1000"]
        assert saved["食料品店 500 m"].tolist()[:2] == ["0.5", "0.25"]

    def test_no_rate_where_there_are_no_roads(self, html: str) -> None:
        rows = re.findall(r'<tr><th scope="row" data-v="00301">.*?</tr>', html)
        assert rows
        assert rows[0].count("―") == 3  # the shop's rate, people in the vacuum and their share

    def test_a_municipality_without_people_has_no_card(self, html: str) -> None:
        assert 'id="c00301"' in html
        assert 'id="c00302"' not in html

    def test_few_people_are_marked_wherever_a_rate_stands(self, html: str) -> None:
        marked = re.findall(r'data-v="(\d+)">(?:(?!</th>).)*※', html)
        assert marked == ["00201"]  # 1,000 people; nobody lives in 00302, and has no rate
        assert html.count("※ 率に数える人が1,500人未満") == 1
        assert "1,500人未満のため、率と順位は参考値です" in html

    def test_few_are_those_whom_a_rate_is_of(self) -> None:
        content = report_content_made.make(100)
        no_road = content.areas[schema.POPULATION_NO_ROAD]
        town = content.areas[schema.AREA_CODE] == "00202"  # 2,000 people
        areas = content.areas.assign(population_no_road=no_road.mask(town, 1990.0))
        html = render(replace(content, areas=areas))
        assert re.findall(r'data-v="(\d+)">(?:(?!</th>).)*※', html) == ["00201", "00202"]
        assert (
            '<td data-v="2000">2,000</td><td data-v="0.15">15.0%</td><td data-v="1990">1,990'
            in html
        )
        assert ">道路データなし</th>" in html

    def test_an_unknown_year_of_the_people_is_told(self) -> None:
        def said(edition: str) -> str:
            tables = {"population": {"edition": edition}, "service": {"date": ""}}
            return base_label(
                SimpleNamespace(
                    get=lambda _, name: tables[name], options=SimpleNamespace(by_road=False)
                )
            )

        assert said("2020") == "人口: 2020　距離: 直線"
        assert said("") == "人口の年次不明　距離: 直線"

    def test_no_key_of_ages_that_no_curve_has(self, html: str) -> None:
        assert '<path class="line age-65plus" d="M0 4H30"' in html
        content = report_content_made.make(100)
        curves = [replace(c, shares={"total": c.shares["total"]}) for c in content.curves]
        without = render(replace(content, curves=curves))
        assert '<path class="line age-total" d="M0 4H30"' in without
        assert '<path class="line age-65plus"' not in without

    def test_distances_are_rounded_and_no_line_breaks_a_figure(self) -> None:
        assert words.metres(737.44) == "737\u00a0m"
        assert words.metres(737.6) == "738\u00a0m"
        content = report_content_made.make(100)
        near = {"nearest_stop_m": 627.2, "nearest_stop_trips": 6.0, "nearest_stop_name": "上 町"}
        vacuum = content.map.vacuum.assign(**near)
        html = render(replace(content, map=replace(content.map, vacuum=vacuum)))
        figures = [f'<span class="whole-figure">{f}</span>' for f in ("627\u00a0m", "6本/日")]
        assert " ".join(["上 町", *figures]) in html

    def test_people_in_the_vacuum_are_told_by_cells_and_by_shares(self, html: str) -> None:
        text = Text(html).text
        rows = [line.strip() for line in text.splitlines() if "1,050人1,100人" in line]
        assert rows == ["例1,050人1,100人37.9%900人950人32.7%"]
        assert "別の例2,050人2,100人72.4%1,900人1,950人―" in text
        assert "84\u00a0km²" in text
        assert text.count("▲") == 1 + min(20, len(report_content_made.make().map.vacuum))

    def test_years_are_named_only_where_there_are_several(self, html: str) -> None:
        assert "将来: 施設" not in html
        with_years = render(report_content_made.make(years=True))
        assert "将来: 施設が今のままなら" in with_years
        assert "<td>7,000</td><td>3,500</td>" in with_years

    @pytest.mark.parametrize(
        ("given", "shown"),
        [
            ([], []),
            ([2020], []),
            ([2020, 2070], [2070]),
            ([2020, 2030, 2035, 2050, 2070], [2035, 2050]),
        ],
    )
    def test_which_years(self, given: list[int], shown: list[int]) -> None:
        assert years_to_come(given, 2020, (2035, 2050)) == shown

    def test_contradictions_are_errors(self) -> None:
        content = report_content_made.make(100)
        object.__setattr__(content, "map_indicators", ["nothing_m"])
        with pytest.raises(SchemaError, match="nothing_m"):
            render(content)


class TestSheets:
    def test_a4_at_200_dpi_the_same_bytes_each_time_and_no_dates(self, tmp_path) -> None:
        content = report_content_made.make(200)
        for folder in ("a", "b"):
            write_sheets(content, tmp_path / folder)
        files = sorted(p.name for p in (tmp_path / "a").iterdir())
        assert files == sorted([*(f"{k}.png" for k in content.map_indicators), PDF])
        for name in files:
            data = (tmp_path / "a" / name).read_bytes()
            assert data == (tmp_path / "b" / name).read_bytes()
            if name != PDF:
                image = Image.open(io.BytesIO(data))
                assert image.size == (2338, 1654)
                assert image.info["dpi"] == pytest.approx((DPI, DPI), abs=0.1)
                assert "Software" not in image.info
        pdf = (tmp_path / "a" / PDF).read_bytes()
        assert b"CreationDate" not in pdf
        assert len(re.findall(rb"/Type /Page\b", pdf)) == len(content.map_indicators)
        assert b"IPAexGothic" in pdf


def test_first_year_is_the_census_and_years_to_come_have_their_own() -> None:
    table = pd.DataFrame(
        {
            "year": pd.array([2020, 2050, 2020, None], dtype="Int64"),
            "population_source": ["mesh-future", "mesh-future", "estat-mesh", "mesh-csv"],
            "x": [1, 2, 3, 4],
        }
    )
    assert build.first_year(table)["x"].tolist() == [3, 4]
    assert len(build.first_year(table.drop(columns="population_source"))) == 4
    assert build.year_table(table[table["population_source"] != "mesh-future"], []) is None
