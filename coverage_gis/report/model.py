"""What a report shows beside its map, as plain values: a pipeline stage fills them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coverage_gis import schema
from coverage_gis.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from coverage_gis.coverage.peers import Rank
    from coverage_gis.maps.model import MapContent


@dataclass(frozen=True, eq=False)
class Curve:
    """People by the distance or time to the nearest facility of a service.

    Attributes
    ----------
    service_ja, way_ja, unit
        "食料品店", "徒歩の道のり", "m" or "min".
    limits
        ``(n,)`` ascending, in ``unit``.
    shares
        Age group -> ``(n,)`` share of the people with road data within each limit, 0 to 1.
    marks
        Cutoffs of the presets that lie on the curve, in ``unit``.
    """

    service_ja: str
    way_ja: str
    unit: str
    limits: NDArray[np.float64]
    shares: Mapping[str, NDArray[np.float64]]
    marks: tuple[float, ...] = ()


@dataclass(frozen=True)
class Measure:
    """A column of the municipalities' table: a rate of people, high where life is easier.

    ``label_ja`` is in full, ``short_ja`` heads a column, ``preset`` names the definition.
    """

    column: str
    label_ja: str
    short_ja: str
    preset: str


@dataclass(frozen=True)
class VacuumRule:
    """The definition of 交通空白 of the report, and from where on other services are far."""

    label_ja: str
    rail_m: float
    bus_m: float
    shop_m: float
    hospital_m: float


@dataclass(frozen=True)
class VacuumCount:
    """People in 交通空白 by one definition and metric.

    ``by_cell`` counts everybody of the cells whose class it is (the headline, the map, the
    areas), ``by_share`` the points inside the cells; ``share`` is the latter over the people with
    road data.
    """

    label_ja: str
    way_ja: str
    by_cell: float
    by_share: float
    share: float | None
    main: bool


@dataclass(frozen=True, eq=False)
class ReportContent:
    """All that one report shows.

    Attributes
    ----------
    map
        The map beside it, whose headline, cells, outlines, sources, warnings and method are
        the report's as well.
    map_indicators
        Keys of the indicators of ``map`` that are drawn, most important first.
    base_label_ja
        What the figures are of: "人口 2020年、道路 2025-10 ...".
    areas
        ``area_level, area_code, area_name, population``, where known ``population_65plus`` and
        ``population_75plus``, ``population_no_road``, the columns of ``measures``, and where
        computed ``vacuum_people``; municipalities and wards, in the order of the table.
    whole
        The prefecture's row of the same columns.
    members
        Area code -> codes of the municipalities and wards whose cells are drawn for it.
    peers
        Area code -> names of the areas it is ranked among, its own included.
    ranks
        Area code -> measure's column -> rank among its peers.
    curves, measures
        See there.
    food_services
        Services whose facilities are food stores, for the dots of the maps.
    vacuum_rule
        None where 交通空白 was not computed.
    vacuum_counts
        Of every definition, the main one first.
    years
        ``area_code, year, population, population_65plus`` and the columns of ``measures``
        for every year with a projection; None: no projection was used.
    """

    map: MapContent
    map_indicators: Sequence[str]
    base_label_ja: str
    areas: pd.DataFrame
    whole: pd.Series
    members: Mapping[str, Sequence[str]]
    peers: Mapping[str, Sequence[str]]
    ranks: Mapping[str, Mapping[str, Rank]]
    curves: Sequence[Curve]
    measures: Sequence[Measure]
    food_services: Sequence[str] = ()
    vacuum_rule: VacuumRule | None = None
    vacuum_counts: Sequence[VacuumCount] = ()
    years: pd.DataFrame | None = None


def check(content: ReportContent) -> None:
    """Raise ``SchemaError`` where ``content`` contradicts itself."""
    needed = [schema.AREA_LEVEL, schema.AREA_CODE, schema.AREA_NAME, schema.POPULATION]
    needed += [m.column for m in content.measures]
    missing = [c for c in needed if c not in content.areas or c not in content.whole]
    if missing:
        raise SchemaError(f"Report: the areas lack the column(s) {', '.join(missing)}.")
    if content.areas[schema.AREA_CODE].duplicated().any():
        raise SchemaError("Report: an area occurs twice; give each one row.")
    known = {i.key for i in content.map.indicators}
    unknown = [k for k in content.map_indicators if k not in known]
    if unknown:
        raise SchemaError(f"Report: the map has no indicator {', '.join(unknown)}.")
    for curve in content.curves:
        if any(len(share) != len(curve.limits) for share in curve.shares.values()):
            raise SchemaError(
                f"Report: the curve of {curve.service_ja} is not as long as its axis."
            )
