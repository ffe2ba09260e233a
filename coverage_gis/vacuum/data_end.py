"""Where the road data end: cells there may seem to be in the vacuum only for that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from coverage_gis.codes import mesh

if TYPE_CHECKING:
    from numpy.typing import NDArray

DATA_END: Final = "data_end"
"""Of a cell: "yes" at the end of the road data, else null."""
DATA_END_PEOPLE: Final = "data_end_people"
"""Of an area: people of its cells at the end of the road data."""


def beside_no_road(
    mesh_codes: NDArray[np.object_], has_road: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return the cells with a road that touch, at a side or corner, a cell without road data.

    Parameters
    ----------
    mesh_codes
        ``(n,)`` cells of one level with people.
    has_road
        ``(n,)``.

    Returns
    -------
    array
        ``(n,)``. Where nobody lives there is no cell, and no end is seen.
    """
    if has_road.all() or not len(mesh_codes):
        return np.zeros(len(mesh_codes), dtype=bool)
    rows, cols, _ = mesh.to_grid(mesh_codes)
    width = int(cols.max()) + 3
    place = rows * width + cols + 1
    lost = place[~has_road]
    steps = np.array([r * width + c for r in (-1, 0, 1) for c in (-1, 0, 1)])
    return has_road & np.isin(place, (lost[:, None] + steps).ravel())
