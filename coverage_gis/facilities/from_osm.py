"""OSM objects as facilities, each real one once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from coverage_gis import schema
from coverage_gis.facilities.merge import SEPARATOR
from coverage_gis.facilities.names import comparable_names
from coverage_gis.facilities.places import embed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coverage_gis.settings import Service

OSM = "osm"
OSM_ID = "osm_id"
TAG = "tag"
RADIUS_M = "radius_m"

_LARGEST_M = 500.0
"""No area reaches farther from its centre: a hospital's grounds do not, a broken relation might."""
_SAME_NAME_M = 50.0
"""A node this near an area's centre and of its name is that area, however small it is."""


def classify(pois: pd.DataFrame, services: Mapping[str, Service]) -> pd.DataFrame:
    """Return the OSM objects that give a service, each facility once.

    Mappers often draw a shop as a building (an area) and put a node with the same tags into
    it, or tag both the relation and its outline. Within one service,

    * an object whose centre lies in an area's radius, and whose name is the area's or blank
      on either side, is that area; with the same name, also up to 50 m from its centre;
    * two nodes are always two facilities (chain stores of one name stand close together).

    The larger area stays, with its own position; ids of all are kept, and a name found on
    any of them is used.

    Parameters
    ----------
    pois
        ``osm_id`` ("n1", "w2", "r3"), ``lon``, ``lat``, ``name``, ``tag`` ("key=value"; one row
        per matching tag) and ``radius_m`` (half the diagonal of an area's box, 0 for nodes).
    services
        By name; groups and services without OSM tags give nothing.

    Returns
    -------
    ``DESTINATIONS``, sorted by service and id.
    """
    tables = [schema.DESTINATIONS.empty()]
    for name, service in services.items():
        tags = [f"{key}={value}" for key, value in service.osm]
        mine = pois[pois[TAG].isin(tags)].sort_values([OSM_ID, TAG]).drop_duplicates(OSM_ID)
        if len(mine):
            tables.append(_once_each(mine.reset_index(drop=True)).assign(**{schema.SERVICE: name}))
    joined = pd.concat(tables).sort_values([schema.SERVICE, schema.DESTINATION_ID])
    return schema.DESTINATIONS.conform(joined)


def _once_each(pois: pd.DataFrame) -> pd.DataFrame:
    names = pois[schema.NAME].fillna("").astype("str").to_numpy(dtype=object).copy()
    home = _homes(pois, names)
    ids = pd.Series("osm:" + pois[OSM_ID])
    own = home == np.arange(len(home))
    # The facility's own id first, then those of what was found to be the same.
    order = np.lexsort((np.arange(len(home)), ~own, home))
    gathered = ids.iloc[order].groupby(home[order]).agg(SEPARATOR.join)
    kept = pois[own]
    return pd.DataFrame(
        {
            schema.DESTINATION_ID: ids[own],
            schema.NAME: names[own],
            schema.LON: kept[schema.LON],
            schema.LAT: kept[schema.LAT],
            schema.SOURCE: OSM,
            schema.SOURCE_IDS: gathered.reindex(kept.index),
            schema.CAPACITY: np.nan,
        }
    )


def _homes(
    pois: pd.DataFrame, names: np.ndarray[tuple[int], np.dtype[np.object_]]
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return for each object the area it is, or itself; fills blank ``names`` of areas."""
    home = np.arange(len(pois))
    radius = np.minimum(pois[RADIUS_M].to_numpy(dtype=np.float64), _LARGEST_M)
    areas = np.flatnonzero(radius > 0)
    if not len(areas):
        return home
    keys = comparable_names(names).to_numpy(dtype=object).copy()
    points = embed(pois[schema.LON], pois[schema.LAT], np.zeros(len(pois)))
    areas = areas[np.lexsort((areas, -radius[areas]))]
    reach = np.maximum(radius[areas], _SAME_NAME_M)
    found = KDTree(points).query_ball_point(points[areas], reach, return_sorted=True)
    for area, near in zip(areas, found, strict=True):
        if home[area] != area:
            continue
        others = np.array(
            [i for i in near if i != area and home[i] == i and radius[i] <= radius[area]],
            dtype=np.int64,
        )
        distance = np.linalg.norm(points[others] - points[area], axis=1)
        # Nearest first: a blank area takes the name of the nearest, and then only that one's.
        for i in others[np.lexsort((others, distance))]:
            blank = not (keys[i] and keys[area])
            inside = np.linalg.norm(points[i] - points[area]) <= radius[area]
            if (blank and inside) or (not blank and keys[i] == keys[area]):
                home[i] = area
                if not keys[area]:
                    names[area], keys[area] = names[i], keys[i]
    return home
