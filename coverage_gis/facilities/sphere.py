"""What people in shelters need by the Sphere standards: floor, toilets, baths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.facilities.capacity import AREA_M2, CAPACITY_SPHERE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from coverage_gis.settings import Sphere

ROOM: Final = "room_nearest"
ENOUGH, OVER = "enough", "over"
"""Whether those whose nearest shelter it is find room in it; else "unknown" or "no_road"."""
PEOPLE_DECIMALS: Final = 3
"""Of people in tables; the people of a point are fractions."""
_SLACK: Final = 1e-6
"""People are sums of fractions: a sum this little above a whole number is that number."""


def fixtures(people: ArrayLike, people_per: float) -> NDArray[np.float64]:
    """Return the whole number of toilets or baths for some people; NaN of NaN.

    One for each ``people_per`` people begun.
    """
    return np.ceil(np.asarray(people, dtype=np.float64) / people_per - _SLACK)


def sphere_needs(people: ArrayLike, sphere: Sphere) -> pd.DataFrame:
    """Return ``area_needed_m2, toilets_onset, toilets_midterm, baths`` for some people."""
    count = np.asarray(people, dtype=np.float64)
    return pd.DataFrame(
        {
            "area_needed_m2": count * sphere.area_m2_per_person,
            "toilets_onset": fixtures(count, sphere.people_per_toilet_onset),
            "toilets_midterm": fixtures(count, sphere.people_per_toilet_midterm),
            "baths": fixtures(count, sphere.people_per_bath),
        }
    )


def _room(
    nearest: NDArray[np.float64], capacity: NDArray[np.float64], on_road: NDArray[np.bool_]
) -> NDArray[np.object_]:
    kind = np.where(nearest > capacity, OVER, ENOUGH).astype(object)
    kind[np.isnan(capacity)] = schema.UNKNOWN
    kind[~on_road] = schema.NO_ROAD
    return np.asarray(kind, dtype=object)


def shelter_rows(
    shelters: pd.DataFrame,
    *,
    nearest: NDArray[np.float64],
    assigned: NDArray[np.float64],
    means: Mapping[str, NDArray[np.float64]],
    on_road: NDArray[np.bool_],
    sphere: Sphere,
) -> pd.DataFrame:
    """Return shelters with who comes, what they lack and what they need.

    Parameters
    ----------
    shelters
        From :func:`coverage_gis.facilities.capacity.with_capacity`.
    nearest
        ``(n,)`` people whose nearest shelter it is.
    assigned
        ``(n,)`` people assigned under capacity.
    means
        Column -> ``(n,)`` means over those, such as ``mean_walk_m``.

    on_road
        ``(n,)`` whether a road leads to it; where the road data end before, nobody is known to
        come, and all is null.

    Notes
    -----
    Whatever rests on a capacity or an area is null where that is unknown.
    """
    nearest, assigned = (
        np.where(on_road, v.round(PEOPLE_DECIMALS), np.nan) for v in (nearest, assigned)
    )
    capacity = shelters["capacity"].to_numpy(dtype=np.float64)
    area = shelters[AREA_M2].to_numpy(dtype=np.float64)
    held = shelters[CAPACITY_SPHERE].to_numpy(dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        out = shelters.assign(
            status=np.where(on_road, schema.OK, schema.NO_ROAD),
            **{ROOM: _room(nearest, capacity, on_road)},
            people_nearest=nearest,
            load_nearest=np.where(capacity > 0, nearest / capacity, np.nan),
            shortfall_nearest=np.maximum(nearest - capacity, 0.0),
            people_assigned=assigned,
            places_free=np.maximum(capacity - assigned, 0.0),
            **means,
            m2_per_person_nearest=np.where(nearest > 0, area / nearest, np.nan),
            m2_per_person_assigned=np.where(assigned > 0, area / assigned, np.nan),
            people_beyond_sphere=np.maximum(assigned - held, 0.0),
        )
    needs = sphere_needs(assigned, sphere)
    return pd.concat([out, needs], axis=1)
