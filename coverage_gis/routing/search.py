"""Compiled: the nearest target of every junction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.network.compiled import compiled
from coverage_gis.routing.forms import Reached
from coverage_gis.routing.queue import more_room, new_buckets, new_room

if TYPE_CHECKING:
    from coverage_gis.routing.forms import Arcs, Seeds


@compiled
def search(arcs: Arcs, seeds: Seeds) -> Reached:  # noqa: PLR0915 - one loop, see below
    """Return for each node the least primary cost from any seed, the secondary, and which.

    Of equal primary costs the target with the lowest index wins, then the lower secondary
    cost, so that neither the order of seeds nor that of arcs shows in the result.
    """
    first, to, cost = arcs.first, arcs.to, arcs.cost
    n = len(first) - 1
    primary = np.full(n, np.inf, np.float64)
    secondary = np.full(n, np.inf, np.float64)
    label = np.full(n, -1, np.int32)
    scale = 1.0 / arcs.width
    head = new_buckets(reach_ahead(arcs, seeds), arcs.width)
    node, name, key, after, _ = new_room(1024 + len(seeds.node))
    mask = len(head) - 1
    free, alive, bucket = 0, 0, 0
    for i in range(len(seeds.node)):
        v, d, e, who = seeds.node[i], seeds.cost[i, 0], seeds.cost[i, 1], seeds.name[i]
        if d < primary[v] or (d == primary[v] and wins(who, e, label[v], secondary[v])):
            primary[v], secondary[v], label[v] = d, e, who
            entry, free = free, after[free]
            slot = int(d * scale) & mask
            node[entry], key[entry], after[entry] = v, d, head[slot]
            head[slot] = entry
            alive += 1
    while alive > 0:
        while head[bucket & mask] < 0:
            bucket += 1
        entry = head[bucket & mask]
        u, near = node[entry], key[entry]
        head[bucket & mask] = after[entry]
        after[entry] = free
        free = entry
        alive -= 1
        if near > primary[u]:
            continue
        who, beside = label[u], secondary[u]
        for arc in range(first[u], first[u + 1]):
            v = to[arc]
            leaf = v < 0
            if leaf:
                v = ~v
            d = near + cost[arc, 0]
            if d > primary[v]:
                continue
            e = beside + cost[arc, 1]
            if d == primary[v] and not wins(who, e, label[v], secondary[v]):
                continue
            primary[v], secondary[v], label[v] = d, e, who
            if leaf:
                continue
            if free == len(node):
                node, name, key, after = more_room(node, name, key, after)
            entry, free = free, after[free]
            slot = int(d * scale) & mask
            node[entry], key[entry], after[entry] = v, d, head[slot]
            head[slot] = entry
            alive += 1
    return Reached(primary, secondary, label)


@compiled
def reach_ahead(arcs: Arcs, seeds: Seeds) -> float:
    """Return how much more than the least an entry of the queue can cost."""
    ahead = arcs.longest
    for i in range(len(seeds.node)):
        ahead = max(ahead, seeds.cost[i, 0])
    return ahead


@compiled
def wins(who: int, beside: float, other: int, other_beside: float) -> bool:
    """Whether the first of two equally near targets is to be kept."""
    return who < other or (who == other and beside < other_beside)
