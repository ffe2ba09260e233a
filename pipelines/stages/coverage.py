"""Coverage: shares of cells and people of areas within the cutoffs of every preset, by year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.access.table import status_of
from coverage_gis.coverage.areas import Rates, coverage_table, rates_of
from coverage_gis.coverage.covered import covered_rows, covered_share
from coverage_gis.errors import MissingInputError
from pipelines.peoples import People, peoples_of
from pipelines.stage import StageContext, StageResult
from pipelines.stages.access import load_places, load_reaches
from pipelines.stores import store_completeness

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from coverage_gis.access.places import Places
    from coverage_gis.access.reach import Reach
    from coverage_gis.settings import CoveragePreset, CoverageRule, Settings


def run(ctx: StageContext) -> StageResult:
    """Apply every preset's cutoffs to the distances of the access stage.

    Raises
    ------
    MissingInputError
        If there is no facility of any service that a preset measures.
    """
    origins = ctx.get("origins", "origins")
    places = load_places(ctx.get("access", "places"))
    reaches = load_reaches(ctx.get("access", "reach"), ctx.settings)
    snaps = ctx.get("access", "snap")
    peoples = peoples_of(ctx)
    stores = store_completeness(ctx)
    covered: list[pd.DataFrame] = []
    coverage: list[Rates] = []
    by_subpoints = ctx.settings.run.covered_by == "subpoints"
    for preset, rule, service, metric, cutoff in _cases(ctx.settings):
        reach = reaches.get((service, rule.mode, metric))
        if reach is None:
            continue
        has_road, status = _road_and_status(places, reach, snaps, rule.mode, metric)
        pace = ctx.settings.network.walk.pace(preset.walkers)
        share = covered_share(
            places, reach, cutoff, rule.unit, by_subpoints=by_subpoints, pace=pace
        )
        share = np.where(has_road, share, np.nan)
        covered.append(
            covered_rows(
                origins,
                share,
                service=service,
                mode=rule.mode,
                metric=metric,
                preset=preset.name,
                cutoff=cutoff,
                unit=rule.unit,
            )
        )
        labels: dict[str, str | float] = {
            schema.STORE_COMPLETENESS: stores.get(service, np.nan),
            schema.SERVICE: service,
            schema.MODE: rule.mode,
            schema.METRIC: metric,
            schema.PRESET: preset.name,
            schema.CUTOFF: cutoff,
            schema.CUTOFF_UNIT: rule.unit,
        }
        coverage += [_rates(people, share, status, has_road, labels) for people in peoples]
    if not coverage:
        raise MissingInputError(_nothing_to_reach(ctx))
    return _result(peoples, covered, coverage)


def _nothing_to_reach(ctx: StageContext) -> str:
    pref = ctx.options.pref
    return (
        f"No facilities for {pref.name_ja} (施設のデータがありません): put at least one data set "
        f"of facilities into {ctx.options.raw / pref.code}, such as an "
        "OpenStreetMap extract (.osm.pbf: shops and roads), medical institutions (P04), "
        "shelters (GSI), railway stations (N02), bus stops (P11), timetables (GTFS), or a "
        "municipality's list (CSV); docs/formats.md lists them."
    )


def _rates(
    people: People,
    share: NDArray[np.float64],
    status: NDArray[np.object_],
    has_road: NDArray[np.bool_],
    labels: Mapping[str, str | float],
) -> Rates:
    """Return the rates of a case; cells that the run has no way from are without road data."""
    more = people.beyond
    return rates_of(
        people.areas,
        np.append(share, np.full(more, np.nan)),
        np.append(status, np.full(more, schema.NO_ROAD, dtype=object)),
        np.append(has_road, np.zeros(more, dtype=bool)),
        {**people.labels, **labels},
    )


def _cases(
    settings: Settings,
) -> Iterator[tuple[CoveragePreset, CoverageRule, str, str, float]]:
    for preset in settings.coverage_presets.values():
        for rule in preset.rules:
            for service in rule.services:
                for metric in rule.metrics:
                    for cutoff in rule.cutoffs:
                        yield preset, rule, service, metric, cutoff


def _road_and_status(
    places: Places,
    reach: Reach,
    snaps: dict[str, NDArray[np.float64]],
    mode: str,
    metric: str,
) -> tuple[NDArray[np.bool_], NDArray[np.object_]]:
    """Return which cells the mode's network reaches, and their statuses."""
    n = places.n_cells
    centre = reach.first(n)
    if mode not in snaps:  # a run by straight lines alone needs no roads
        return np.ones(n, dtype=bool), status_of(centre, None)
    snap_m = places.centres(snaps[mode])
    return ~np.isnan(snap_m), status_of(centre, snap_m if metric == schema.ROAD else None)


def _result(
    peoples: list[People],
    covered: list[pd.DataFrame],
    coverage: list[Rates],
) -> StageResult:
    covered_table = pd.concat(covered, ignore_index=True)
    table = coverage_table(coverage)
    areas = peoples[0].areas
    everybody = float(areas.total(areas.people["total"])[0])
    return StageResult(
        artifacts={
            "covered": schema.COVERED.conform(covered_table),
            "coverage": schema.COVERAGE.conform(table),
        },
        totals={"population": everybody},
        counts={
            "headline": f"{len(table):,} rates for {len(areas.table):,} areas"
            + (f" and {len(peoples) - 1} years to come" if len(peoples) > 1 else ""),
            "people_by_year": {
                str(p.year): float(p.areas.total(p.areas.people["total"])[0]) for p in peoples[1:]
            },
        },
        notes=[_beyond(peoples[-1].beyond)] if peoples[-1].beyond else [],
    )


def _beyond(cells: int) -> str:
    return (
        f"{cells:,} cells of the future population have nobody in the census: their people are in "
        "the totals of their years, without road data."
    )
