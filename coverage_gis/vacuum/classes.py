"""Transit classes 便利 / 不便 / 空白 of cells, from the distances at their sub-points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.vacuum.supply import BUS_STOP, STATION, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from coverage_gis.settings import VacuumPreset
    from coverage_gis.vacuum.supply import Level


@dataclass(frozen=True)
class Scheme:
    """A table of classes: the class column, the classes best first, a share column for each."""

    column: str
    names: tuple[str, ...]
    shares: tuple[str, ...]


TRANSIT: Final = Scheme(schema.TRANSIT_CLASS, schema.TRANSIT_CLASSES, schema.CLASS_SHARES)
QUALITY: Final = Scheme(schema.QUALITY, schema.QUALITIES, schema.QUALITY_SHARES)

_RANK = {name: number for number, name in enumerate(schema.TRANSIT_CLASSES)}


def point_classes(
    distance_m: Mapping[Level, NDArray[np.float64]],
    preset: VacuumPreset,
    in_zone: NDArray[np.bool_] | None = None,
) -> NDArray[np.int8]:
    """Return the class at each point, as its position in ``schema.TRANSIT_CLASSES``.

    Convenient within ``rail_m`` of a station that serves, else inconvenient within ``bus_m``
    of a stop that serves (国土交通省 2025-04 manual's classes); else on_demand in a zone of
    demand-responsive transport; else unknown where a stop or station of unknown frequency is
    that near and the definition asks for a minimum; else vacuum. Limits are inclusive. Without
    a minimum, those of unknown frequency serve. What is known to have no trip on the service
    date serves under no definition.

    Parameters
    ----------
    distance_m
        (service, least trips a day, or "?") -> metres to the nearest such stop, any shape;
        NaN is out of reach. Levels 1 and "?" of both services and the preset's minima.
    preset
        The definition.
    in_zone
        Whether a point is in a zone; None for nowhere.
    """
    rail, rail_unknown = _served(distance_m, STATION, preset.min_rail_trips_per_day, preset.rail_m)
    bus, bus_unknown = _served(distance_m, BUS_STOP, preset.min_trips_per_day, preset.bus_m)
    classes = np.full(rail.shape, _RANK[schema.VACUUM], dtype=np.int8)
    classes[rail_unknown | bus_unknown] = _RANK[schema.UNKNOWN]
    if in_zone is not None:
        classes[in_zone] = _RANK[schema.ON_DEMAND]
    classes[bus] = _RANK[schema.INCONVENIENT]
    classes[rail] = _RANK[schema.CONVENIENT]
    return classes


def _served(
    distance_m: Mapping[Level, NDArray[np.float64]],
    service: str,
    minimum: float | None,
    within_m: float,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return where the service serves, and where nobody knows."""
    known = distance_m[service, minimum or 1.0] <= within_m
    unknown = distance_m[service, UNKNOWN] <= within_m
    return (known, unknown) if minimum else (known | unknown, np.zeros_like(unknown))


def class_shares(classes: NDArray[np.int8], count: int) -> NDArray[np.float64]:
    """Return ``(n_cells, count)`` shares of each cell's sub-points by class.

    Parameters
    ----------
    classes
        ``(n_cells, per_cell)`` classes of the sub-points.
    count
        Number of classes there are.
    """
    return np.column_stack([(classes == c).mean(axis=1) for c in range(count)])


def cell_classes(shares: NDArray[np.float64], names: Sequence[str]) -> NDArray[np.object_]:
    """Return the class of each cell: the median of its sub-points', the better on a tie.

    A cell is 空白 when more than half of it is. Where a third class takes part, the class
    with the most sub-points is not monotone: a new station can turn a cell's largest class
    from 不便 to 空白 by splitting the 不便 part. The median never worsens when service
    improves, and is the majority's class wherever one class has a majority.

    Parameters
    ----------
    shares
        ``(n_cells, n_classes)`` from :func:`class_shares`.
    names
        Of the classes, best first.
    """
    cumulative = np.cumsum(shares, axis=1)
    # Shares are multiples of 1/per_cell: a small tolerance keeps an exact half on the better side.
    median = (cumulative < 0.5 - 1e-9).sum(axis=1)
    return np.asarray(
        np.array(names, dtype=object)[np.minimum(median, len(names) - 1)], dtype=object
    )


def class_rows(
    origins: pd.DataFrame,
    classes: NDArray[np.int8],
    has_road: NDArray[np.bool_],
    scheme: Scheme,
    **constants: str,
) -> pd.DataFrame:
    """Return one row per origin: its class, the shares of its classes, and ``constants``.

    Cells without road data have the class ``no_road`` and null shares: nobody knows, and
    they are never called 空白.

    Parameters
    ----------
    origins
        ``mesh_code`` and ``pref_code`` of the cells.
    classes
        ``(n_cells, per_cell)`` positions in ``scheme.names``.
    has_road
        ``(n_cells,)``.
    scheme
        :data:`TRANSIT` or :data:`QUALITY`.
    constants
        Further columns, the same in all rows (preset, metric).
    """
    shares = class_shares(classes, len(scheme.names))
    label = cell_classes(shares, scheme.names)
    label[~has_road] = schema.NO_ROAD
    known = np.where(has_road[:, None], shares, np.nan)
    n = len(origins)
    return pd.DataFrame(
        {
            schema.MESH_CODE: origins[schema.MESH_CODE].to_numpy(),
            schema.PREF_CODE: origins[schema.PREF_CODE].to_numpy(),
            **{name: pd.array([value] * n, dtype="str") for name, value in constants.items()},
            scheme.column: pd.array(label, dtype="str"),
            **{name: known[:, i] for i, name in enumerate(scheme.shares)},
        }
    )


def people_by_class(
    table: pd.DataFrame, people: NDArray[np.float64], scheme: Scheme
) -> dict[str, dict[str, float]]:
    """Return people by class: by whole cells, as polygons hold them, and by shares of cells.

    Parameters
    ----------
    table
        From :func:`class_rows`, one row per origin.
    people
        ``(n,)`` people of the origins.

    Returns
    -------
    dict
        "by_cell" -> class -> people, ``no_road`` among the classes; "by_share" -> class ->
        people (those without road data are in none); "share" -> class -> its part, 0 to 1, of
        the people by shares (empty where nobody has road data).
    """
    label = table[scheme.column].to_numpy()
    by_share = np.nansum(table[list(scheme.shares)].to_numpy() * people[:, None], axis=0)
    classes = (*scheme.names, schema.NO_ROAD)
    known = float(by_share.sum())
    part = by_share / known if known else by_share[:0]
    return {
        "by_cell": {name: float(people[label == name].sum()) for name in classes},
        "by_share": {name: float(v) for name, v in zip(scheme.names, by_share, strict=True)},
        "share": {name: float(v) for name, v in zip(scheme.names, part, strict=False)},
    }
