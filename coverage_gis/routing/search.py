"""Compiled: multi-source shortest paths, and places between nodes evaluated on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.network.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Nodes = NDArray[np.int32]


@compiled
def arcs_by_node(node: Nodes, other: Nodes, cost: Floats, n: int) -> tuple[Ints, Nodes, Floats]:
    """Return arcs grouped by ``node``: first, other, cost; node i's are ``first[i]:first[i + 1]``.

    Parameters
    ----------
    node, other
        Ends of each arc, (A,).
    cost
        Primary and secondary cost of each arc, (A, 2).
    n
        Number of nodes.
    """
    first = np.zeros(n + 1, np.int64)
    for i in range(len(node)):
        first[node[i] + 1] += 1
    for i in range(n):
        first[i + 1] += first[i]
    fill = first[:-1].copy()
    to = np.empty(len(node), np.int32)
    by = np.empty((len(node), 2), np.float64)
    for i in range(len(node)):
        at = fill[node[i]]
        fill[node[i]] += 1
        to[at] = other[i]
        by[at, 0] = cost[i, 0]
        by[at, 1] = cost[i, 1]
    return first, to, by


@compiled
def search(  # noqa: PLR0917 - compiled functions know no keyword-only arguments
    first: Ints, to: Nodes, cost: Floats, source: Nodes, start: Floats, name: Ints
) -> tuple[Floats, Floats, Ints]:
    """Return for each node the least primary cost from any source, the secondary, and which.

    Dijkstra's algorithm on a 4-ary heap, stale entries skipped. Of equal primary costs the
    source with the lowest name wins, then the lower secondary cost, so that neither the
    order of sources nor that of arcs shows in the result.

    Parameters
    ----------
    first, to, cost
        Arcs as `arcs_by_node` gives them; costs not negative.
    source
        Node of each source, (S,).
    start
        Primary and secondary cost at each source, (S, 2).
    name
        What each source is called in the result, not negative, (S,).

    Returns
    -------
    tuple of arrays
        Primary (inf where unreached), secondary, name (-1 where unreached), each (n,).
    """
    n = len(first) - 1
    primary = np.full(n, np.inf, np.float64)
    secondary = np.full(n, np.inf, np.float64)
    label = np.full(n, -1, np.int64)
    key = np.empty(len(to) + len(source) + 1, np.float64)
    item = np.empty(len(key), np.int32)
    size = 0
    for i in range(len(source)):
        v, d, e, who = source[i], start[i, 0], start[i, 1], name[i]
        if d < primary[v] or (d == primary[v] and _wins(who, e, label[v], secondary[v])):
            primary[v], secondary[v], label[v] = d, e, who
            _push(key, item, size, d, v)
            size += 1
    while size > 0:
        near, u = key[0], item[0]
        size -= 1
        _drop_first(key, item, size)
        if near > primary[u]:
            continue
        who = label[u]
        for arc in range(first[u], first[u + 1]):
            v = to[arc]
            d = near + cost[arc, 0]
            if d > primary[v]:
                continue
            e = secondary[u] + cost[arc, 1]
            if d == primary[v] and not _wins(who, e, label[v], secondary[v]):
                continue
            primary[v], secondary[v], label[v] = d, e, who
            if size == len(key):  # only ties make nodes pass their arcs on more than once
                key = np.append(key, np.empty(size, np.float64))
                item = np.append(item, np.empty(size, np.int32))
            _push(key, item, size, d, v)
            size += 1
    return primary, secondary, label


@compiled
def _wins(who: int, beside: float, other: int, other_beside: float) -> bool:
    """Whether the first of two equally near sources is to be kept."""
    return who < other or (who == other and beside < other_beside)


@compiled
def _push(key: Floats, item: Nodes, size: int, d: float, v: int) -> None:
    """Add an entry to a heap of ``size``; children of i are 4 i + 1 to 4 i + 4."""
    at = size
    while at > 0 and key[(at - 1) >> 2] > d:
        parent = (at - 1) >> 2
        key[at], item[at] = key[parent], item[parent]
        at = parent
    key[at], item[at] = d, v


@compiled
def _drop_first(key: Floats, item: Nodes, size: int) -> None:
    """Take the least entry out of a heap, ``size`` being what is left."""
    d, v = key[size], item[size]
    at = 0
    while True:
        child = 4 * at + 1
        if child >= size:
            break
        least = child
        for other in range(child + 1, min(child + 4, size)):
            if key[other] < key[least]:
                least = other
        if key[least] >= d:
            break
        key[at], item[at] = key[least], item[least]
        at = least
    key[at], item[at] = d, v
