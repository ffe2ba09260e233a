"""Compiled: the k nearest targets of every junction, and of places along chains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.network.compiled import compiled
from coverage_gis.routing.forms import Reached
from coverage_gis.routing.places import costs, direct
from coverage_gis.routing.queue import more_room, new_buckets, new_room, twice
from coverage_gis.routing.search import reach_ahead

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.routing.forms import Arcs, Beside, Chains, Out, Places, Seeds

    Floats = NDArray[np.float64]
    Nodes = NDArray[np.int32]


@compiled
def offer(  # noqa: PLR0917 - compiled functions know no keyword-only arguments
    primary: Floats, secondary: Floats, label: Nodes, row: int, d: float, e: float, who: int
) -> bool:
    """Put a target into a row's list if it belongs there, and return whether it did.

    The list is in order of primary cost, then name; a target is on it once, at its least
    primary, then secondary cost.
    """
    last = primary.shape[1] - 1
    if d > primary[row, last] or np.isinf(d):
        return False
    at = -1
    for i in range(last + 1):
        if label[row, i] == who:
            at = i
            break
    if at >= 0:
        if d > primary[row, at] or (d == primary[row, at] and e >= secondary[row, at]):
            return False
    else:
        if d == primary[row, last] and who > label[row, last]:
            return False
        at = last
    while at > 0 and (
        primary[row, at - 1] > d or (primary[row, at - 1] == d and label[row, at - 1] > who)
    ):
        primary[row, at] = primary[row, at - 1]
        secondary[row, at] = secondary[row, at - 1]
        label[row, at] = label[row, at - 1]
        at -= 1
    primary[row, at], secondary[row, at], label[row, at] = d, e, who
    return True


@compiled
def search_several(arcs: Arcs, seeds: Seeds, k: int) -> Reached:  # noqa: PLR0915 - one loop
    """Return for each node the k least primary costs from different targets, and which.

    As `search.search`, with a short list at each node in place of one cost: an entry of the
    queue is a node and a target, and what does not get onto a list goes no further. That
    loses nothing: where k targets are nearer at a node, they are nearer beyond it too. Nor is a
    target taken back to the node it came from.
    Arrays of the result are (n, k), nearest first.
    """
    first, to, cost = arcs.first, arcs.to, arcs.cost
    n = len(first) - 1
    primary = np.full((n, k), np.inf, np.float64)
    secondary = np.full((n, k), np.inf, np.float64)
    label = np.full((n, k), -1, np.int32)
    scale = 1.0 / arcs.width
    head = new_buckets(reach_ahead(arcs, seeds), arcs.width)
    node, name, key, after, _ = new_room(1024 + len(seeds.node))
    came = np.empty(len(node), np.int32)
    mask = len(head) - 1
    free, alive, bucket = 0, 0, 0
    for i in range(len(seeds.node)):
        v, d, e, who = seeds.node[i], seeds.cost[i, 0], seeds.cost[i, 1], seeds.name[i]
        if offer(primary, secondary, label, v, d, e, who):
            entry, free = free, after[free]
            slot = int(d * scale) & mask
            node[entry], name[entry], key[entry], after[entry] = v, who, d, head[slot]
            head[slot], came[entry] = entry, -1
            alive += 1
    while alive > 0:
        while head[bucket & mask] < 0:
            bucket += 1
        entry = head[bucket & mask]
        u, who, near, back = node[entry], name[entry], key[entry], came[entry]
        head[bucket & mask] = after[entry]
        after[entry] = free
        free = entry
        alive -= 1
        at = 0
        while at < k and label[u, at] != who:
            at += 1
        if at == k or primary[u, at] < near:
            continue
        beside = secondary[u, at]
        for arc in range(first[u], first[u + 1]):
            v = to[arc]
            leaf = v < 0
            if leaf:
                v = ~v
            d = near + cost[arc, 0]
            if v == back or d > primary[v, k - 1]:
                continue
            if not offer(primary, secondary, label, v, d, beside + cost[arc, 1], who) or leaf:
                continue
            if free == len(node):
                node, name, key, after = more_room(node, name, key, after)
                came = twice(came)
            entry, free = free, after[free]
            slot = int(d * scale) & mask
            node[entry], name[entry], key[entry], after[entry] = v, who, d, head[slot]
            head[slot], came[entry] = entry, u
            alive += 1
    return Reached(primary, secondary, label)


@compiled
def fill_several(  # noqa: PLR0917 - compiled functions know no keyword-only arguments
    rows: tuple[int, int],
    index: NDArray[np.int64],
    places: Places,
    chains: Chains,
    targets: Places,
    beside: Beside,
    found: Reached,
    out: Out,
) -> None:
    """Write the k nearest targets of the places from ``rows[0]`` to ``rows[1]``, legs included.

    As `places.fill_places`, with arrays of shape (n, k) and (P, k); place p is written to row
    ``index[p]``.
    """
    chain, junction, place, leg = places
    low, high, up_open, down_open, total, by_time = chains
    _, _, measure, target_leg = targets
    first, which = beside
    primary, secondary, label = found
    out_primary, out_secondary, out_label = out
    k = primary.shape[1]
    best = np.empty((1, k), np.float64)
    other = np.empty((1, k), np.float64)
    who = np.empty((1, k), np.int32)
    for p in range(rows[0], rows[1]):
        for i in range(k):
            best[0, i], other[0, i], who[0, i] = np.inf, np.inf, -1
        c, node = chain[p], junction[p]
        if c >= 0 and node >= 0:
            for i in range(k):
                best[0, i], other[0, i] = primary[node, i], secondary[node, i]
                who[0, i] = label[node, i]
        elif c >= 0:
            m, up, down = place[p, 0], place[p, 1], place[p, 2]
            for side in range(2):
                if not (up_open[c] if side == 0 else down_open[c]):
                    continue
                node = low[c] if side == 0 else high[c]
                far = m if side == 0 else total[c, 0] - m
                late = up if side == 0 else total[c, 2] - down
                for i in range(k):
                    d, e = costs(primary[node, i], secondary[node, i], far, late, by_time)
                    # the list ascends: nothing behind what does not fit does
                    if label[node, i] < 0 or d > best[0, k - 1]:
                        break
                    offer(best, other, who, 0, d, e, label[node, i])
            for i in range(first[c], first[c + 1]):
                t = which[i]
                far, late = direct(m, up, down, t, measure, up_open[c], down_open[c])
                d, e = costs(target_leg[t, 0], target_leg[t, 1], far, late, by_time)
                offer(best, other, who, 0, d, e, t)
        row = index[p]
        for i in range(k):
            out_label[row, i] = who[0, i]
            reached = who[0, i] >= 0
            out_primary[row, i] = best[0, i] + leg[p, 0] if reached else np.nan
            out_secondary[row, i] = other[0, i] + leg[p, 1] if reached else np.nan
