"""What if: fewer and more stores, and the people of the years to come by facility."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from coverage_gis import schema
from coverage_gis.access.choice import different
from coverage_gis.coverage.sensitivity import (
    AS_IS,
    FEWER,
    MORE,
    Pairs,
    arriving,
    leaving,
    reached,
    sensitivity_rows,
)
from coverage_gis.coverage.support import (
    NOW,
    SUPPORT,
    people_of_facilities,
    people_per_facility,
    support_rows,
)
from coverage_gis.facilities.places import embed
from coverage_gis.routing.footholds import facilities, facility_pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipelines.peoples import People
    from pipelines.stage import StageContext
    from pipelines.town import Town


def sensitivity_table(
    ctx: StageContext, town: Town, muni_codes: NDArray[np.object_]
) -> pd.DataFrame:
    """Return the summary's figure with fewer and more stores; empty where it is by another mode."""
    run, rules = ctx.settings.run, ctx.settings.sensitivity
    preset = ctx.settings.coverage_presets[run.summary_preset]
    rule = next(r for r in preset.rules if run.summary_service in r.services)
    service = ctx.settings.services[run.summary_service]
    members = different(town.destinations, service.any_of or (service.name,))
    if rule.mode != schema.WALK or rule.unit != "m" or not len(members):
        return pd.DataFrame()
    cutoff = rule.cutoffs[0]
    pairs = _stores_near(town, members, cutoff)
    inside = sum(muni_codes[row] is not None for row in members) or len(members)
    more = round(inside * rules.share)
    places = town.places
    stays = leaving(len(members), rules.share, rules.draws, rules.seed)
    now = reached(pairs, np.ones((len(members), 1), dtype=bool), places.n_cells * places.per_cell)
    within = {FEWER: reached(pairs, stays, len(now)), AS_IS: now}
    within[MORE] = now | _near_new(
        town, cutoff, arriving(_people(town), more, rules.draws, rules.seed)
    )
    population = ctx.get("origins", "population")
    labels = {
        schema.YEAR: population["year"],
        schema.POPULATION_SOURCE: population["source"],
        schema.SERVICE: service.name,
        schema.MODE: rule.mode,
        schema.METRIC: town.metric,
        schema.PRESET: preset.name,
        schema.CUTOFF: cutoff,
        schema.CUTOFF_UNIT: rule.unit,
    }
    gone = len(members) - int(stays[:, 0].sum())
    stores = {FEWER: len(members) - gone, AS_IS: len(members), MORE: len(members) + more}
    return sensitivity_rows(
        town.areas, places, within, stores, has_road=town.has_road, labels=labels
    )


def _people(town: Town) -> NDArray[np.float64]:
    """Return the people of each sub-point, those with roads."""
    by_cell = np.bincount(
        town.areas.cell, town.areas.people["total"], minlength=town.places.n_cells
    )
    by_cell = np.where(town.has_road, by_cell, 0.0)
    return np.repeat(by_cell / town.places.per_cell, town.places.per_cell)


def _stores_near(town: Town, members: NDArray[np.int64], cutoff_m: float) -> Pairs:
    """Return which of the stores are within reach of which sub-points."""
    first = town.places.n_cells
    if town.asked is None or town.homes is None:
        lon, lat = (town.destinations[c].to_numpy()[members] for c in (schema.LON, schema.LAT))
        return _straight(town, embed(lon, lat, np.zeros(len(members))), cutoff_m)
    found = facility_pairs(town.asked, members, town.homes, cutoff_m)
    number = np.full(len(town.destinations), -1, dtype=np.int64)
    number[members] = np.arange(len(members))
    sub = found.origin >= first
    return Pairs(found.origin[sub].astype(np.int64) - first, number[found.target[sub]])


