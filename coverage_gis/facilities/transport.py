"""Compiled: the transportation problem by the primal network simplex, in whole numbers.

Places supply, facilities take up to their capacity, a root takes who is left over at a cost above
any chain of detours and fills what capacity stays free at none. All flows and costs are integers,
so that the optimum is exact and the same on every machine.

The rule for the leaving arc keeps the tree strongly feasible, which rules out cycling (Cunningham
1976; Ahuja, Magnanti and Orlin, Network Flows, 1993, section 11.6); the entering arc is the best of
a block, block after block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from coverage_gis.network.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NONE = -1


class Problem(NamedTuple):
    """Who is to go where.

    Attributes
    ----------
    place, facility, cost
        ``(n_pairs,)`` pairs, the cheapest first, and the cost of one unit between them, from 0.
    supply, capacity
        ``(n_places,)`` and ``(n_facilities,)`` units, above zero.
    left_cost
        Cost of a unit that is not placed.
    """

    place: NDArray[np.int32]
    facility: NDArray[np.int32]
    cost: NDArray[np.int64]
    supply: NDArray[np.int64]
    capacity: NDArray[np.int64]
    left_cost: int


class _Tree(NamedTuple):
    """The basis: a tree over places, facilities and the root, the last node.

    Arcs are numbered: pairs (place to facility), then places to the root (left over), then the
    root to facilities (stays free). ``up`` says whether the arc to a node's parent points to it;
    ``child``, ``after`` and ``before`` link the children of a node; basic arcs cost nothing at
    ``price``.
    """

    parent: NDArray[np.int32]
    arc: NDArray[np.int64]
    up: NDArray[np.bool_]
    child: NDArray[np.int32]
    after: NDArray[np.int32]
    before: NDArray[np.int32]
    depth: NDArray[np.int32]
    price: NDArray[np.int64]
    stack: NDArray[np.int32]
    flow: NDArray[np.int64]
    basic: NDArray[np.bool_]


@compiled
def transport(problem: Problem) -> tuple[NDArray[np.int64], int]:
    """Return the flow of each pair at the least cost, everybody placed who can be.

    Returns
    -------
    The ``(n_pairs,)`` flows, and how many pivots it took.
    """
    pairs, n = len(problem.place), len(problem.supply)
    tree = _first_tree(problem)
    root = len(tree.parent) - 1
    block = max(64, int(np.sqrt(len(tree.flow))))
    at, pivots = 0, 0
    while True:
        entering, at = _entering(at, block, problem, tree)
        if entering < 0:
            return tree.flow[:pairs].copy(), pivots
        pivots += 1
        if entering < pairs:
            tail, head = int(problem.place[entering]), n + int(problem.facility[entering])
        elif entering < pairs + n:
            tail, head = entering - pairs, root
        else:
            tail, head = root, entering - pairs
        out, on_tail_side = _leaving(tail, head, tree)
        amount = tree.flow[tree.arc[out]]
        _push(tail, head, amount, tree)
        tree.flow[entering] += amount
        tree.basic[entering], tree.basic[tree.arc[out]] = True, False
        inner, outer = (tail, head) if on_tail_side else (head, tail)
        _rehang(inner, (outer, entering, on_tail_side), out, tree)
        _settle(inner, problem, tree)


@compiled
def _first_tree(problem: Problem) -> _Tree:
    """Return a first tree: cheapest pairs first, whole places, no facility quite full."""
    place, facility, _, supply, capacity, _ = problem
    pairs, n, m = len(place), len(supply), len(capacity)
    root, arcs = n + m, pairs + n + m
    nodes = root + 1
    tree = _Tree(
        np.full(nodes, _NONE, np.int32),
        np.full(nodes, _NONE, np.int64),
        np.zeros(nodes, np.bool_),
        np.full(nodes, _NONE, np.int32),
        np.full(nodes, _NONE, np.int32),
        np.full(nodes, _NONE, np.int32),
        np.zeros(nodes, np.int32),
        np.zeros(nodes, np.int64),
        np.empty(nodes, np.int32),
        np.zeros(arcs, np.int64),
        np.zeros(arcs, np.bool_),
    )
    room = capacity.copy()
    for k in range(pairs):
        p, f = place[k], facility[k]
        # a facility that is quite full would hang on an empty arc from the root: not feasible
        # in the strong sense
        if tree.parent[p] < 0 and supply[p] < room[f]:
            room[f] -= supply[p]
            tree.parent[p], tree.arc[p], tree.up[p] = n + f, k, True
            tree.flow[k] = supply[p]
    for p in range(n):
        if tree.parent[p] < 0:
            tree.parent[p], tree.arc[p], tree.up[p] = root, pairs + p, True
            tree.flow[pairs + p] = supply[p]
    for f in range(m):
        tree.parent[n + f], tree.arc[n + f] = root, pairs + n + f
        tree.flow[pairs + n + f] = room[f]
    for v in range(root):
        _hang(v, tree.parent[v], tree)
        tree.basic[tree.arc[v]] = True
    _settle(root, problem, tree)
    return tree


@compiled
def _entering(at: int, block: int, problem: Problem, tree: _Tree) -> tuple[int, int]:
    """Return the arc of the most negative reduced cost in the next block that has any, or -1."""
    place, facility, cost, supply, _, left_cost = problem
    price, basic = tree.price, tree.basic
    pairs, n, root = len(place), len(supply), len(tree.parent) - 1
    best, found, seen = np.int64(0), -1, 0
    for _ in range(len(basic)):
        if not basic[at]:
            if at < pairs:
                reduced = cost[at] + price[place[at]] - price[n + facility[at]]
            elif at < pairs + n:
                reduced = left_cost + price[at - pairs] - price[root]
            else:
                reduced = price[root] - price[at - pairs]
            if reduced < best:
                best, found = reduced, at
        at += 1
        if at == len(basic):
            at = 0
        seen += 1
        if seen == block:
            if found >= 0:
                return found, at
            seen = 0
    return found, at


@compiled
def _leaving(tail: int, head: int, tree: _Tree) -> tuple[int, bool]:
    """Return the node whose arc to its parent leaves, and whether it is on the tail's side.

    Of several that empty, the last one met from the join along the cycle in the direction of the
    entering arc: this keeps the tree strongly feasible.
    """
    a, b = tail, head
    least_a, least_b = np.int64(2**62), np.int64(2**62)
    out_a, out_b = -1, -1
    while a != b:
        if tree.depth[a] >= tree.depth[b]:
            if tree.up[a] and tree.flow[tree.arc[a]] < least_a:
                least_a, out_a = tree.flow[tree.arc[a]], a
            a = tree.parent[a]
        else:
            if not tree.up[b] and tree.flow[tree.arc[b]] <= least_b:
                least_b, out_b = tree.flow[tree.arc[b]], b
            b = tree.parent[b]
    if out_b < 0 or (out_a >= 0 and least_a < least_b):
        return out_a, True
    return out_b, False


@compiled
def _push(tail: int, head: int, amount: int, tree: _Tree) -> None:
    """Send flow around the cycle that an arc from ``tail`` to ``head`` closes."""
    a, b = tail, head
    while a != b:
        if tree.depth[a] >= tree.depth[b]:
            tree.flow[tree.arc[a]] += -amount if tree.up[a] else amount
            a = tree.parent[a]
        else:
            tree.flow[tree.arc[b]] += amount if tree.up[b] else -amount
            b = tree.parent[b]


@compiled
def _rehang(inner: int, new: tuple[int, int, bool], out: int, tree: _Tree) -> None:
    """Cut the tree above ``out`` and hang what is cut off by ``inner``.

    ``new`` is its parent, the arc to it and whether that points up.
    """
    v = inner
    below, arc, points_up = new
    while True:
        old, old_arc, old_up = tree.parent[v], tree.arc[v], tree.up[v]
        _take_off(v, old, tree)
        tree.parent[v], tree.arc[v], tree.up[v] = below, arc, points_up
        _hang(v, below, tree)
        if v == out:
            return
        below, arc, points_up = v, old_arc, not old_up
        v = old


@compiled
def _hang(v: int, below: int, tree: _Tree) -> None:
    first = tree.child[below]
    tree.after[v], tree.before[v] = first, _NONE
    if first >= 0:
        tree.before[first] = v
    tree.child[below] = v


@compiled
def _take_off(v: int, below: int, tree: _Tree) -> None:
    left, right = tree.before[v], tree.after[v]
    if left >= 0:
        tree.after[left] = right
    else:
        tree.child[below] = right
    if right >= 0:
        tree.before[right] = left


@compiled
def _settle(top: int, problem: Problem, tree: _Tree) -> None:
    """Set depths and prices of ``top`` and all below it."""
    pairs, n = len(problem.place), len(problem.supply)
    price, stack = tree.price, tree.stack
    stack[0] = top
    size = 1
    while size:
        size -= 1
        v = stack[size]
        below = tree.parent[v]
        if below >= 0:
            arc, each = tree.arc[v], np.int64(0)
            if arc < pairs:
                each = problem.cost[arc]
            elif arc < pairs + n:
                each = np.int64(problem.left_cost)
            tree.depth[v] = tree.depth[below] + 1
            price[v] = price[below] - each if tree.up[v] else price[below] + each
        w = tree.child[v]
        while w >= 0:
            stack[size] = w
            size += 1
            w = tree.after[w]
