"""The areas of 交通空白 with most people, each in words: where, who, how far, what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from coverage_gis import schema
from coverage_gis.report import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from coverage_gis.report.model import VacuumRule

MOST: Final = 20
DATA_END: Final = "data_end"
"""Column: 1 for an area at the end of the road data."""
_MAP_ZOOM: Final = 13


@dataclass(frozen=True)
class Nearest:
    """A facility: its name ("" where unknown, or a remark), and figures that lines keep whole."""

    name: str
    figures: Sequence[str] = ()


@dataclass(frozen=True)
class VacuumRow:
    """One area as the table shows it."""

    number: int
    area_id: str
    place: str
    population: str
    older: str
    stop: Nearest
    station: Nearest
    shop: Nearest
    hospital: Nearest
    missing: Sequence[str]
    priority: str
    years: Sequence[str]
    area: str
    head: str
    edge: bool
    href: str
    lon: float
    lat: float


def vacuum_rows(
    areas: gpd.GeoDataFrame, rule: VacuumRule, years: Sequence[int], indicator: str
) -> list[VacuumRow]:
    """Return the :data:`MOST` areas of most people, in that order.

    Parameters
    ----------
    areas
        Of ``vacuum.polygons.vacuum_areas``.
    rule
        Which distances are far.
    years
        Whose people (columns ``population_<year>``) are shown beside today's; the first is the
        projection's own.
    indicator
        Key of the map's indicator that a link shows.
    """
    first = areas.sort_values(schema.POPULATION, ascending=False, kind="stable").head(MOST)
    return [
        _row(number, area, rule, years, indicator)
        for number, (_, area) in enumerate(first.iterrows(), start=1)
    ]


def _row(number: int, area: Any, rule: VacuumRule, years: Sequence[int], key: str) -> VacuumRow:
    inside = area.geometry.representative_point()
    people = area[schema.POPULATION]
    older = area.get(schema.POPULATION_65PLUS)
    rate = words.share(older, people)
    return VacuumRow(
        number=number,
        area_id=str(area["area_id"]),
        place=_place(area),
        population=words.people(people),
        older=f"{words.people(older)}（{words.percent(rate)}）"
        if words.known(older)
        else words.UNKNOWN,
        stop=_nearest(area, "stop", trips=True),
        station=_nearest(area, "station"),
        shop=_nearest(area, "shop"),
        hospital=_nearest(area, "hospital"),
        missing=missing(area, rule),
        priority=words.count(area.get("priority_rank")),
        years=[words.people(area.get(f"{schema.POPULATION}_{year}")) for year in years],
        area=words.square_kilometres(area.get("area_km2")),
        head=words.percent(area.get("head_share")),
        edge=bool(area.get(DATA_END) == 1),
        href=f"index.html#c={inside.y:.4f},{inside.x:.4f},{_MAP_ZOOM}&i={key}"
        "&l=mesh,vacuum,munis&f=bus_stop,station",
        lon=float(inside.x),
        lat=float(inside.y),
    )


def _place(area: Any) -> str:
    """Return the municipality and, where known, the settlement."""
    parts = (words.text(area.get(column)) for column in ("muni_name", schema.PLACE_NAME))
    return " ".join(part for part in parts if part)


def missing(area: Any, rule: VacuumRule) -> list[str]:
    """Return what an area lacks, most telling first; what is not in the data is not named.

    A stop may be within reach of an area's most populous cell: then it is the rest of the area
    that has none, or its service that is too thin.
    """
    out = []
    stop_m, station_m = area.get("nearest_stop_m"), area.get("nearest_station_m")
    if _far(area, "nearest_stop_m", rule.bus_m) and _far(area, "nearest_station_m", rule.rail_m):
        out.append("駅・バス停")
    elif words.known(stop_m) or words.known(station_m):
        out.append("駅・バス停（区域の大半で）")
    if _far(area, "nearest_shop_m", rule.shop_m):
        out.append("食料品店")
    if _far(area, "nearest_hospital_m", rule.hospital_m):
        out.append("病院")
    return out


def _far(area: Any, column: str, limit_m: float) -> bool:
    """Tell whether a known column is beyond the limit, or out of reach (NaN)."""
    if column not in area.index:
        return False
    value = area[column]
    return not words.known(value) or float(value) > limit_m


def _nearest(area: Any, what: str, *, trips: bool = False) -> Nearest:
    column = f"nearest_{what}_m"
    if column not in area.index:
        return Nearest(words.UNKNOWN)
    if not words.known(area[column]):
        return Nearest("道で行ける先がない")
    figures = [words.metres(area[column])]
    number = area.get(f"nearest_{what}_trips")
    if trips:
        figures.append(
            f"{number:,.0f}本/日" if number is not None and np.isfinite(number) else "本数不明"
        )
    return Nearest(words.text(area.get(f"nearest_{what}_name")), figures)
