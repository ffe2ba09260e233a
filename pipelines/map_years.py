"""People of the years to come on the map: by cell, by municipality, and what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.maps.model import Said
from coverage_gis.population.outlook import outlook
from coverage_gis.report.years import years_to_come
from pipelines.map_places import figures
from pipelines.stages.origins import ESTAT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from pipelines.stage import StageContext

_CENSUS: Final = Said("国勢調査", "census")
_KEY: Final = [schema.MESH_CODE, schema.PREF_CODE]


def year_of(ctx: StageContext) -> str:
    """Return what today's people are of, "" where the file does not say."""
    return _CENSUS if ctx.get("origins", "population")["source"] == ESTAT else ""


def years_of_cells(ctx: StageContext) -> dict[int, dict[str, NDArray[np.float64]]]:
    """Return year -> age -> people of the cells, in the order of origins, as the tables have them.

    The first is the projection's own beginning, which the later ones are compared with.
    """
    origins, table = ctx.get("origins", "origins"), ctx.get("origins", "population_years")
    known = {int(year) for year in table[schema.YEAR]}
    if len(known) < 2:
        return {}
    first = min(known)
    wanted = (first, *years_to_come(known, first, ctx.settings.outlook.shown))
    future = outlook(
        table,
        wanted,
        origins,
        ctx.get("origins", "origin_areas"),
        ctx.get("origins", "municipalities"),
    )
    order = pd.MultiIndex.from_frame(origins[_KEY])
    out: dict[int, dict[str, NDArray[np.float64]]] = {}
    for year, parts in future.areas.items():
        columns = [c for c in schema.AGE_GROUPS.values() if parts[c].notna().any()]
        cells = parts.groupby(_KEY)[columns].sum(min_count=1).reindex(order)
        out[year] = {
            age: cells[column].to_numpy(dtype="float64")
            for age, column in schema.AGE_GROUPS.items()
            if column in columns
        }
    return out


def not_drawn_ja(
    ctx: StageContext, years: Mapping[int, Mapping[str, NDArray[np.float64]]]
) -> list[str]:
    """Return how many people of a projection are in cells that the census, and the map, lack."""
    table = ctx.get("origins", "population_years")
    lost = {}
    for year, ages in years.items():
        everybody = table.loc[table[schema.YEAR] == year, schema.POPULATION].sum()
        lost[year] = float(everybody - np.nansum(ages["total"]))
    told = {year: people for year, people in lost.items() if people >= 1}
    if not told:
        return []
    ja = "、".join(f"{year}年 {people:,.0f}人" for year, people in told.items())
    en = ", ".join(f"{people:,.0f} in {year}" for year, people in told.items())
    return [
        Said(
            f"将来推計だけに人のいるセルは地図に描いていません（{ja}）。表には含まれています。",
            f"Cells where only the projection has people are not drawn ({en}); tables have them.",
        )
    ]


def municipality_years(ctx: StageContext, years: Iterable[int]) -> dict[int, pd.DataFrame]:
    """Return the figures of municipalities by year, in the columns of today's."""
    coverage: pd.DataFrame = ctx.get("coverage", "coverage")
    projected = coverage[coverage[schema.POPULATION_SOURCE] == schema.PROJECTION]
    columns = [field.column for field in figures(ctx, coverage)[1]]
    out = {}
    for year in years:
        table, _ = figures(ctx, projected[projected[schema.YEAR] == year])
        out[year] = table.reindex(columns=columns).rename_axis(schema.MUNI_CODE).reset_index()
    return out
