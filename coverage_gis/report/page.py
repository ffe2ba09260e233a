"""The report as one HTML file: no script is needed to read it, A4 when printed."""

from __future__ import annotations

import base64
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from jinja2 import Environment
from markupsafe import Markup

from coverage_gis import schema
from coverage_gis.export.csv import csv_bytes
from coverage_gis.maps import assets
from coverage_gis.report import cards, drawings, model, words
from coverage_gis.report.cells import legend_rows, painted
from coverage_gis.report.curve_drawing import AGES_JA, DRAWN, curve_svg, sentence
from coverage_gis.report.frames import main_box
from coverage_gis.report.vacuum_rows import vacuum_rows
from coverage_gis.report.years import year_heads, year_tables
from coverage_gis.store.atomic import write_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from coverage_gis.report.cells import Painted
    from coverage_gis.report.model import ReportContent
    from coverage_gis.report.vacuum_rows import VacuumRow

_WIDE: Final = (640, 520)
_TRANSIT: Final = "transit"


def write_report(content: ReportContent, path: Path) -> None:
    """Write the report of ``content`` to ``path``; the same content gives the same bytes.

    Raises
    ------
    SchemaError
        If the content contradicts itself.
    OutputError
        If the file cannot be written, or would need the network.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, render(content))


def render(content: ReportContent) -> str:
    """Return the report as HTML."""
    model.check(content)
    shapes = cards.outlines_of(content)
    cells = {i.key: painted(i) for i in content.map.indicators if i.key in content.map_indicators}
    transit = next((k for k in content.map_indicators if k.startswith(_TRANSIT)), "")
    rows, years = _vacuum(content, transit), year_tables(content)
    # Names and sentences are data: autoescape makes them text; drawings are ours.
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    html = environment.from_string(_template("report.html")).render(
        content=content,
        map=content.map,
        css=Markup(_template("report.css")),  # noqa: S704 - our own file
        script=Markup(_template("report.js")),  # noqa: S704 - our own file
        overviews=[_overview(content, k, cells[k], shapes) for k in content.map_indicators],
        curves=_curves(content),
        ages=[(a, AGES_JA[a]) for a in DRAWN if any(a in c.shares for c in content.curves)],
        columns=columns(content),
        table=table_rows(content),
        empty=[
            name
            for name, people in zip(
                content.areas[schema.AREA_NAME], content.areas[schema.POPULATION], strict=True
            )
            if not people
        ],
        csv=base64.b64encode(csv_bytes(csv_table(content))).decode("ascii"),
        vacuum=rows,
        vacuum_counts=_vacuum_counts(content),
        ages_known=any(row.older != words.UNKNOWN for row in rows),
        vacuum_years=year_heads(_vacuum_years(content)),
        edge=any(row.edge for row in rows),
        vacuum_map=_svg(_vacuum_map(content, rows, shapes)) if rows else "",
        years=years,
        years_few=any(row["few"] for one in years for row in one["rows"]),
        few_note=f"率に数える人が{content.map.few_people:,.0f}人未満（この目安は本ツール独自）のため、"
        "率は一世帯の有無で変わる参考値です。",
        cards=[
            (card, [(title, _svg(svg)) for title, svg in card.maps])
            for card in cards.cards(content, cells, shapes)
        ],
    )
    assets.check_offline(html)
    return html


def _curves(content: ReportContent) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the drawings of the curves under one heading per way of going."""
    ways: dict[str, list[dict[str, Any]]] = {}
    for curve in content.curves:
        ways.setdefault(curve.way_ja, []).append(
            {"title": curve.service_ja, "svg": _svg(curve_svg(curve)), "sentence": sentence(curve)}
        )
    return list(ways.items())


def columns(content: ReportContent) -> list[tuple[str, str]]:
    """Return (head, explanation) of the municipalities' table, after the name."""
    out = [("人口", "")]
    if schema.POPULATION_65PLUS in content.areas:
        out.append(("65歳以上", "人口に占める割合"))
    if _some_without_road(content):
        out.append(("道路データなし", "道路データのない所に住む人。率に数えていません"))
    out += [(m.short_ja, f"{m.label_ja}（{m.preset}）") for m in content.measures]
    if "vacuum_people" in content.areas:
        out += [
            ("交通空白の人", "交通空白のセルに住む人"),
            ("同 割合", "道路データのある所に住む人に占める割合"),
        ]
    return out


def _some_without_road(content: ReportContent) -> bool:
    """Tell whether the rates leave out anybody, whom the table then shows."""
    column = schema.POPULATION_NO_ROAD
    return column in content.areas and bool((content.areas[column] >= 0.5).any())


def csv_table(content: ReportContent) -> pd.DataFrame:
    """Return the areas under Japanese heads, to be opened in a spreadsheet."""
    heads = {
        schema.AREA_LEVEL: "区分",
        schema.AREA_CODE: "市区町村コード",
        schema.AREA_NAME: "市区町村",
        schema.POPULATION: "人口",
        schema.POPULATION_65PLUS: "65歳以上人口",
        schema.POPULATION_75PLUS: "75歳以上人口",
        schema.POPULATION_NO_ROAD: "道路データのない所の人口",
        "vacuum_people": "交通空白のセルに住む人",
        **{m.column: m.short_ja for m in content.measures},
    }
    return content.areas[[c for c in content.areas if c in heads]].rename(columns=heads)


