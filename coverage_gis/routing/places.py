"""Compiled: what places along chains get from both ends, and from targets on the same chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.network.compiled import compiled
from coverage_gis.routing.search import wins

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.routing.forms import Beside, Chains, Out, Places, Reached

    Floats = NDArray[np.float64]


# Bundles are taken apart before loops: each use of a bundle's array would count references.


@compiled
def fill_places(  # noqa: PLR0917 - compiled functions know no keyword-only arguments
    rows: tuple[int, int],
    places: Places,
    chains: Chains,
    targets: Places,
    beside: Beside,
    found: Reached,
    out: Out,
) -> None:
    """Write the nearest target of the places from ``rows[0]`` to ``rows[1]``, legs included."""
    chain, junction, place, leg = places
    low, high, up_open, down_open, total, by_time = chains
    _, _, measure, target_leg = targets
    first, which = beside
    primary, secondary, label = found
    out_primary, out_secondary, out_label = out
    for p in range(rows[0], rows[1]):
        c, node = chain[p], junction[p]
        d, e, who = np.inf, np.inf, -1
        if c >= 0 and node >= 0:
            d, e, who = primary[node], secondary[node], int(label[node])
        elif c >= 0:
            m, up, down = place[p, 0], place[p, 1], place[p, 2]
            a, b = low[c], high[c]
            if up_open[c] and label[a] >= 0:
                d, e = costs(primary[a], secondary[a], m, up, by_time)
                who = int(label[a])
            if down_open[c] and label[b] >= 0:
                far, late = total[c, 0] - m, total[c, 2] - down
                d2, e2 = costs(primary[b], secondary[b], far, late, by_time)
                if d2 < d or (d2 == d and wins(label[b], e2, who, e)):
                    d, e, who = d2, e2, int(label[b])
            for i in range(first[c], first[c + 1]):
                t = which[i]
                far, late = direct(m, up, down, t, measure, up_open[c], down_open[c])
                d2, e2 = costs(target_leg[t, 0], target_leg[t, 1], far, late, by_time)
                if d2 < d or (d2 == d and d < np.inf and wins(t, e2, who, e)):
                    d, e, who = d2, e2, int(t)
        if who < 0:
            out_primary[p], out_secondary[p], out_label[p] = np.nan, np.nan, -1
        else:
            out_primary[p], out_secondary[p], out_label[p] = d + leg[p, 0], e + leg[p, 1], who


@compiled
def fill_nodes(  # noqa: PLR0917 - compiled functions know no keyword-only arguments
    rows: tuple[int, int],
    chain_first: NDArray[np.int64],
    vertex_node: NDArray[np.int32],
    vertex: tuple[Floats, Floats, Floats],
    chains: Chains,
    targets: Places,
    beside: Beside,
    found: Reached,
    out: Out,
) -> None:
    """Write the nearest target of the nodes inside the chains from ``rows[0]`` to ``rows[1]``.

    As `fill_places`, without asking each node where it is. A node inside a chain is on no
    other, so that threads may share ``out``; junctions are left to the caller.

    Parameters
    ----------
    chain_first, vertex_node
        Vertices of each chain and their nodes, as in `Network`.
    vertex
        Metres, seconds up, seconds down of each vertex, each (V,).
    """
    metres, seconds_up, seconds_down = vertex
    low, high, up_open, down_open, total, by_time = chains
    _, _, measure, target_leg = targets
    first, which = beside
    primary, secondary, label = found
    out_primary, out_secondary, out_label = out
    for c in range(rows[0], rows[1]):
        begin, end = chain_first[c] + 1, chain_first[c + 1] - 1
        if begin == end:
            continue
        a, b = low[c], high[c]
        from_a, from_b = up_open[c] and label[a] >= 0, down_open[c] and label[b] >= 0
        for i in range(begin, end):
            d, e, who = np.inf, np.inf, -1
            m, up, down = metres[i], seconds_up[i], seconds_down[i]
            if from_a:
                d, e = costs(primary[a], secondary[a], m, up, by_time)
                who = int(label[a])
            if from_b:
                far, late = total[c, 0] - m, total[c, 2] - down
                d2, e2 = costs(primary[b], secondary[b], far, late, by_time)
                if d2 < d or (d2 == d and wins(label[b], e2, who, e)):
                    d, e, who = d2, e2, int(label[b])
            for k in range(first[c], first[c + 1]):
                t = which[k]
                far, late = direct(m, up, down, t, measure, up_open[c], down_open[c])
                d2, e2 = costs(target_leg[t, 0], target_leg[t, 1], far, late, by_time)
                if d2 < d or (d2 == d and d < np.inf and wins(t, e2, who, e)):
                    d, e, who = d2, e2, int(t)
            node = vertex_node[i]
            out_label[node] = who
            out_primary[node] = d if who >= 0 else np.nan
            out_secondary[node] = e if who >= 0 else np.nan


@compiled
def costs(
    primary: float, secondary: float, metres: float, seconds: float, by_time: bool
) -> tuple[float, float]:
    """Return primary and secondary cost after some metres and seconds more."""
    if by_time:
        return primary + seconds, secondary + metres
    return primary + metres, secondary + seconds


@compiled
def direct(  # noqa: PLR0917 - compiled functions know no keyword-only arguments
    metres: float,
    up_s: float,
    down_s: float,
    target: int,
    measure: Floats,
    up_open: bool,
    down_open: bool,
) -> tuple[float, float]:
    """Return metres and seconds straight along a chain from a target to a place on it.

    The place is given by its metres, seconds up and seconds down from the chain's start.
    Both are infinite where the chain is closed in that direction.
    """
    far = metres - measure[target, 0]
    if far == 0:
        return 0.0, 0.0
    if far > 0:
        return (far, up_s - measure[target, 1]) if up_open else (np.inf, np.inf)
    return (-far, measure[target, 2] - down_s) if down_open else (np.inf, np.inf)
