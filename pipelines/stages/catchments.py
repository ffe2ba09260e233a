"""Floating catchments: medical supply per head, shared among all who reach it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.access.catchments import (
    Supply,
    floating_access,
    road_pairs,
    straight_pairs,
    supply_of,
)
from coverage_gis.access.floating_catchment import FloatingCatchment
from coverage_gis.access.places import places_of
from coverage_gis.access.road import facilities_on, homes_on
from coverage_gis.coverage.areas import areas_of
from coverage_gis.coverage.floating import PER, floating_rows
from coverage_gis.errors import ConservationError
from coverage_gis.export.csv import write_csv
from coverage_gis.network.model import Network
from coverage_gis.routing.footholds import facilities
from coverage_gis.settings import BY_CAPACITY, BY_COUNT
from pipelines.stage import StageContext, StageResult

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from coverage_gis.network.footholds import Footholds
    from coverage_gis.routing.footholds import Facilities
    from coverage_gis.settings import CatchmentPreset

_ONE_POINT_M = 1e9  # sub-points so far apart that a cell has one: only centres are asked about
_SMALL = 1e-6


@dataclass(frozen=True)
class _Everybody:
    """The cells of the prefecture, then those of its margin, on one mode's network."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    people: NDArray[np.float64]
    n_inside: int
    has_road: NDArray[np.bool_]
    homes: Footholds | None
    asked: Facilities | None


def run(ctx: StageContext) -> StageResult:
    """Share out medical supply among all who reach it."""
    origins, margin = ctx.get("origins", "origins"), ctx.get("origins", "margin")
    cells = origins[[schema.MESH_CODE, schema.PREF_CODE]].copy()
    notes: list[str] = []
    table, counts = _catchments(ctx, cells, notes)
    if len(table) and not len(margin):
        notes.append(
            "No people are known beyond the border: floating catchments near it give more than "
            "there is (census files by primary mesh have the neighbours' people; so have files of "
            f"neighbouring prefectures put into {ctx.options.raw / ctx.options.pref.code})."
        )

    def write(folder: Path) -> None:
        if len(table):
            write_csv(table, folder / "floating_catchment.csv")

    return StageResult(
        artifacts={"cells": cells, "floating_catchment": table},
        totals={"population": float(origins[schema.POPULATION].sum())},
        counts={
            "headline": f"{len(counts)} floating catchments",
            "floating_catchment": counts,
            "people_in_margin": float(margin[schema.POPULATION].sum()),
        },
        notes=notes,
        write=write,
    )


def _catchments(
    ctx: StageContext, cells: pd.DataFrame, notes: list[str]
) -> tuple[pd.DataFrame, dict[str, dict[str, float]]]:
    """Return the areas' figures of every preset; the cells' go into ``cells``."""
    areas = areas_of(
        ctx.get("origins", "origins"),
        ctx.get("origins", "origin_areas"),
        pd.DataFrame(ctx.get("origins", "municipalities").drop(columns="geometry")),
        (ctx.options.pref.code, ctx.options.pref.name_ja),
        ctx.get("origins", "medical_areas"),
    )
    tables: list[pd.DataFrame] = []
    counts: dict[str, dict[str, float]] = {}
    known: dict[str, _Everybody] = {}
    shared: dict[str, FloatingCatchment] = {}
    for preset in ctx.settings.medical.catchments.values():
        supply = _supply(ctx, preset)
        if not len(supply.rows):
            notes.append(f"{preset.name} is left out: no {preset.service} in the data.")
            continue
        if preset.mode not in known:
            known[preset.mode] = _everybody(ctx, preset.mode)
        everybody = known[preset.mode]
        if preset.name not in shared:
            shared |= _share_out(ctx, preset, supply, everybody)
        found = shared.pop(preset.name)
        counts[preset.name] = _account(preset, supply, everybody, found)
        inside = FloatingCatchment(
            found.access[: everybody.n_inside],
            found.ratio,
            found.unknown[: everybody.n_inside],
        )
        has_road = everybody.has_road[: everybody.n_inside]
        cells[column_of(preset)] = np.where(has_road, inside.access * PER, np.nan)
        tables.append(floating_rows(areas, inside, has_road, _labels(ctx, preset, supply)))
        if supply.by == BY_COUNT and preset.supply == BY_CAPACITY:
            notes.append(
                f"{preset.name}: the data give no capacity of any {preset.service}; facilities "
                "are counted instead."
            )
        elif np.isnan(supply.amount).any():
            notes.append(
                f"{preset.name}: the capacity of {int(np.isnan(supply.amount).sum()):,} of "
                f"{len(supply.rows):,} facilities is not known; who reaches them has a lower bound."
            )
    return (pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()), counts


