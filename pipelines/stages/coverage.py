"""Coverage: shares of cells and people of areas within the cutoffs of every preset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.access.table import status_of
from coverage_gis.coverage.areas import Areas, areas_of, coverage_rows
from coverage_gis.coverage.covered import covered_rows, covered_share
from pipelines.stage import StageContext, StageResult
from pipelines.stages.access import load_places, load_reaches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from coverage_gis.access.places import Places
    from coverage_gis.access.reach import Reach
    from coverage_gis.settings import CoveragePreset, CoverageRule, Settings


def run(ctx: StageContext) -> StageResult:
    """Apply every preset's cutoffs to the distances of the access stage."""
    origins = ctx.get("origins", "origins")
    places = load_places(ctx.get("access", "places"))
    reaches = load_reaches(ctx.get("access", "reach"), ctx.settings)
    snaps = ctx.get("access", "snap")
    pref = ctx.options.pref
    areas = areas_of(
        origins,
        ctx.get("origins", "origin_areas"),
        pd.DataFrame(ctx.get("origins", "municipalities").drop(columns="geometry")),
        (pref.code, pref.name_ja),
    )
    population = ctx.get("origins", "population")
    covered: list[pd.DataFrame] = []
    coverage: list[pd.DataFrame] = []
    by_subpoints = ctx.settings.run.covered_by == "subpoints"
    for preset, rule, service, metric, cutoff in _cases(ctx.settings):
        reach = reaches.get((service, rule.mode, metric))
        if reach is None:
            continue
        has_road, status = _road_and_status(places, reach, snaps, rule.mode, metric)
        share = covered_share(places, reach, cutoff, rule.unit, by_subpoints=by_subpoints)
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
        labels = {
            schema.YEAR: population["year"],
            schema.POPULATION_SOURCE: population["source"],
            schema.SERVICE: service,
            schema.MODE: rule.mode,
            schema.METRIC: metric,
            schema.PRESET: preset.name,
            schema.CUTOFF: cutoff,
            schema.CUTOFF_UNIT: rule.unit,
        }
        coverage.append(coverage_rows(areas, share, status, has_road, labels))
    return _result(areas, covered, coverage)


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


def _result(areas: Areas, covered: list[pd.DataFrame], coverage: list[pd.DataFrame]) -> StageResult:
    covered_table = pd.concat(covered, ignore_index=True) if covered else schema.COVERED.empty()
    table = pd.concat(coverage, ignore_index=True) if coverage else schema.COVERAGE.empty()
    order = {level: i for i, level in enumerate(schema.AREA_LEVELS)}
    table = table.sort_values(
        [schema.AREA_LEVEL, schema.AREA_CODE],
        key=lambda c: c.map(order) if c.name == schema.AREA_LEVEL else c,
        kind="stable",
    )
    everybody = float(areas.total(areas.people["total"])[0])
    return StageResult(
        artifacts={
            "covered": schema.COVERED.conform(covered_table),
            "coverage": schema.COVERAGE.conform(table),
        },
        totals={"population": everybody},
        counts={"headline": f"{len(table):,} rates for {len(areas.table):,} areas"},
    )