def table_rows(content: ReportContent) -> list[dict[str, Any]]:
    """Return the rows of the municipalities' table, the prefecture's first."""
    out = []
    whole = content.whole
    for row in [whole, *(row for _, row in content.areas.iterrows())]:
        people = row[schema.POPULATION]
        cells = [(words.count(people), people)]
        if schema.POPULATION_65PLUS in content.areas:
            older = words.share(row[schema.POPULATION_65PLUS], people)
            cells.append((words.percent(older), older))
        if _some_without_road(content):
            unknown = row[schema.POPULATION_NO_ROAD]
            cells.append((words.count(unknown), unknown))
        cells += [(words.percent(row[m.column]), row[m.column]) for m in content.measures]
        if "vacuum_people" in content.areas:
            number, share = cards.vacuum_of(row)
            cells += [(words.count(number), number), (words.percent(share), share)]
        out.append(
            {
                "code": str(row[schema.AREA_CODE]),
                "name": str(row[schema.AREA_NAME]),
                "ward": row[schema.AREA_LEVEL] == schema.WARD,
                "whole": row is whole,
                "few": cards.few(content, row),
                "cells": [
                    {"text": text, "value": f"{float(v):.9g}" if words.known(v) else ""}
                    for text, v in cells
                ],
            }
        )
    return out


def _overview(
    content: ReportContent, key: str, cells: Painted, shapes: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a map of everything with its legend."""
    indicator = next(i for i in content.map.indicators if i.key == key)
    codes = np.asarray(content.map.mesh_codes, dtype=object)
    frame = drawings.frame_of(main_box(codes, content.map.population), *_WIDE)
    parts = [
        drawings.cells_image(codes, cells, frame, np.ones(len(codes), dtype=bool)),
        drawings.outline(shapes.values(), frame, "border"),
        drawings.scale_bar(frame),
    ]
    legend = [
        {
            "colour": cells.colours[place],
            "hatched": place == cells.unreachable,
            "label": cells.labels[place],
            "people": words.people(number),
            "share": words.percent(share),
        }
        for place, number, share in legend_rows(cells, content.map.population)
    ]
    return {
        "title": indicator.label_ja,
        "note": indicator.note_ja,
        "counted": indicator.counted_ja,
        "svg": _svg(drawings.drawing(frame, f"地図: {indicator.label_ja}", parts)),
        "legend": legend,
    }


def _vacuum(content: ReportContent, indicator: str) -> list[VacuumRow]:
    areas, rule = content.map.vacuum, content.vacuum_rule
    if areas is None or rule is None or areas.empty:
        return []
    return vacuum_rows(areas, rule, _vacuum_years(content), indicator)


def _vacuum_counts(content: ReportContent) -> tuple[list[str], list[dict[str, Any]]]:
    """Return the ways of measuring, and per definition its people by each, in two ways."""
    ways = list(dict.fromkeys(count.way_ja for count in content.vacuum_counts))
    rows: dict[str, dict[str, Any]] = {}
    for count in content.vacuum_counts:
        row = rows.setdefault(count.label_ja, {"label": count.label_ja, "main": False, "cells": []})
        row["main"] |= count.main
        row["cells"] += [
            words.people(count.by_cell),
            words.people(count.by_share),
            words.percent(count.share),
        ]
    return ways, list(rows.values())


def _vacuum_years(content: ReportContent) -> list[int]:
    """Return the years whose people the vacuum areas carry."""
    if content.years is None or content.map.vacuum is None:
        return []
    years = sorted(set(content.years[schema.YEAR].astype(int)))
    return [y for y in years if f"{schema.POPULATION}_{y}" in content.map.vacuum]


def _vacuum_map(
    content: ReportContent, rows: Sequence[VacuumRow], shapes: Mapping[str, Any]
) -> str:
    areas = content.map.vacuum
    if areas is None:
        return ""
    codes = np.asarray(content.map.mesh_codes, dtype=object)
    frame = drawings.frame_of(main_box(codes, content.map.population), *_WIDE)
    at = frame.xy(np.array([[row.lon, row.lat] for row in rows]))
    labels = "".join(
        f'<circle class="number" cx="{x:.1f}" cy="{y:.1f}" r="9"/>'
        f'<text class="number" x="{x:.1f}" y="{y + 4:.1f}">{row.number}</text>'
        for row, (x, y) in reversed(list(zip(rows, at.tolist(), strict=True)))
    )
    parts = [
        drawings.outline(areas.geometry, frame, "vacuum"),
        drawings.outline(shapes.values(), frame, "border"),
        labels,
        drawings.scale_bar(frame),
    ]
    return drawings.drawing(frame, "交通空白の区域の位置（番号は表と同じ）", parts)


def _svg(drawn: str) -> Markup:
    return Markup(drawn)  # noqa: S704 - made by drawings.py, which escapes what is data


def _template(name: str) -> str:
    folder = files("coverage_gis.report").joinpath("templates", name)
    return folder.read_text(encoding="utf-8")
