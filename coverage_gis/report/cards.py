"""市町村カルテ: one card per municipality with its figures, its rank among peers and small maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from coverage_gis import schema
from coverage_gis.maps.outlines import thinned
from coverage_gis.report import drawings, words
from coverage_gis.report.frames import box_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from coverage_gis.report.cells import Painted
    from coverage_gis.report.model import ReportContent

_WIDTH: Final = 320
_HEIGHT: Final = 230
_MARKS: Final = {"transit": ("station",), "shop": ("shop",)}


@dataclass(frozen=True)
class Figure:
    """A line of a card: name, figure, the whole prefecture's, rank in words, width of its bar."""

    label: str
    value: str
    whole: str
    rank: str
    bar: float | None
    better: bool | None


@dataclass(frozen=True)
class Card:
    """One municipality."""

    code: str
    name: str
    is_ward: bool
    summary: Sequence[str]
    peers: str
    figures: Sequence[Figure]
    maps: Sequence[tuple[str, str]]
    href: str


def cards(
    content: ReportContent, painted: dict[str, Painted], shapes: dict[str, Any]
) -> list[Card]:
    """Return a card for each area; ``painted`` are the cells by the keys of the maps."""
    codes = np.asarray(content.map.mesh_codes, dtype=object)
    given = content.map.muni_codes
    muni = np.asarray(given, dtype=object) if given is not None else None
    out = []
    for _, row in content.areas.iterrows():
        code = str(row[schema.AREA_CODE])
        if not row[schema.POPULATION]:
            continue
        members = set(content.members.get(code, (code,)))
        chosen = (
            np.asarray(pd.Series(muni).isin(members), dtype=bool)
            if muni is not None
            else np.zeros(len(codes), dtype=bool)
        )
        mine = [shapes[m] for m in sorted(members) if m in shapes]
        out.append(
            Card(
                code=code,
                name=str(row[schema.AREA_NAME]),
                is_ward=row[schema.AREA_LEVEL] == schema.WARD,
                summary=_summary(content, row),
                peers=_peers(content, code),
                figures=_figures(content, row, code),
                maps=_maps(content, painted, codes, chosen, (str(row[schema.AREA_NAME]), mine)),
                href=_href(codes, chosen),
            )
        )
    return out


def few(content: ReportContent, row: pd.Series[Any]) -> bool:
    """Tell whether rates are of so few people that they say little: one household moves them.

    They are of the people with road data: a large town may have a rate of ten of them.
    """
    base = row[schema.POPULATION] - row.get(schema.POPULATION_NO_ROAD, 0.0)
    rated = any(words.known(row[m.column]) for m in content.measures)
    return rated and bool(0 < base < content.map.few_people)


def _summary(content: ReportContent, row: pd.Series[Any]) -> list[str]:
    whole = content.whole
    people = row[schema.POPULATION]
    out = [f"人口 {words.people(people)}"]
    for column, label in (
        (schema.POPULATION_65PLUS, "65歳以上"),
        (schema.POPULATION_75PLUS, "75歳以上"),
    ):
        if words.known(row.get(column)):
            rate = words.percent(words.share(row[column], people))
            of_all = words.percent(words.share(whole.get(column), whole[schema.POPULATION]))
            out.append(f"{label} {words.people(row[column])}（{rate}、全域 {of_all}）")
    if few(content, row):
        out.append(f"率に数える人が{content.map.few_people:,.0f}人未満のため、率と順位は参考値です")
    if words.known(row.get(schema.POPULATION_NO_ROAD)) and row[schema.POPULATION_NO_ROAD] >= 0.5:
        out.append(
            f"うち道路データのない所に住む {words.people(row[schema.POPULATION_NO_ROAD])} は"
            "率に含めていません"
        )
    return out


def _peers(content: ReportContent, code: str) -> str:
    names = content.peers.get(code, ())
    return f"人口規模の近い{len(names)}市区町村: {'、'.join(names)}" if len(names) > 1 else ""


