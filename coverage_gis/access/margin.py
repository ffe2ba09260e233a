"""Which distances the margin vouches for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coverage_gis import schema
from coverage_gis.settings.margin import exact_s

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.access.reach import Reach
    from coverage_gis.settings import Settings


def beyond_margin(reach: Reach, mode: str, settings: Settings) -> NDArray[np.bool_]:
    """Tell where something nearer may lie beyond what was read around the prefecture.

    A path no longer than the margin stays within it, and so does one that takes no longer than
    the margin takes at the highest speed; what is found further away is an upper bound.

    Parameters
    ----------
    reach
        From any places of the prefecture, ``(n,)``.
    mode
        Walking, and straight lines, are judged by metres; driving by seconds.
    settings
        Of the run.

    Returns
    -------
    (n,) bool
        False where nothing was found.
    """
    if mode == schema.DRIVE:
        return np.asarray(reach.travel_time_s > exact_s(settings, mode), dtype=bool)
    return np.asarray(reach.distance_m > settings.run.margin_m, dtype=bool)
