"""Compiled: what a place along a chain gets from the nodes on both sides of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.network.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@compiled
def evaluate_places(  # noqa: PLR0917 - compiled functions know no keyword-only arguments
    chain: Ints,
    junction: Ints,
    place: Floats,
    stop_first: Ints,
    stop: Floats,
    stop_node: NDArray[np.int32],
    ahead: NDArray[np.bool_],
    behind: NDArray[np.bool_],
    by_time: bool,
    primary: Floats,
    secondary: Floats,
    label: Ints,
) -> tuple[Floats, Floats, Ints]:
    """Return primary cost, secondary cost and label of each place (inf and -1 where unreached).

    Parameters
    ----------
    chain
        Chain of each place, -1 for none, (P,).
    junction
        Junction that the place is, -1 for one along its chain, (P,).
    place
        Its metres, seconds ahead and seconds behind from the chain's start, (P, 3).
    stop_first, stop, stop_node
        Nodes along chain ``c``: ``stop_first[c]:stop_first[c + 1]``, with the same three
        measures, (T, 3), in ascending order of metres.
    ahead, behind
        Whether one may travel along and against each chain, (C,).
    by_time
        Whether seconds are primary, or metres.
    primary, secondary, label
        Result of the search at each node.
    """
    n = len(chain)
    out = np.full(n, np.inf, np.float64)
    beside = np.full(n, np.inf, np.float64)
    which = np.full(n, -1, np.int64)
    for p in range(n):
        c = chain[p]
        if c < 0:
            continue
        if junction[p] >= 0:
            node = junction[p]
            out[p], beside[p], which[p] = primary[node], secondary[node], label[node]
            continue
        at = place[p, 0]
        # the last stop at or before the place, and the next
        begin, end = stop_first[c], stop_first[c + 1] - 1
        low, high = begin, end
        while high - low > 1:
            middle = (low + high) >> 1
            if stop[middle, 0] <= at:
                low = middle
            else:
                high = middle
        on_stop = low > begin and stop[low, 0] == at
        for side in range(2):
            if not (on_stop or (ahead[c] if side == 0 else behind[c])):
                continue
            i = high if side == 0 and not on_stop else low
            node = stop_node[i]
            metres = abs(stop[i, 0] - at)
            seconds = abs(stop[i, 1 + side] - place[p, 1 + side])
            d = primary[node] + (seconds if by_time else metres)
            e = secondary[node] + (metres if by_time else seconds)
            who = label[node]
            if d < out[p] or (
                d == out[p] and (who < which[p] or (who == which[p] and e < beside[p]))
            ):
                out[p], beside[p], which[p] = d, e, who
    return out, beside, which
