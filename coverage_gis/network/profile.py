"""Who may use a way, in which direction, and how fast: one answer per combination of tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis import schema
from coverage_gis.network import tags as osm

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from coverage_gis.settings import NetworkSettings

_FERRY = "ferry"


@dataclass(frozen=True)
class WayUse:
    """What one mode may do on ways of each tag set; all arrays of shape (T,).

    Attributes
    ----------
    forward, backward
        Whether the way may be used along and against its direction.
    forward_m_per_s, backward_m_per_s
        Speed in each direction (also where it is closed).
    duration_s
        How long a ferry says the whole way takes, NaN where it says nothing.
    snappable
        Whether places may join the way from its side.
    """

    forward: NDArray[np.bool_]
    backward: NDArray[np.bool_]
    forward_m_per_s: NDArray[np.float64]
    backward_m_per_s: NDArray[np.float64]
    duration_s: NDArray[np.float64]
    snappable: NDArray[np.bool_]


def way_use(tagsets: Iterable[Mapping[str, str]], settings: NetworkSettings, mode: str) -> WayUse:
    """Return the use of ways of each tag set by ``mode`` ("walk" or "drive").

    The rules are those of ``network.toml``; tag meanings as documented in the OSM wiki
    (Key:access, Key:oneway, Key:maxspeed, Tag:route=ferry).
    """
    one = _walk if mode == schema.WALK else _drive
    rows = [one(tags, settings) for tags in tagsets]
    table = np.array(rows, dtype=np.float64).reshape(-1, 6)
    return WayUse(
        forward=table[:, 0] > 0,
        backward=table[:, 1] > 0,
        forward_m_per_s=table[:, 2].copy(),
        backward_m_per_s=table[:, 3].copy(),
        duration_s=table[:, 4].copy(),
        snappable=table[:, 5] > 0,
    )


_Row = tuple[bool, bool, float, float, float, bool]
_CLOSED: _Row = (False, False, 1.0, 1.0, np.nan, False)


def _walk(tags: Mapping[str, str], settings: NetworkSettings) -> _Row:
    profile = settings.walk
    highway = tags.get("highway")
    ferry = highway is None and tags.get("route") == _FERRY
    if not ferry and highway not in profile.highway:
        return _CLOSED
    if _first(tags, profile.access_keys) in profile.forbidden:
        return _CLOSED
    if "foot" not in tags and any(tags.get(k) == v for k, v in profile.closed_if):
        return _CLOSED
    forward, backward = osm.foot_directions(tags)
    if ferry:
        return _ferry(tags, settings, forward=forward, backward=backward)
    speed = profile.speed_m_per_s
    return forward, backward, speed, speed, np.nan, highway not in settings.snap_never


def _drive(tags: Mapping[str, str], settings: NetworkSettings) -> _Row:
    profile = settings.drive
    highway = tags.get("highway")
    ferry = highway is None and tags.get("route") == _FERRY
    class_speed = profile.speed_m_per_s.get(highway or "")
    if not ferry and class_speed is None:
        return _CLOSED
    if _first(tags, profile.access_keys) in profile.forbidden:
        return _CLOSED
    if any(tags.get(k) == v for k, v in profile.closed_if):
        return _CLOSED
    forward, backward = osm.vehicle_directions(tags)
    if ferry:
        # A ferry that names people on foot and no vehicle takes no cars.
        vehicles = [key for key in profile.access_keys if key != "access"]
        if "foot" in tags and _first(tags, vehicles) is None:
            return _CLOSED
        return _ferry(tags, settings, forward=forward, backward=backward)
    speed = class_speed or 1.0
    both = osm.speed_m_per_s(tags.get("maxspeed"))
    along, against = (
        min(speed, osm.speed_m_per_s(tags.get(key)) or both or speed)
        for key in ("maxspeed:forward", "maxspeed:backward")
    )
    return forward, backward, along, against, np.nan, highway not in settings.snap_never


def _ferry(
    tags: Mapping[str, str], settings: NetworkSettings, *, forward: bool, backward: bool
) -> _Row:
    speed = settings.ferry_speed_m_per_s
    duration = osm.duration_s(tags.get("duration"))
    snappable = _FERRY not in settings.snap_never
    return forward, backward, speed, speed, duration or np.nan, snappable


def _first(tags: Mapping[str, str], keys: Iterable[str]) -> str | None:
    """Return the value of the first of ``keys`` that is there."""
    return next((tags[key] for key in keys if key in tags), None)
