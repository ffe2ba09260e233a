"""Compiled: the queue of the searches, in buckets of cost.

As in delta-stepping (Meyer and Sanders, 2003): entries wait in buckets of a fixed width, and a
bucket is worked off in any order. An entry costs O(1) where a heap's costs O(log n). A search
on it stays exact if it takes up again whatever it improves.

The queue is plain arrays, which the searches hold as local variables: in a tuple each use of
them would count references, at three times the run time. For the same reason putting and
taking an entry are written out in each search.

``head``
    First entry of each bucket, -1 for none; buckets are used in turn, their number is a power
    of two.
``node``, ``name``, ``key``
    What each entry is: a node, a target and a cost.
``after``
    The entry after each, in its bucket or among the free ones.
``state``
    First free entry, (1,): what a search hands on to the next one that uses the same room.
"""

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
def new_buckets(ahead: float, width: float) -> Nodes:
    """Return ``head`` of an empty queue for entries that cost up to ``ahead`` over the least."""
    buckets = 1
    while buckets < ahead / width + 3:
        buckets *= 2
    head = np.empty(buckets, np.int32)
    for i in range(buckets):
        head[i] = -1
    return head


@compiled
def new_room(size: int) -> tuple[Nodes, Nodes, Floats, Nodes, Ints]:
    """Return node, name, key, after and state of an empty queue of ``size`` entries."""
    after = np.empty(size, np.int32)
    for i in range(size):
        after[i] = i + 1
    return (
        np.empty(size, np.int32),
        np.empty(size, np.int32),
        np.empty(size, np.float64),
        after,
        np.zeros(1, np.int64),
    )


@compiled
def more_room(
    node: Nodes, name: Nodes, key: Floats, after: Nodes
) -> tuple[Nodes, Nodes, Floats, Nodes]:
    """Return the arrays at twice their size; to be called when no entry is free."""
    size = len(node)
    node2, name2 = np.empty(2 * size, np.int32), np.empty(2 * size, np.int32)
    key2, after2 = np.empty(2 * size, np.float64), np.empty(2 * size, np.int32)
    # loops, since numba takes seconds to compile np.append
    for i in range(size):
        node2[i], name2[i], key2[i], after2[i] = node[i], name[i], key[i], after[i]
    for i in range(size, 2 * size):
        after2[i] = i + 1
    return node2, name2, key2, after2


@compiled
def twice(values: Nodes) -> Nodes:
    """Return an array at twice its size."""
    longer = np.empty(2 * len(values), np.int32)
    for i in range(len(values)):
        longer[i] = values[i]
    return longer
