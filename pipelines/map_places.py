"""What the map tells of a municipality and of a vacuum area: their outlines and figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from coverage_gis import schema
from coverage_gis.maps.model import (
    FLAG_FIELD,
    KM2_FIELD,
    METRES_FIELD,
    PEOPLE_FIELD,
    SHARE_FIELD,
    TEXT_FIELD,
    TRIPS_FIELD,
    Field,
)
from coverage_gis.network.model import Network
from coverage_gis.report.build import first_year
from coverage_gis.report.vacuum_rows import DATA_END
from coverage_gis.vacuum.area_notes import near_extent, people_of_areas
from coverage_gis.vacuum.data_end import DATA_END_PEOPLE
from coverage_gis.vacuum.polygons import AREA_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import numpy as np
    from numpy.typing import NDArray

    from pipelines.stage import StageContext

_AGES: Final = (("total", "人口", "Population"), ("65plus", "65歳以上", "65 and over"))
_VACUUM_FIELDS: Final = (
    Field(AREA_ID, "空白地域番号", TEXT_FIELD, "Area number"),
    Field("muni_name", "市区町村", TEXT_FIELD, "Municipality"),
    Field(schema.PLACE_NAME, "集落・地区", TEXT_FIELD, "Settlement"),
    Field("area_km2", "面積", KM2_FIELD, "Area"),
    Field(schema.POPULATION, "人口", PEOPLE_FIELD, "Population"),
    Field(schema.POPULATION_65PLUS, "65歳以上", PEOPLE_FIELD, "65 and over"),
    Field(schema.POPULATION_75PLUS, "75歳以上", PEOPLE_FIELD, "75 and over"),
)
_NEAREST_FIELDS: Final = (
    Field(
        "head_share",
        "最寄りを測ったセルの人口の割合",
        SHARE_FIELD,
        "Share of the people in the cell that the nearest are measured from",
    ),
    Field("nearest_stop_name", "最寄りのバス停", TEXT_FIELD, "Nearest bus stop"),
    Field("nearest_stop_m", "バス停までの距離", METRES_FIELD, "Distance to the stop"),
    Field("nearest_stop_trips", "運行本数（片道・日）", TRIPS_FIELD, "Trips per day, one way"),
    Field("nearest_station_name", "最寄りの駅", TEXT_FIELD, "Nearest station"),
    Field("nearest_station_m", "駅までの距離", METRES_FIELD, "Distance to the station"),
    Field(
        DATA_END,
        "道路データの端にある（要確認）",
        FLAG_FIELD,
        "At the end of the road data (check it)",
    ),
)


def vacuum(
    ctx: StageContext, years: Mapping[int, Mapping[str, NDArray[np.float64]]]
) -> tuple[gpd.GeoDataFrame | None, tuple[Field, ...]]:
    """Return the areas by the main metric, with people by year, and what popups show of them."""
    metric = schema.ROAD if ctx.options.by_road else schema.STRAIGHT
    try:
        areas, cells = (ctx.get("vacuum", f"{what}_{metric}") for what in ("areas", "cells"))
    except KeyError:  # left out for want of stations or stops
        return None, (*_VACUUM_FIELDS, *_NEAREST_FIELDS)
    out = areas.assign(**{DATA_END: _at_the_end(ctx, areas, cells).astype(float)})
    fields = []
    for year, people in years.items():
        column = f"{schema.POPULATION}_{year}"
        out[column] = out[AREA_ID].map(people_of_areas(cells, people["total"]))
        base = "推計の基準" if year == min(years) else "推計"
        fields.append(
            Field(
                column, f"人口（{year}年 {base}）", PEOPLE_FIELD, f"Population, {year} (projected)"
            )
        )
    return out, (*_VACUUM_FIELDS, *fields, *_NEAREST_FIELDS)


def _at_the_end(ctx: StageContext, areas: pd.DataFrame, cells: pd.DataFrame) -> pd.Series[bool]:
    """Return where the road data end in an area, or within the definition's distances of it."""
    if not ctx.options.by_road:
        return pd.Series(False, index=areas.index)
    roads = Network.from_arrays(ctx.get("network", schema.WALK))
    bounds = roads.lon.min(), roads.lat.min(), roads.lon.max(), roads.lat.max()
    preset = ctx.settings.vacuum_presets[ctx.settings.run.default_vacuum_preset]
    near = near_extent(cells, bounds, max(preset.rail_m, preset.bus_m))
    return (areas[DATA_END_PEOPLE] > 0) | areas[AREA_ID].isin(near)


def municipalities(ctx: StageContext) -> tuple[gpd.GeoDataFrame, list[Field]]:
    """Return the outlines with people and the rate of the first preset of each group."""
    table = ctx.get("origins", "municipalities").copy()
    found, fields = figures(ctx, first_year(ctx.get("coverage", "coverage")))
    for column in found:
        table[column] = table[schema.MUNI_CODE].map(found[column])
    return table, fields


def figures(ctx: StageContext, coverage: pd.DataFrame) -> tuple[pd.DataFrame, list[Field]]:
    """Return people and rates by ``area_code`` from the rows of one year, and what they are."""
    metric = schema.ROAD if ctx.options.by_road else schema.STRAIGHT
    mine = coverage[
        coverage[schema.AREA_LEVEL].isin([schema.MUNICIPALITY, schema.WARD])
        & (coverage[schema.METRIC] == metric)
        & (coverage[schema.MODE] == schema.WALK)
    ]
    columns: dict[str, pd.Series] = {}
    fields = []
    for age, label, label_en in _AGES:
        people = mine[mine[schema.AGE_GROUP] == age].drop_duplicates(schema.AREA_CODE)
        if len(people):
            column = schema.AGE_GROUPS[age]
            columns[column] = people.set_index(schema.AREA_CODE)[schema.POPULATION]
            fields.append(Field(column, label, PEOPLE_FIELD, label_en))
    mine = mine[mine[schema.AGE_GROUP] == "total"]
    unknown = mine.drop_duplicates(schema.AREA_CODE).set_index(schema.AREA_CODE)
    no_road = unknown[schema.POPULATION_NO_ROAD]
    columns[schema.POPULATION_NO_ROAD] = no_road.where(no_road >= 0.5)  # nobody is not told
    fields.append(
        Field(
            schema.POPULATION_NO_ROAD, "うち道路データなし", PEOPLE_FIELD, "Of these, no road data"
        )
    )
    for service in ctx.settings.services.values():
        rows = mine[mine[schema.SERVICE] == service.name]
        if rows.empty or not (service.is_group or service.theme in ("evacuation", "transit")):
            continue
        preset, cutoff = rows.iloc[0][schema.PRESET], rows.iloc[0][schema.CUTOFF]
        one = rows[(rows[schema.PRESET] == preset) & (rows[schema.CUTOFF] == cutoff)]
        column = f"{service.name}_rate"
        rate = one.drop_duplicates(schema.AREA_CODE).set_index(schema.AREA_CODE)
        columns[column] = rate[schema.COVERAGE_RATE]
        fields.append(
            Field(
                column,
                f"{service.label_ja} {cutoff:,.0f} m圏の人口カバー率",
                SHARE_FIELD,
                f"{service.label_en}: people within {cutoff:,.0f} m",
            )
        )
    return pd.DataFrame(columns), fields
