"""What if a line is cut or stops are added: who is better or worse off."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.errors import InputError
from coverage_gis.facilities.names import comparable_names
from coverage_gis.facilities.places import embed
from coverage_gis.transit.feed import ROUTE_ID, SERVICE_ID, TRIP_ID, GtfsFeed
from coverage_gis.transit.service_date import active_services
from coverage_gis.vacuum.polygons import people_columns

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from numpy.typing import NDArray

CHANGE: Final = "change"
FALLS, LEAVES, WORSE, BETTER = "falls", "leaves", "worse", "better"
_SHOWN = 20
_KEY = [schema.MESH_CODE, schema.PREF_CODE, schema.PRESET, schema.METRIC]


def routes_of(feeds: Sequence[GtfsFeed], day: dt.date | None) -> pd.DataFrame:
    """Return the routes of all feeds: ``feed_id``, ``route_id``, ``route_name``, ``trips``.

    ``trips`` are those in the timetable of ``day``; of a day that is None, all of the timetable.
    """
    tables = []
    for feed in feeds:
        trips = feed.trips
        if day is not None:
            trips = trips[trips[SERVICE_ID].isin(active_services(feed, day))]
        count = feed.routes[ROUTE_ID].map(trips.groupby(ROUTE_ID).size()).fillna(0)
        table = feed.routes.assign(feed_id=feed.feed_id, trips=count)
        tables.append(table[["feed_id", ROUTE_ID, "route_name", "trips"]])
    return pd.concat(tables, ignore_index=True).astype({"trips": "int64"})


def cut_routes(
    feeds: Sequence[GtfsFeed], names: Sequence[str], day: dt.date | None
) -> tuple[list[GtfsFeed], list[str]]:
    """Return the feeds without the trips of some routes, and ``feed_id:route_id`` of these.

    Parameters
    ----------
    feeds
        All feeds.
    names
        Each a ``feed_id:route_id``, a ``route_id`` or a route's name. Where routes of several
        feeds have it, those that run on the day are meant.
    day
        The service date; None where nothing runs.

    Raises
    ------
    InputError
        If a name fits no route, or routes of several feeds that run.
    """
    routes = routes_of(feeds, day)
    full = routes["feed_id"] + ":" + routes[ROUTE_ID]
    chosen: set[str] = set()
    for name in names:
        fits = (full == name) | (routes[ROUTE_ID] == name) | (routes["route_name"] == name)
        found = sorted(full[fits])
        if not found:
            raise InputError(
                f"--cut {name} is no route of the GTFS feeds; name one by route_id, "
                f"feed_id:route_id or its name. {_running(routes, day)}"
            )
        if len(set(routes.loc[fits, "feed_id"])) > 1 and (fits & (routes["trips"] > 0)).any():
            fits &= routes["trips"] > 0
            found = sorted(full[fits])
        if len(set(routes.loc[fits, "feed_id"])) > 1:
            raise InputError(
                f"--cut {name} fits routes of several feeds; say which: {', '.join(found)}."
            )
        chosen |= set(found)
    return [_without(feed, chosen) for feed in feeds], sorted(chosen)


def _running(routes: pd.DataFrame, day: dt.date | None) -> str:
    """Return the routes that run, a few of each feed's, and how to see all."""
    mine = routes[routes["trips"] > 0].sort_values(["feed_id", ROUTE_ID])
    # in turns, so that no feed's many lines hide the other feeds
    turn = mine.groupby("feed_id").cumcount()
    shown = mine.loc[turn.sort_values(kind="stable").index[:_SHOWN]].sort_index()
    full = (shown["feed_id"] + ":" + shown[ROUTE_ID]).tolist()
    called = shown["route_name"].tolist()
    names = ", ".join(
        f"{route} ({name})" if name else route for route, name in zip(full, called, strict=True)
    )
    more = len(mine) - len(shown)
    rest = f" and {more:,} more (the same command without --cut lists them all)" if more else ""
    when = f" on {day.isoformat()}" if day else ""
    return f"These run{when}: {names}{rest}." if names else f"No route runs{when}."


def _without(feed: GtfsFeed, routes: set[str]) -> GtfsFeed:
    gone = (feed.feed_id + ":" + feed.trips[ROUTE_ID]).isin(routes)
    if not gone.any():
        return feed
    trips = feed.trips.loc[gone, TRIP_ID]
    tables = {
        name: table[~table[TRIP_ID].isin(trips)].reset_index(drop=True)
        for name, table in (
            ("trips", feed.trips),
            ("stop_times", feed.stop_times),
            ("frequencies", feed.frequencies),
        )
    }
    return replace(feed, **tables)  # type: ignore[arg-type]  # three tables by their names


