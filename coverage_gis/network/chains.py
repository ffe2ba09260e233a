"""Compiled: follow segments from junction to junction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.network.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray


@compiled
def follow_chains(
    u: NDArray[np.int32],
    v: NDArray[np.int32],
    oneway: NDArray[np.bool_],
    starts: NDArray[np.int32],
    passed: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]]:
    """Return segments in the order of their chains, which are turned round, chains' first ones.

    Parameters
    ----------
    u, v
        Nodes at the ends of each segment, (S,).
    oneway
        Whether the segment may only be used from u to v, (S,).
    starts
        Nodes where chains begin and end, in the order in which chains are wanted.
    passed
        Per node, whether chains pass through it; changed: false for anchors of closed loops.
    """
    n, s = len(passed), len(u)
    first = np.zeros(n + 1, np.int64)
    for i in range(s):
        first[u[i] + 1] += 1
        first[v[i] + 1] += 1
    for i in range(n):
        first[i + 1] += first[i]
    incident = np.empty(2 * s, np.int64)
    fill = first[:-1].copy()
    for i in range(s):
        incident[fill[u[i]]] = i
        fill[u[i]] += 1
        incident[fill[v[i]]] = i
        fill[v[i]] += 1

    order = np.empty(s, np.int64)
    turned = np.empty(s, np.bool_)
    chains = np.empty(s + 1, np.int64)
    seen = np.zeros(s, np.bool_)
    n_chains = 0
    done = 0
    # Junctions first; then, segment by segment, the loops that no junction touches.
    for k in range(len(starts) + s):
        if k < len(starts):
            start = starts[k]
            low, high = first[start], first[start + 1]
        else:
            if seen[k - len(starts)]:
                continue
            start = u[k - len(starts)]
            passed[start] = False
            low, high = first[start], first[start] + 1
        for slot in range(low, high):
            segment = incident[slot]
            if seen[segment]:
                continue
            begin = done
            node = start
            while True:
                seen[segment] = True
                order[done] = segment
                turned[done] = u[segment] != node
                done += 1
                node = u[segment] if turned[done - 1] else v[segment]
                if not passed[node]:
                    break
                at = first[node]
                segment = incident[at + 1] if incident[at] == segment else incident[at]
            if oneway[order[begin]] and turned[begin]:
                order[begin:done] = order[begin:done][::-1].copy()
                turned[begin:done] = ~turned[begin:done][::-1]
            chains[n_chains] = begin
            n_chains += 1
    chains[n_chains] = s
    return order, turned, chains[: n_chains + 1].copy()


@compiled
def running_totals(first: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return per vertex the sum of segment values from its chain's start.

    Parameters
    ----------
    first
        First segment of each chain and the number of segments, (C + 1,).
    values
        One value per segment, in the order of chains, (S,).

    Returns
    -------
    array of shape (S + C,)
    """
    n = len(first) - 1
    out = np.empty(len(values) + n, np.float64)
    for chain in range(n):
        total = 0.0
        at = first[chain] + chain
        out[at] = 0.0
        for i in range(first[chain], first[chain + 1]):
            total += values[i]
            at += 1
            out[at] = total
    return out
