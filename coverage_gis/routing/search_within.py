"""Compiled: everything within a cutoff of a target, target by target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.network.compiled import compiled
from coverage_gis.routing.forms import Answer
from coverage_gis.routing.places import costs, direct
from coverage_gis.routing.queue import more_room, new_buckets, new_room
from coverage_gis.routing.search import reach_ahead

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.routing.forms import Arcs, Asked, Chains, Groups, Places, Seeds

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Nodes = NDArray[np.int32]


@compiled
def within_members(  # noqa: C901, PLR0912, PLR0915, PLR0917 - one loop; calls in it cost
    arcs: Arcs,
    chains: Chains,
    targets: Places,
    seeds: Seeds,
    seed_first: Ints,
    places: Places,
    groups: Groups,
    asked: Asked,
) -> Answer:
    """Answer what is asked, member by member: search to the last cutoff, then look at places.

    Of the chains with places out of each junction that is reached, one open both ways is
    looked at from its start if that is reached, so that each is looked at once.
    ``seed_first[m]`` to ``seed_first[m + 1]`` are the seeds of member m. Where the least and
    the greatest cost that a place on it can have are between the same two cutoffs, its places
    are counted as one; only near a cutoff is each looked at.
    """
    to, through = arcs.to, arcs.through
    low, high, up_open, down_open, total, by_time = chains
    member, cutoffs, member_weight, place_weight, pairs = asked
    place_first, least_leg, greatest_leg, group_weight, look_first, look = groups
    place, leg = places.measure, places.leg
    measure, target_leg = targets.measure, targets.leg
    n, n_chains, last = len(arcs.first) - 1, len(low), len(cutoffs) - 1
    place_sum = np.zeros((0 if pairs else len(place), len(cutoffs)), np.float64)
    member_sum = np.zeros((0 if pairs else len(member), len(cutoffs)), np.float64)
    group_sum = np.zeros((0 if pairs else len(group_weight), len(cutoffs)), np.float64)
    pair_row = np.empty(1024 if pairs else 1, np.int32)
    pair_which = np.empty(len(pair_row), np.int32)
    pair_cost = np.empty((len(pair_row), 2), np.float64)
    n_pairs = 0

    reached = np.full((n, 2), np.inf, np.float64)
    touched = np.empty(n, np.int32)
    head = new_buckets(min(reach_ahead(arcs, seeds), cutoffs[last]), arcs.width)
    room = new_room(1024)
    for m in range(len(member)):
        t = member[m]
        own = targets.chain[t] if targets.junction[t] < 0 else -1
        rows = (seed_first[m], seed_first[m + 1])
        count, room = _search(arcs, seeds, rows, cutoffs[last], reached, touched, head, room)
        # -1 is the member's own chain; then each junction itself, and the chains out of it
        for i in range(-1, count):
            u = touched[i] if i >= 0 else -1
            begin, end = (0, 1 if own >= 0 else 0)
            if i >= 0:
                begin, end = look_first[u], look_first[u + 1]
            for k in range(begin, end):
                arc = look[k] if i >= 0 else 0
                at_junction = arc < 0
                if at_junction:
                    c = n_chains + u
                elif i < 0:
                    c = own
                else:
                    c = through[arc] >> 2
                begin_row, end_row = place_first[c], place_first[c + 1]
                if begin_row == end_row:
                    continue
                if i >= 0 and not at_junction:
                    if c == own:
                        continue
                    if through[arc] & 3 == 3:
                        a = to[arc]
                        if reached[a if a >= 0 else ~a, 0] < np.inf:
                            continue
                a_cost, a_beside, b_cost, b_beside = np.inf, np.inf, np.inf, np.inf
                length, down_s = 0.0, 0.0
                if at_junction:
                    a_cost, a_beside = reached[u, 0], reached[u, 1]
                    farthest = a_cost
                else:
                    length, down_s = total[c, 0], total[c, 2]
                    if up_open[c]:
                        a_cost, a_beside = reached[low[c], 0], reached[low[c], 1]
                    if down_open[c]:
                        b_cost, b_beside = reached[high[c], 0], reached[high[c], 1]
                    over, _ = costs(a_cost, 0.0, length, total[c, 1], by_time)
                    back, _ = costs(b_cost, 0.0, length, down_s, by_time)
                    farthest = min(over, back)
                if i >= 0:
                    least = min(a_cost, b_cost) + least_leg[c]
                    if least > cutoffs[last]:
                        continue
                    farthest += greatest_leg[c]
                    j = last
                    while j > 0 and farthest <= cutoffs[j - 1]:
                        j -= 1
                    if not pairs and farthest <= cutoffs[j] and (j == 0 or least > cutoffs[j - 1]):
                        group_sum[c, j] += member_weight[m]
                        member_sum[m, j] += group_weight[c]
                        continue
                while pairs and n_pairs + end_row - begin_row > len(pair_row):
                    pair_row, pair_which, pair_cost = _twice(pair_row, pair_which, pair_cost)
                for row in range(begin_row, end_row):
                    d, e = a_cost, a_beside
                    if not at_junction:
                        far, up, down = place[row, 0], place[row, 1], place[row, 2]
                        d, e = costs(a_cost, a_beside, far, up, by_time)
                        d2, e2 = costs(b_cost, b_beside, length - far, down_s - down, by_time)
                        if d2 < d or (d2 == d and e2 < e):
                            d, e = d2, e2
                        if i < 0:
                            far, late = direct(far, up, down, t, measure, up_open[c], down_open[c])
                            d2, e2 = costs(target_leg[t, 0], target_leg[t, 1], far, late, by_time)
                            if d2 < d or (d2 == d and e2 < e):
                                d, e = d2, e2
                    d += leg[row, 0]
                    if d > cutoffs[last] or d == np.inf:
                        continue
                    if pairs:
                        pair_row[n_pairs], pair_which[n_pairs] = row, m
                        pair_cost[n_pairs, 0], pair_cost[n_pairs, 1] = d, e + leg[row, 1]
                        n_pairs += 1
                    else:
                        j = last
                        while j > 0 and d <= cutoffs[j - 1]:
                            j -= 1
                        place_sum[row, j] += member_weight[m]
                        member_sum[m, j] += place_weight[row]
        for i in range(count):
            reached[touched[i], 0] = reached[touched[i], 1] = np.inf
    pair_row, pair_which, pair_cost = (
        pair_row[:n_pairs],
        pair_which[:n_pairs],
        pair_cost[:n_pairs],
    )
    return Answer(place_sum, member_sum, group_sum, pair_row, pair_which, pair_cost)


@compiled
def _twice(row: Nodes, which: Nodes, cost: Floats) -> tuple[Nodes, Nodes, Floats]:
    n = len(row)
    row2, which2 = np.empty(2 * n, np.int32), np.empty(2 * n, np.int32)
    cost2 = np.empty((2 * n, 2), np.float64)
    for i in range(n):
        row2[i], which2[i] = row[i], which[i]
        cost2[i, 0], cost2[i, 1] = cost[i, 0], cost[i, 1]
    return row2, which2, cost2


@compiled
def _search(  # noqa: C901, PLR0912, PLR0915, PLR0917 - as above
    arcs: Arcs,
    seeds: Seeds,
    rows: tuple[int, int],
    cutoff: float,
    reached: Floats,
    touched: Nodes,
    head: Nodes,
    room: tuple[Nodes, Nodes, Floats, Nodes, Ints],
) -> tuple[int, tuple[Nodes, Nodes, Floats, Nodes, Ints]]:
    """Search from some seeds up to a cutoff, inclusive.

    As `search.search`, without names. ``reached``, the primary and secondary cost of each
    node, comes filled with inf. Returns how many nodes were reached, whose numbers are in
    ``touched``, and the queue's arrays.
    """
    first, to, cost = arcs.first, arcs.to, arcs.cost
    node, name, key, after, state = room
    scale = 1.0 / arcs.width
    mask = len(head) - 1
    count, alive, free, bucket = 0, 0, state[0], 2**62
    for i in range(rows[0], rows[1]):
        v, d, e = seeds.node[i], seeds.cost[i, 0], seeds.cost[i, 1]
        if d > cutoff or d > reached[v, 0] or (d == reached[v, 0] and e >= reached[v, 1]):
            continue
        if reached[v, 0] == np.inf:
            touched[count] = v
            count += 1
        reached[v, 0], reached[v, 1] = d, e
        bucket = min(bucket, int(d * scale))
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
        if near > reached[u, 0]:
            continue
        beside = reached[u, 1]
        for arc in range(first[u], first[u + 1]):
            d = near + cost[arc, 0]
            if d > cutoff:
                continue
            v = to[arc]
            leaf = v < 0
            if leaf:
                v = ~v
            if d > reached[v, 0]:
                continue
            e = beside + cost[arc, 1]
            if d == reached[v, 0] and e >= reached[v, 1]:
                continue
            if reached[v, 0] == np.inf:
                touched[count] = v
                count += 1
            reached[v, 0], reached[v, 1] = d, e
            if leaf:
                continue
            if free == len(node):
                node, name, key, after = more_room(node, name, key, after)
            entry, free = free, after[free]
            slot = int(d * scale) & mask
            node[entry], key[entry], after[entry] = v, d, head[slot]
            head[slot] = entry
            alive += 1
    state[0] = free
    return count, (node, name, key, after, state)
