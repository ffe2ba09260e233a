"""Quality of public transport A to F at each point (試案): mode, trips per day and distance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coverage_gis import schema
from coverage_gis.vacuum.supply import BUS_STOP, STATION, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from coverage_gis.settings import ServiceQuality
    from coverage_gis.vacuum.supply import Level

_NONE = len(schema.QUALITIES) - 1


def point_qualities(
    distance_m: Mapping[Level, NDArray[np.float64]], bands: ServiceQuality
) -> NDArray[np.int8]:
    """Return the class at each point, as its position in ``schema.QUALITIES``.

    The best class that any stop gives, by the mode's table: the band of trips per day and the
    band of distance. Without one, ``unknown`` where a stop of unknown frequency is near enough
    that its best band would give a class, else ``none``.

    Parameters
    ----------
    distance_m
        (service, least trips a day, or "?") -> metres to the nearest such stop; NaN is out of
        reach. All of the bands' levels and "?".
    bands
        The settings' bands.
    """
    shape = distance_m[STATION, UNKNOWN].shape
    best = np.full(shape, _NONE, dtype=np.int8)
    for service, table in ((STATION, bands.rail), (BUS_STOP, bands.bus)):
        near = np.zeros(shape, dtype=bool)
        for band, letter in zip(bands.distance_m, table[0], strict=True):
            near |= (distance_m[service, UNKNOWN] <= band) & (letter != "-")
        best[near] = np.minimum(best[near], schema.QUALITIES.index(schema.UNKNOWN))
        for trips, letters in zip(bands.trips_per_day, table, strict=True):
            for band, letter in zip(bands.distance_m, letters, strict=True):
                if letter != "-":
                    within = distance_m[service, trips] <= band
                    best[within] = np.minimum(best[within], schema.QUALITIES.index(letter))
    return best
