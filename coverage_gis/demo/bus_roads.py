"""Roads that buses use: shortest paths that keep to the main ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from coverage_gis.demo.network import Network

    Array = NDArray[np.float64]

_SLOW = {"residential": 1.5, "service": 4.0, "unclassified": 1.25, "tertiary": 1.05, "track": 9.0}
_SAMPLE = 3_000
_NEVER = ("motorway", "motorway_link", "footway", "steps", "path", "pedestrian")


class BusRoads:
    """Roads a bus may use, for shortest paths."""

    def __init__(self, network: Network) -> None:
        roads = network.roads
        a, b, way = roads.segments()
        closed = roads.ways_where("highway", _NEVER) | roads.ways_where("foot", ("no",))
        closed |= roads.ways_where("route", ("ferry",)) | roads.ways_where("access", ("private",))
        use = ~closed[way]
        a, b, way = a[use], b[use], way[use]
        slow = np.array([_SLOW.get(t.get("highway", ""), 1.0) for t in roads.tags])
        cost = np.hypot(roads.x[a] - roads.x[b], roads.y[a] - roads.y[b]) * slow[roads.tag[way]]
        n = len(roads.x)
        self._graph = coo_matrix((np.maximum(cost, 0.1), (a, b)), shape=(n, n)).tocsr()
        self._x, self._y = roads.x, roads.y
        self._used = np.unique(np.concatenate([a, b]))
        self._tree = cKDTree(np.column_stack([self._x[self._used], self._y[self._used]]))

    def sample(self) -> tuple[Array, Array]:
        """Return the positions of some thousand road nodes a bus may come to."""
        some = self._used[:: max(1, len(self._used) // _SAMPLE)]
        return self._x[some], self._y[some]

    def paths(self, start: tuple[float, float], ends: Sequence[tuple[float, float]]) -> list[Array]:
        """Return the road from a point to each end as ``(n, 2)`` points; empty if there is none."""
        at = self._used[self._tree.query([start, *ends])[1]]
        reach = max(np.hypot(x - start[0], y - start[1]) for x, y in ends)
        _, before = dijkstra(
            self._graph, directed=False, indices=int(at[0]), return_predecessors=True,
            limit=3 * reach + 3_000,
        )  # fmt: skip
        out = []
        for end in at[1:]:
            nodes = [int(end)]
            while before[nodes[-1]] >= 0:
                nodes.append(int(before[nodes[-1]]))
            found = nodes[-1] == at[0] and len(nodes) > 1
            keep = np.array(nodes[::-1] if found else [], dtype=np.int64)
            out.append(np.column_stack([self._x[keep], self._y[keep]]))
        return out
