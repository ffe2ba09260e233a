"""The people that figures are told of: those of today, and those of the years to come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.coverage.areas import Areas, areas_of
from coverage_gis.errors import ConservationError
from coverage_gis.population.outlook import outlook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.stage import StageContext


@dataclass(frozen=True)
class People:
    """The people of a year.

    Attributes
    ----------
    areas
        Where they live, medical areas (二次医療圏) among them where the data has those.
    year, source
        Of the population file; the year is None where it does not say.
    beyond
        How many cells come after those of the run: only the projection knows them.
    """

    areas: Areas
    year: int | None
    source: str
    beyond: int = 0

    @property
    def labels(self) -> dict[str, str | int | float | None]:
        """The columns that say whose figure a row is."""
        return {schema.YEAR: self.year, schema.POPULATION_SOURCE: self.source}


def peoples_of(ctx: StageContext) -> list[People]:
    """Return the people of today, then those of every year to come that is computed.

    Raises
    ------
    ConservationError
        If a year's people are not those of the projection.
    """
    origins, parts = ctx.get("origins", "origins"), ctx.get("origins", "origin_areas")
    municipalities = ctx.get("origins", "municipalities")
    plain = pd.DataFrame(municipalities.drop(columns="geometry"))
    pref = (ctx.options.pref.code, ctx.options.pref.name_ja)
    population = ctx.get("origins", "population")
    medical = ctx.get("origins", "medical_areas")
    today = areas_of(origins, parts, plain, pref, medical)
    out = [People(today, population["year"], population["source"])]
    years = ctx.get("origins", "population_years")
    future = outlook(years, ctx.settings.outlook.years, origins, parts, municipalities)
    for year, people in future.areas.items():
        areas = areas_of(future.origins, people, plain, pref, medical)
        _check_conserved(areas, years, year)
        out.append(People(areas, year, schema.PROJECTION, future.beyond))
    return out


def beside(peoples: Sequence[People], ctx: StageContext) -> list[People]:
    """Return today's people, the projection's own first year, and the years that tables show."""
    shown = ctx.settings.outlook.beside(p.year for p in peoples[1:] if p.year is not None)
    return [*peoples[:1], *(p for p in peoples[1:] if p.year in shown)]


def _check_conserved(areas: Areas, years: pd.DataFrame, year: int) -> None:
    theirs = float(years.loc[years[schema.YEAR] == year, schema.POPULATION].sum())
    ours = float(areas.total(areas.people["total"])[0])
    if not np.isclose(ours, theirs, rtol=1e-9, atol=1e-6):
        raise ConservationError(
            f"Of the {theirs:,.1f} people of {year} in the projection {ours:,.1f} are in the "
            "prefecture's areas; please report this."
        )
