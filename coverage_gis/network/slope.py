"""Walking speed by gradient, and networks whose walking times know the hills.

Distances are not changed and walking still minimises distance: a path is the same with and
without slope, so that coverage by distance (500 m, 800 m) is comparable; what changes is
``travel_time_s`` along it, which then differs uphill and downhill.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis import schema
from coverage_gis.errors import InputError
from coverage_gis.network.chains import running_totals

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from coverage_gis.network.model import Network

    Heights = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]

_FLAT = float(np.exp(-3.5 * 0.05))
_STEEPEST = 1.0
"""Gradients beyond 45 degrees are errors of the DEM (a bridge over a gorge, a tunnel)."""


def tobler_factor(gradient: ArrayLike) -> NDArray[np.float64]:
    """Return walking speed at a gradient relative to that on the flat.

    Tobler's hiking function, ``6 exp(-3.5 |gradient + 0.05|)`` km/h, divided by its value on
    the flat (5.04 km/h), so that the speed of the settings is the speed on the flat. Fastest,
    1.19 times, at 5 % downhill (W. Tobler, Three Presentations on Geographical Analysis and
    Modeling, NCGIA Technical Report 93-1, 1993).

    Parameters
    ----------
    gradient
        Rise over run in the direction of walking, any shape.
    """
    slope = np.asarray(gradient, dtype=np.float64)
    return np.asarray(np.exp(-3.5 * np.abs(slope + 0.05)) / _FLAT, dtype=np.float64)


def with_slope(network: Network, heights: Heights) -> Network:
    """Return a walk network whose times follow Tobler's function, each way by its own gradient.

    Parameters
    ----------
    network
        Network of mode "walk".
    heights
        Gives metres above the sea at longitudes and latitudes (degrees), NaN where unknown;
        such segments, as on a ferry's way, keep their times.

    Raises
    ------
    InputError
        If the network is not for walking.
    """
    if network.mode != schema.WALK:
        raise InputError(f"Slope bears on walking; this network is of mode '{network.mode}'.")
    height = np.asarray(heights(network.lon, network.lat), dtype=np.float64)
    inner = np.ones(len(network.vertex_node), dtype=np.bool_)
    inner[network.chain_first[1:] - 1] = False
    at = np.flatnonzero(inner)
    rise = height[network.vertex_node[at + 1]] - height[network.vertex_node[at]]
    length = network.vertex_m[at + 1] - network.vertex_m[at]
    with np.errstate(divide="ignore", invalid="ignore"):
        gradient = np.where(length > 0, rise / length, np.nan)
    gradient = np.where(np.abs(gradient) <= _STEEPEST, gradient, np.nan)
    first = network.chain_first - np.arange(len(network.chain_first))

    def seconds(flat: NDArray[np.float64], sign: float) -> NDArray[np.float64]:
        step = flat[at + 1] - flat[at]
        factor = tobler_factor(sign * gradient)
        # a ferry is not walked, and a closed direction takes no time
        walked = np.isclose(step, length / network.walk_speed_m_per_s, rtol=1e-6, atol=1e-9)
        return running_totals(first, np.where(walked & ~np.isnan(factor), step / factor, step))

    return replace(
        network,
        vertex_forward_s=seconds(network.vertex_forward_s, 1.0),
        vertex_backward_s=seconds(network.vertex_backward_s, -1.0),
    )
