"""Compiled: the junctions of a network as a graph in the direction of the search."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.network.compiled import compiled
from coverage_gis.routing.forms import Arcs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.routing.forms import Chains

_BUCKET_OF_MEAN = 0.7
"""Width of a bucket in mean arcs: of no matter between 0.3 and 1.5 (docs/performance.md)."""
_MOST_BUCKETS = 1 << 20


@compiled
def junction_arcs(chains: Chains, n: int) -> Arcs:
    """Return chains as arcs between their ends; ``n`` is the number of junctions."""
    low, high, total = chains.low, chains.high, chains.total
    first = np.zeros(n + 1, np.int64)
    for c in range(len(low)):
        first[low[c] + 1] += chains.up_open[c]
        first[high[c] + 1] += chains.down_open[c]
    for i in range(n):
        first[i + 1] += first[i]
    fill = first[:-1].copy()
    to = np.empty(first[n], np.int32)
    through = np.empty(first[n], np.int32)
    cost = np.empty((first[n], 2), np.float64)
    metres, seconds = (1, 0) if chains.by_time else (0, 1)
    longest, mean = 0.0, 0.0
    for c in range(len(low)):
        both = 2 if chains.up_open[c] and chains.down_open[c] else 0
        for side in range(2):
            if not (chains.up_open[c] if side == 0 else chains.down_open[c]):
                continue
            u, v = (low[c], high[c]) if side == 0 else (high[c], low[c])
            arc = fill[u]
            fill[u] += 1
            to[arc], through[arc] = v, 4 * c + both + side
            cost[arc, metres], cost[arc, seconds] = total[c, 0], total[c, 1 + side]
            longest = max(longest, cost[arc, 0])
            mean += cost[arc, 0] / len(to)
    _mark_leaves(first, to)
    width = max(mean * _BUCKET_OF_MEAN, longest / _MOST_BUCKETS)
    return Arcs(first, to, cost, through, longest, width if width > 0.0 else 1.0)


@compiled
def _mark_leaves(first: NDArray[np.int64], to: NDArray[np.int32]) -> None:
    for u in range(len(first) - 1):
        for arc in range(first[u], first[u + 1]):
            v = to[arc]
            out = first[v + 1] - first[v]
            back = to[first[v]] if out == 1 else 0
            if out == 0 or (out == 1 and (back if back >= 0 else ~back) == u):
                to[arc] = ~v
