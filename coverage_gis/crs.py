"""Coordinate reference systems by name, and lengths on the ellipsoid.

All tables hold longitude and latitude in degrees, JGD2011 (EPSG:6668). WGS 84
coordinates (OSM, GTFS) are taken as JGD2011 without a shift: the two agree to
within the accuracy of the data (a few decimetres). JGD2000 (EPSG:4612) differs by
up to metres where the ground moved in 2011 and is transformed by PROJ on reading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pyproj import Geod

from coverage_gis.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

JGD2011 = "EPSG:6668"
JGD2000 = "EPSG:4612"
WGS84 = "EPSG:4326"

GRS80 = Geod(ellps="GRS80")
"""The ellipsoid of JGD2011; WGS 84's differs from it by 0.1 mm in the minor axis."""

GRS80_A = 6378137.0
"""Semi-major axis of GRS 80, metres."""
GRS80_F = 1 / 298.257222101
"""Flattening of GRS 80."""
GRS80_E2 = GRS80_F * (2 - GRS80_F)
"""First eccentricity of GRS 80, squared."""

# 平面直角座標系 by prefecture (国土交通省告示第九号, 2002): the zone of most of its land.
# Hokkaido (XI-XIII) and the outer islands of Tokyo (XIV, XVIII, XIX), Kagoshima (I) and
# Okinawa (XVI, XVII) have zones of their own; here is the zone of the prefectural capital.
_PLANE_ZONE = {
    "42": 1,
    **dict.fromkeys(("40", "41", "43", "44", "45", "46"), 2),
    **dict.fromkeys(("32", "34", "35"), 3),
    **dict.fromkeys(("36", "37", "38", "39"), 4),
    **dict.fromkeys(("28", "31", "33"), 5),
    **dict.fromkeys(("18", "24", "25", "26", "27", "29", "30"), 6),
    **dict.fromkeys(("16", "17", "21", "23"), 7),
    **dict.fromkeys(("15", "19", "20", "22"), 8),
    **dict.fromkeys(("07", "08", "09", "10", "11", "12", "13", "14"), 9),
    **dict.fromkeys(("02", "03", "04", "05", "06"), 10),
    "01": 12,
    "47": 15,
    "00": 6,
}


def plane_crs(pref_code: str) -> str:
    """Return the plane rectangular CRS (平面直角座標系, JGD2011) of a prefecture.

    Parameters
    ----------
    pref_code
        Two digits, "00" (the demo prefecture) to "47".

    Raises
    ------
    InputError
        If the code is not a prefecture's.
    """
    try:
        return f"EPSG:{6668 + _PLANE_ZONE[pref_code]}"
    except KeyError:
        raise InputError(f"'{pref_code}' is not a prefecture code (01 to 47, or 00).") from None


def metres_per_degree(lat: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return metres per degree of longitude and of latitude on GRS 80.

    From the radii of curvature in the prime vertical, N, and in the meridian, M.

    Parameters
    ----------
    lat
        Latitudes in degrees, any shape.

    Returns
    -------
    tuple of arrays
        ``(per_lon, per_lat)``, each of the shape of ``lat``.
    """
    phi = np.radians(np.asarray(lat, dtype=np.float64))
    w2 = 1 - GRS80_E2 * np.sin(phi) ** 2
    prime_vertical = GRS80_A / np.sqrt(w2)
    meridian = GRS80_A * (1 - GRS80_E2) / (w2 * np.sqrt(w2))
    degree = np.pi / 180
    return prime_vertical * np.cos(phi) * degree, meridian * degree


def geodesic_m(
    lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike
) -> NDArray[np.float64]:
    """Return geodesic lengths in metres between pairs of points in degrees, broadcast."""
    together = np.broadcast_arrays(lon1, lat1, lon2, lat2)
    x1, y1, x2, y2 = (np.array(p, dtype=np.float64) for p in together)
    if x1.size == 1:  # pyproj takes one number for a scalar, and older numpy objects to that
        _, _, length = GRS80.inv(x1.item(), y1.item(), x2.item(), y2.item())
    else:
        _, _, length = GRS80.inv(x1, y1, x2, y2)
    return np.asarray(length, dtype=np.float64).reshape(x1.shape)