def column_of(preset: CatchmentPreset) -> str:
    """Return the name of a preset's column in the cells."""
    return f"{preset.name.replace('-', '_')}_per_1000"


def _supply(ctx: StageContext, preset: CatchmentPreset) -> Supply:
    service = ctx.settings.services[preset.service]
    return supply_of(
        ctx.get("destinations", "destinations"),
        service.any_of or (service.name,),
        by=preset.supply,
        same_m=ctx.settings.run.same_stop_m,
    )


def _everybody(ctx: StageContext, mode: str) -> _Everybody:
    """Return all who share, joined to the mode's network where there is one."""
    origins, margin = ctx.get("origins", "origins"), ctx.get("origins", "margin")
    both = pd.concat([origins, margin], ignore_index=True)
    places = places_of(both, _ONE_POINT_M)
    n = len(both)
    lon, lat = places.lon[:n], places.lat[:n]
    people = both[schema.POPULATION].to_numpy(dtype=np.float64)
    if not ctx.options.by_road:
        return _Everybody(lon, lat, people, len(origins), np.ones(n, dtype=bool), None, None)
    rules = ctx.settings.network
    network = Network.from_arrays(ctx.get("network", mode))
    homes = homes_on(network, places, rules).head(n)
    sites = facilities_on(network, ctx.get("destinations", "destinations"), rules)
    asked = facilities(network, sites)
    return _Everybody(lon, lat, people, len(origins), homes.first.joined, homes, asked)


def _share_out(
    ctx: StageContext, preset: CatchmentPreset, supply: Supply, everybody: _Everybody
) -> dict[str, FloatingCatchment]:
    """Return the catchments of a preset, and of all that share the same ways."""
    by_time = preset.mode == schema.DRIVE and everybody.asked is not None
    alike = [p for p in ctx.settings.medical.catchments.values() if _ways(p) == _ways(preset)]
    forms = [(p.limits_s if by_time else p.limits_m, p.weights) for p in alike]
    cutoff = forms[0][0][-1]
    if everybody.asked is not None and everybody.homes is not None:
        pairs = road_pairs(everybody.asked, supply.rows, everybody.homes, cutoff, by_time=by_time)
    else:
        sites = ctx.get("destinations", "destinations").iloc[supply.rows]
        site = tuple(sites[c].to_numpy(dtype=np.float64) for c in (schema.LON, schema.LAT))
        pairs = straight_pairs((everybody.lon, everybody.lat), (site[0], site[1]), cutoff)
    found = floating_access(pairs, supply.amount, everybody.people, *forms)
    return dict(zip((p.name for p in alike), found, strict=True))


def _ways(preset: CatchmentPreset) -> tuple[str, str, str, float, float]:
    """Return what decides which places and facilities are within reach of each other."""
    limits = preset.limits_s[-1], preset.limits_m[-1]
    return preset.service, preset.supply, preset.mode, *limits


def _account(
    preset: CatchmentPreset, supply: Supply, everybody: _Everybody, found: FloatingCatchment
) -> dict[str, float]:
    """Return where the supply went; all that anybody reaches is with somebody.

    Raises
    ------
    ConservationError
        If supply was lost or made.
    """
    reached = float(np.nansum(supply.amount[~np.isnan(found.ratio)]))
    given = found.access * everybody.people
    if abs(given.sum() - reached) > _SMALL * max(reached, 1.0):
        raise ConservationError(
            f"{preset.name}: {reached:,.3f} of supply are in reach, but {given.sum():,.3f} came "
            "to people; please report this."
        )
    inside = everybody.people[: everybody.n_inside]
    return {
        "facilities": float(len(supply.rows)),
        "facilities_unknown": float(np.isnan(supply.amount).sum()),
        "supply": float(np.nansum(supply.amount)),
        "supply_reached": reached,
        "supply_inside": float(given[: everybody.n_inside].sum()),
        "supply_margin": float(given[everybody.n_inside :].sum()),
        "people": float(inside.sum()),
        "people_margin": float(everybody.people[everybody.n_inside :].sum()),
    }


def _labels(ctx: StageContext, preset: CatchmentPreset, supply: Supply) -> dict[str, Any]:
    population = ctx.get("origins", "population")
    return {
        schema.YEAR: population["year"],
        schema.POPULATION_SOURCE: population["source"],
        schema.PRESET: preset.name,
        schema.SERVICE: preset.service,
        schema.MODE: preset.mode,
        schema.METRIC: schema.ROAD if ctx.options.by_road else schema.STRAIGHT,
        "supply": supply.by,
        "facilities": len(supply.rows),
        "facilities_of_unknown_supply": int(np.isnan(supply.amount).sum()),
    }
