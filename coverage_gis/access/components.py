"""Who lives on which part of the network: people on islands, and on gaps in the map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.network.footholds import component_of, gap_components

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from numpy.typing import NDArray

    from coverage_gis.network.footholds import Footholds
    from coverage_gis.network.model import Network
    from coverage_gis.settings import MapGaps

_SHOWN = 10
_LEAST_M = 100.0


@dataclass(frozen=True)
class Components:
    """The connected components of one mode's network, and the people whose cells join them.

    Attributes
    ----------
    length_m, nodes
        Of each component, (K,).
    gap
        Whether it is taken for a gap in the map, (K,).
    cells, people
        Whose centre's nearest edge is on it, (K,).
    lacking
        Services -> whether no facility of it is on the component, (K,).
    first, second
        Component of each cell's nearest edge (-1 without a road), and of its second foothold
        (-1 without), (n_cells,).
    cell_people
        People of each cell, (n_cells,).
    place
        Longitude and latitude of a node of each component, (K, 2).
    """

    length_m: NDArray[np.float64]
    nodes: NDArray[np.int64]
    gap: NDArray[np.bool_]
    cells: NDArray[np.int64]
    people: NDArray[np.float64]
    lacking: Mapping[str, NDArray[np.bool_]]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    cell_people: NDArray[np.float64]
    place: NDArray[np.float64]

    @property
    def main(self) -> int:
        """The longest component."""
        return int(np.argmax(self.length_m))

    def people_lacking(self, service: str) -> float:
        """Return the people none of whose footholds is on a component that has the service."""
        lacks = self.lacking[service]
        without = (self.first >= 0) & lacks[self.first] & ((self.second < 0) | lacks[self.second])
        return float(self.cell_people[without].sum())

    def record(self) -> dict[str, Any]:
        """Return the figures for ``run.json``."""
        others = np.arange(len(self.length_m)) != self.main
        away = others[self.first] & (self.first >= 0)
        either = away & (self.second >= 0)
        listed = [int(k) for k in np.argsort(-self.people, kind="stable") if others[k]]
        return {
            "components": len(self.length_m),
            "gaps_in_the_map": int(self.gap.sum()),
            "by_length": self._by_length(),
            "people_on_the_main_one": float(self.cell_people[self.first == self.main].sum()),
            "people_on_others": float(self.cell_people[away].sum()),
            "people_on_others_near_a_larger_one": float(self.cell_people[either].sum()),
            # what the main one lacks too is no matter of components
            "people_whose_components_lack": {
                s: self.people_lacking(s)
                for s, lacks in self.lacking.items()
                if not lacks[self.main]
            },
            "most_people": [self._one(k) for k in listed[:_SHOWN] if self.cells[k]],
        }

    def _by_length(self) -> list[dict[str, float | int]]:
        """Count components and their people by decades of length, the main one in the last."""
        out = []
        low, high = 0.0, _LEAST_M
        while low <= self.length_m.max(initial=0.0):
            mine = (self.length_m >= low) & (self.length_m < high)
            if mine.any():
                out.append(
                    {
                        "below_m": high,
                        "components": int(mine.sum()),
                        "cells": int(self.cells[mine].sum()),
                        "people": float(self.people[mine].sum()),
                    }
                )
            low, high = high, high * 10
        return out

    def _one(self, k: int) -> dict[str, Any]:
        return {
            "length_m": round(float(self.length_m[k]), 1),
            "nodes": int(self.nodes[k]),
            "near_lon_lat": [round(float(x), 5) for x in self.place[k]],
            "cells": int(self.cells[k]),
            "people": float(self.people[k]),
            "lacking": [s for s, lacks in self.lacking.items() if lacks[k]],
        }


def components(
    network: Network,
    centres: Footholds,
    facilities: Footholds,
    services: Mapping[str, NDArray[np.int64]],
    *,
    people: NDArray[np.float64],
    gaps: MapGaps,
) -> Components:
    """Return the components of a network and who and what is on them.

    Parameters
    ----------
    network
        Network of one mode.
    centres
        Where the cells' centres join it, (n_cells,).
    facilities
        Where all facilities join it.
    services
        Service -> rows of the facilities that give it.
    people
        Of each cell, (n_cells,).
    gaps
        As for ``footholds``.
    """
    n = len(network.component_nodes)
    first = component_of(network, centres.first)
    second = np.full(len(first), -1, dtype=np.int64)
    second[centres.of] = component_of(network, centres.second)
    joined = first >= 0
    stands = component_of(network, facilities.all)
    owner = facilities.owner
    lacking = {}
    for service, rows in services.items():
        on = stands[np.isin(owner, rows)]
        lacking[service] = np.bincount(on[on >= 0], minlength=n) == 0
    node = np.full(n, -1, dtype=np.int64)
    node[network.component[::-1]] = network.junction[::-1]
    return Components(
        length_m=network.component_m,
        nodes=np.asarray(network.component_nodes),
        gap=gap_components(network, gaps)[0],
        cells=np.bincount(first[joined], minlength=n),
        people=np.asarray(
            np.bincount(first[joined], weights=people[joined], minlength=n), dtype=np.float64
        ),
        lacking=lacking,
        first=first,
        second=second,
        cell_people=people,
        place=np.column_stack([network.lon[node], network.lat[node]]),
    )
