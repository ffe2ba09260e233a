"""People whom one-way streets shut in: joined to the main roads, yet unable to drive anywhere.

Where an extract ends, a street may lose the way out (or in) that it has in reality; a wrong
``oneway`` tag does the same. Their status by car is "unreachable" with all the rest; here they are
told apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from numpy.typing import NDArray

    from coverage_gis.access.components import Components
    from coverage_gis.access.reach import Reach


@dataclass(frozen=True)
class Traps:
    """Cells on the main component from which no car gets to what is on it.

    Attributes
    ----------
    cells
        ``(n_cells,)`` whether that is so for any service.
    people
        In these cells.
    by_service
        Service -> people for whom it is so; those of nobody are left out.
    """

    cells: NDArray[np.bool_]
    people: float
    by_service: Mapping[str, float]

    def record(self) -> dict[str, Any]:
        """Return the figures for ``run.json``."""
        return {
            "cells": int(self.cells.sum()),
            "people": self.people,
            "people_by_service": dict(self.by_service),
        }


def one_way_traps(
    drive: Mapping[str, Reach], walk: Mapping[str, Reach], parts: Components
) -> Traps:
    """Return who can walk to a service but not drive to it, on roads that are all joined.

    Parameters
    ----------
    drive, walk
        Service -> reach from the cells' centres by road, (n_cells,); services of one mode alone
        are not compared.
    parts
        Components of the drive network.
    """
    on_main = parts.first == parts.main
    caught = np.zeros(len(on_main), dtype=np.bool_)
    by_service: dict[str, float] = {}
    for service in sorted(drive.keys() & walk.keys() & parts.lacking.keys()):
        if parts.lacking[service][parts.main]:
            continue
        on_foot = ~np.isnan(walk[service].distance_m)
        here = on_main & on_foot & np.isnan(drive[service].distance_m)
        if people := float(parts.cell_people[here].sum()):
            by_service[service] = people
        caught |= here
    return Traps(caught, float(parts.cell_people[caught].sum()), by_service)