def _near_new(town: Town, cutoff_m: float, at: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return ``(n_subpoints, draws)`` whether a new store of the draw is within reach.

    ``at`` are the sub-points where the stores of each draw come.
    """
    first = town.places.n_cells
    where, which = np.unique(at, return_inverse=True)
    comes = np.zeros((len(where), len(at)), dtype=bool)
    comes[which.reshape(at.shape), np.arange(len(at))[:, None]] = True
    if town.asked is None or town.homes is None:
        points = _embedded(town)[where]
        pairs = _straight(town, points, cutoff_m)
    else:
        new = facilities(town.asked.graph.road, town.homes.take(where + first))
        found = facility_pairs(new, np.arange(len(where)), town.homes, cutoff_m)
        sub = found.origin >= first
        pairs = Pairs(
            found.origin[sub].astype(np.int64) - first, found.target[sub].astype(np.int64)
        )
    return reached(pairs, comes, len(town.places.lon) - first)


def _embedded(town: Town) -> NDArray[np.float64]:
    first = town.places.n_cells
    lon, lat = town.places.lon[first:], town.places.lat[first:]
    return embed(lon, lat, np.zeros(len(lon)))


def _straight(town: Town, points: NDArray[np.float64], cutoff_m: float) -> Pairs:
    near = cKDTree(_embedded(town)).query_ball_point(points, cutoff_m)
    lengths = [len(found) for found in near]
    places = np.array([place for found in near for place in found], dtype=np.int64)
    return Pairs(places, np.repeat(np.arange(len(points)), lengths))


def support_tables(
    ctx: StageContext,
    town: Town,
    muni_codes: NDArray[np.object_],
    peoples: Sequence[People],
) -> dict[str, pd.DataFrame]:
    """Return the people of each facility, and per facility of each area, now and by year."""
    times = {
        str(p.year) if number else NOW: p.areas.without(schema.MEDICAL_AREA)
        for number, p in enumerate(peoples)
    }
    n = town.places.n_cells
    people = {
        label: np.bincount(areas.cell, areas.people["total"], minlength=n)[:n].astype(np.float64)
        for label, areas in times.items()
    }
    facilities, by_area = [], []
    sources = {NOW: ctx.get("origins", "population")["source"]}
    members = _memberships(ctx, town)
    for service, threshold in ctx.settings.support.people.items():
        reach = town.reaches.get((service, schema.WALK, town.metric))
        if reach is None:
            continue
        by_label = {
            label: people_of_facilities(town.places, reach, values, len(town.destinations))
            for label, values in people.items()
        }
        table = support_rows(town.destinations, muni_codes, service, by_label, threshold)
        facilities.append(table.assign(**{schema.METRIC: town.metric}))
        for label, areas in times.items():
            year = ctx.get("origins", "population")["year"] if label == NOW else int(label)
            by_area.append(
                people_per_facility(areas, table, members, label).assign(
                    **{
                        schema.SERVICE: service,
                        schema.YEAR: year,
                        schema.POPULATION_SOURCE: sources.get(label, schema.PROJECTION),
                        SUPPORT: threshold,
                    }
                )
            )
    empty = pd.DataFrame()
    return {
        "facility_support": pd.concat(facilities, ignore_index=True) if facilities else empty,
        "people_per_facility": pd.concat(by_area, ignore_index=True) if by_area else empty,
    }


def _memberships(ctx: StageContext, town: Town) -> dict[str, set[tuple[str, str]]]:
    """Return municipality -> areas it is part of: the prefecture, its city, itself."""
    pref = (schema.PREFECTURE, ctx.options.pref.code)
    municipalities = ctx.get("origins", "municipalities")
    codes: Sequence[str] = municipalities[schema.MUNI_CODE].tolist()
    cities = municipalities["city_code"].tolist()
    known = set(
        zip(town.areas.table[schema.AREA_LEVEL], town.areas.table[schema.AREA_CODE], strict=True)
    )
    out = {}
    for code, city in zip(codes, cities, strict=True):
        own = {(schema.MUNICIPALITY, code), (schema.WARD, code), (schema.MUNICIPALITY, city)}
        out[code] = {pref} | (own & known)
    return out
