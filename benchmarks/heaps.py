"""The plain way in numba: Dijkstra's algorithm on a binary heap over the raw graph."""

from __future__ import annotations

import heapq

import numba
import numpy as np


@numba.njit(cache=True)
def multi_source_raw(first, to, cost, sources):
    """Return the distance to the nearest source, and which it is, for each node."""
    n = len(first) - 1
    distance = np.full(n, np.inf)
    label = np.full(n, -1, np.int64)
    heap = [(0.0, np.int64(sources[0]))]
    heap.pop()
    for s in sources:
        distance[s], label[s] = 0.0, s
        heapq.heappush(heap, (0.0, np.int64(s)))
    while heap:
        near, u = heapq.heappop(heap)
        if near > distance[u]:
            continue
        for arc in range(first[u], first[u + 1]):
            v, d = to[arc], near + cost[arc]
            if d < distance[v]:
                distance[v], label[v] = d, label[u]
                heapq.heappush(heap, (d, np.int64(v)))
    return distance, label


@numba.njit(cache=True)
def k_nearest_raw(first, to, cost, sources, k):
    """Return the k nearest sources of each node, settled in order of distance."""
    n = len(first) - 1
    distance = np.full((n, k), np.inf)
    label = np.full((n, k), -1, np.int64)
    settled = np.zeros(n, np.int64)
    heap = [(0.0, np.int64(sources[0]), np.int64(0))]
    heap.pop()
    for s in sources:
        heapq.heappush(heap, (0.0, np.int64(s), np.int64(s)))
    while heap:
        near, u, who = heapq.heappop(heap)
        known = settled[u] == k
        for i in range(settled[u]):
            known |= label[u, i] == who
        if known:
            continue
        distance[u, settled[u]], label[u, settled[u]] = near, who
        settled[u] += 1
        for arc in range(first[u], first[u + 1]):
            v = to[arc]
            if settled[v] < k:
                heapq.heappush(heap, (near + cost[arc], np.int64(v), who))
    return distance, label
