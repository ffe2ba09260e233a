"""Poles of one stop, of all operators, as one place for display and sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from coverage_gis import schema
from coverage_gis.facilities.names import comparable_names
from coverage_gis.facilities.places import clusters
from coverage_gis.transit.feed import STOP_ID, STOP_NAME, STOP_OR_PLATFORM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coverage_gis.transit.feed import GtfsFeed


def stop_places(feeds: Sequence[GtfsFeed], same_m: float) -> pd.Series:
    """Return which place each pole belongs to.

    Poles of one name (:func:`coverage_gis.facilities.names.comparable`), linked by steps of
    at most ``same_m``, are one place, whosever they are. Links only add up, so a further pole
    never takes a place apart. Each pole keeps its own position: distances are to the poles.

    Parameters
    ----------
    feeds
        With distinct ``feed_id``.
    same_m
        Metres, inclusive.

    Returns
    -------
    Series
        ``destination_id`` -> ``place_id``, the smallest id among the place's poles.
    """
    tables = [
        pd.DataFrame(
            {
                "id": feed.destination_ids(poles[STOP_ID]),
                "name": comparable_names(poles[STOP_NAME]).to_numpy(),
                "lon": poles["lon"],
                "lat": poles["lat"],
            }
        )
        for feed in feeds
        for poles in [feed.stops[feed.stops["location_type"] == STOP_OR_PLATFORM]]
    ]
    if not tables:
        return pd.Series(dtype="str", index=pd.Index([], dtype="str"), name=schema.PLACE_ID)
    poles = pd.concat(tables, ignore_index=True).sort_values("id", ignore_index=True)
    place = clusters(poles["name"], poles["lon"], poles["lat"], same_m)
    first = poles["id"].groupby(place).transform("min")
    return pd.Series(first.to_numpy(), index=pd.Index(poles["id"]), name=schema.PLACE_ID)