def departures_after(
    before: pd.DataFrame, after: pd.DataFrame, closed: Sequence[str]
) -> pd.DataFrame:
    """Return the departures after a cut: a stop that has lost all its trips has none, known.

    Parameters
    ----------
    before, after
        ``DEPARTURES`` of the whole and of the cut timetables.
    closed
        Stops that no trip of any day serves any more, also of feeds that do not run that day.
    """
    ids = sorted({*before[schema.DESTINATION_ID], *closed})
    trips = after.set_index(schema.DESTINATION_ID)[schema.PLACE_TRIPS]
    kept = pd.Series(ids, dtype="str")
    return pd.DataFrame(
        {
            schema.DESTINATION_ID: kept,
            schema.PLACE_TRIPS: kept.map(trips).fillna(0).astype("int64"),
        }
    )


def with_added(
    destinations: pd.DataFrame,
    trips: NDArray[np.float64],
    added: pd.DataFrame,
    same_m: float,
) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """Return destinations and their trips with the planned stops.

    A planned stop at an existing one (same name within ``same_m``) adds its trips to those
    of the place; stops of unknown frequency stay unknown.

    Parameters
    ----------
    destinations, trips
        Of the run; trips are NaN where unknown.
    added
        ``DESTINATIONS`` and ``trips_per_day`` (NaN where the planner does not say).
    same_m
        Metres, inclusive.
    """
    joined = pd.concat([destinations, added[destinations.columns]], ignore_index=True)
    names = comparable_names(joined[schema.NAME])
    group = pd.factorize(joined[schema.SERVICE] + "\0" + names)[0]
    points = embed(joined[schema.LON], joined[schema.LAT], group)
    n = len(destinations)
    more = added[schema.TRIPS_PER_DAY].to_numpy(dtype=np.float64)
    out = np.concatenate([trips, more])
    for i, extra in enumerate(more):
        apart = np.linalg.norm(points[:n] - points[n + i], axis=1)
        here = (apart <= same_m) & (names[:n] != "").to_numpy() & ~np.isnan(trips)
        if np.isnan(extra) or not here.any():
            continue
        out[n + i] = extra + trips[here].max()
        out[:n][here] += extra
    return joined, out


def change_of(before: NDArray[np.object_], after: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return how each class changes.

    "falls" into the vacuum, "leaves" it, else gets "worse" or "better"; "" where it stays.

    Parameters
    ----------
    before, after
        ``(n,)`` classes of ``schema.TRANSIT_CLASSES``, or no_road on both sides.
    """
    rank = {name: i for i, name in enumerate((*schema.TRANSIT_CLASSES, schema.NO_ROAD))}
    was, now = (np.array([rank[name] for name in side], dtype=np.int64) for side in (before, after))
    change = np.where(now > was, WORSE, BETTER).astype(object)
    change[now == rank[schema.VACUUM]] = FALLS
    change[was == rank[schema.VACUUM]] = LEAVES
    change[now == was] = ""
    return np.asarray(change, dtype=object)


def class_changes(before: pd.DataFrame, after: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells whose class changes, by definition and metric.

    Parameters
    ----------
    before, after
        ``TRANSIT``, the same rows.
    cells
        ``mesh_code``, ``pref_code``, ``muni_code``, ``muni_name`` and people of the cells.

    Returns
    -------
    DataFrame
        ``class_before``, ``class_after`` and ``change``: "falls" into the vacuum, "leaves"
        it, else gets "worse" or "better"; with what ``cells`` has.
    """
    both = before[[*_KEY, schema.TRANSIT_CLASS]].merge(
        after[[*_KEY, schema.TRANSIT_CLASS]], on=_KEY, suffixes=("_before", "_after")
    )
    both = both.rename(
        columns={f"{schema.TRANSIT_CLASS}_{when}": f"class_{when}" for when in ("before", "after")}
    )
    changed = both[both["class_before"] != both["class_after"]]
    was, now = (changed[f"class_{when}"].to_numpy(dtype=object) for when in ("before", "after"))
    change = change_of(was, now)
    out = changed.assign(**{CHANGE: pd.array(change, dtype="str")})
    return out.merge(cells, on=[schema.MESH_CODE, schema.PREF_CODE], how="left")


def change_summary(changes: pd.DataFrame) -> pd.DataFrame:
    """Return people by definition, metric, kind of change and municipality."""
    by = [schema.PRESET, schema.METRIC, CHANGE, schema.MUNI_CODE, "muni_name"]
    people = people_columns(changes)
    grouped = changes.groupby(by, sort=True)
    return (
        pd.DataFrame(
            {
                "cells": grouped.size(),
                **{name: grouped[name].sum(min_count=1) for name in people},
            }
        )
        .rename_axis(by)
        .reset_index()
    )