def _figures(content: ReportContent, row: pd.Series[Any], code: str) -> list[Figure]:
    out = []
    ranks = content.ranks.get(code, {})
    for measure in content.measures:
        value, whole = row[measure.column], content.whole[measure.column]
        rank = ranks.get(measure.column)
        out.append(
            Figure(
                label=measure.label_ja,
                value=words.percent(value),
                whole=words.percent(whole),
                rank=f"{rank.place}位 / {rank.of}" if rank and rank.of > 1 else "",
                bar=float(value) if words.known(value) else None,
                better=bool(value >= whole) if words.known(value) and words.known(whole) else None,
            )
        )
    if "vacuum_people" in content.areas:
        number, share = vacuum_of(row)
        _, whole = vacuum_of(content.whole)
        better = bool(share <= whole) if words.known(share) and words.known(whole) else None
        value = f"{words.people(number)}（{words.percent(share)}）"
        bar = float(share) if words.known(share) else None
        out.append(Figure("交通空白のセルに住む人", value, words.percent(whole), "", bar, better))
    return out


def vacuum_of(row: pd.Series[Any]) -> tuple[float, float]:
    """Return people in 空白 cells and their share of the people with road data; NaN without any."""
    base = row[schema.POPULATION] - row[schema.POPULATION_NO_ROAD]
    share = words.share(row["vacuum_people"], base)
    return (float(row["vacuum_people"]) if base > 0 else float("nan")), share


def _maps(
    content: ReportContent,
    painted: dict[str, Painted],
    codes: NDArray[np.object_],
    chosen: NDArray[np.bool_],
    named: tuple[str, Sequence[Any]],
) -> list[tuple[str, str]]:
    """Return (title, SVG) of the first indicator and of the transit classes."""
    name, shapes = named
    if not chosen.any() and not shapes:
        return []
    box = _box(codes, chosen, shapes)
    frame = drawings.frame_of(box, _WIDTH, _HEIGHT)
    line = drawings.outline(shapes, frame, "border")
    titles = {i.key: i for i in content.map.indicators}
    out = []
    for key in content.map_indicators:
        kind = key.split("_", 1)[0]
        if kind not in _MARKS:
            continue
        indicator = titles[key]
        marks = places(content, _MARKS[kind])
        parts = [
            drawings.cells_image(codes, painted[key], frame, chosen),
            line,
            drawings.dots(marks[0], marks[1], frame, f"dots {kind}"),
            drawings.scale_bar(frame),
        ]
        label = f"{name}の地図: {indicator.label_ja}"
        out.append((indicator.label_ja, drawings.drawing(frame, label, parts)))
    return out


def places(
    content: ReportContent, services: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return lon, lat of the facilities of some services; "shop" is every food store."""
    facilities = content.map.facilities
    wanted = set(services) | (set(content.food_services) if "shop" in services else set())
    rows = facilities[facilities[schema.SERVICE].isin(wanted)]
    return rows[schema.LON].to_numpy(dtype=np.float64), rows[schema.LAT].to_numpy(dtype=np.float64)


def _box(
    codes: NDArray[np.object_], chosen: NDArray[np.bool_], shapes: Sequence[Any]
) -> tuple[float, float, float, float]:
    """Return the extent of the cells people live in, or of the outline where nobody does."""
    if chosen.any():
        return box_of(codes[chosen])
    west, south, east, north = shapely.total_bounds(np.array(list(shapes), dtype=object)).tolist()
    return west, south, east, north


def _href(codes: NDArray[np.object_], chosen: NDArray[np.bool_]) -> str:
    if not chosen.any():
        return "index.html"
    west, south, east, north = box_of(codes[chosen])
    zoom = np.log2(360 * 3 / max(east - west, (north - south) * 1.2))
    return (
        f"index.html#c={(south + north) / 2:.4f},{(west + east) / 2:.4f},{np.floor(zoom * 2) / 2:g}"
    )


def outlines_of(content: ReportContent) -> dict[str, Any]:
    """Return the municipal outlines by code, thinned as on the interactive map."""
    frame = content.map.municipalities
    if frame.empty:
        return {}
    shapes = thinned(frame.geometry).tolist()
    return dict(zip(frame[schema.MUNI_CODE].astype(str), shapes, strict=True))
