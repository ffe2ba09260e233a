"""Transit classes 便利 / 不便 / 空白 of cells, from the distances at their sub-points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_gis import schema

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.settings import VacuumPreset

_CONVENIENT, _INCONVENIENT, _VACUUM = range(3)


def point_classes(
    station_m: NDArray[np.float64], stop_m: NDArray[np.float64], preset: VacuumPreset
) -> NDArray[np.int8]:
    """Return the class (0 convenient, 1 inconvenient, 2 vacuum) at each point.

    Parameters
    ----------
    station_m, stop_m
        Metres to the nearest railway station and bus stop, any shape; NaN is out of reach.
    preset
        The definition: convenient within ``rail_m`` of a station, else inconvenient within
        ``bus_m`` of a stop, else vacuum; both inclusive (国土交通省 2025-04 manual's classes).
    """
    classes = np.full(station_m.shape, _VACUUM, dtype=np.int8)
    classes[stop_m <= preset.bus_m] = _INCONVENIENT
    classes[station_m <= preset.rail_m] = _CONVENIENT
    return classes


def class_shares(classes: NDArray[np.int8]) -> NDArray[np.float64]:
    """Return ``(n_cells, 3)`` shares of each cell's sub-points by class.

    Parameters
    ----------
    classes
        ``(n_cells, per_cell)`` classes of the sub-points.
    """
    return np.column_stack([(classes == c).mean(axis=1) for c in range(3)])


def cell_classes(shares: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return the class of each cell: the median of its sub-points', the better on a tie.

    A cell is 空白 when more than half of it is. Where a third class takes part, the class
    with the most sub-points is not monotone: a new station can turn a cell's largest class
    from 不便 to 空白 by splitting the 不便 part. The median never worsens when service
    improves, and is the majority's class wherever one class has a majority.

    Parameters
    ----------
    shares
        ``(n_cells, 3)`` from :func:`class_shares`.
    """
    cumulative = np.cumsum(shares, axis=1)
    # Shares are multiples of 1/per_cell: a small tolerance keeps an exact half on the better side.
    median = (cumulative < 0.5 - 1e-9).sum(axis=1)
    names = np.array(schema.TRANSIT_CLASSES, dtype=object)
    return np.asarray(names[np.minimum(median, _VACUUM)], dtype=object)


def transit_rows(
    origins: pd.DataFrame,
    shares: NDArray[np.float64],
    has_road: NDArray[np.bool_],
    *,
    preset: str,
    metric: str,
) -> pd.DataFrame:
    """Return the rows of ``schema.TRANSIT`` of one preset and metric: one per origin.

    Cells without road data have the class ``no_road`` and null shares: nobody knows, and
    they are never called 空白.
    """
    classes = cell_classes(shares)
    classes[~has_road] = schema.NO_ROAD
    known = np.where(has_road[:, None], shares, np.nan)
    n = len(origins)
    return pd.DataFrame(
        {
            schema.MESH_CODE: origins[schema.MESH_CODE].to_numpy(),
            schema.PREF_CODE: origins[schema.PREF_CODE].to_numpy(),
            schema.PRESET: pd.array([preset] * n, dtype="str"),
            schema.METRIC: pd.array([metric] * n, dtype="str"),
            schema.TRANSIT_CLASS: pd.array(classes, dtype="str"),
            **{name: known[:, i] for i, name in enumerate(schema.CLASS_SHARES)},
        }
    )
