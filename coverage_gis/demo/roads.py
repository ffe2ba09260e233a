"""Roads as OpenStreetMap has them: nodes, ways as runs of nodes, and tags of each way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Roads:
    """All roads, in plane metres.

    Way ``w`` runs through nodes ``refs[starts[w]:starts[w + 1]]`` and has ``tags[tag[w]]``.
    """

    x: Array
    y: Array
    refs: Ints
    starts: Ints
    tag: Ints
    tags: tuple[Mapping[str, str], ...]

    def segments(self) -> tuple[Ints, Ints, Ints]:
        """Return start node, end node and way of every pair of neighbours in a way."""
        way = np.repeat(np.arange(len(self.tag)), np.diff(self.starts))
        same = way[1:] == way[:-1]
        return self.refs[:-1][same], self.refs[1:][same], way[1:][same]

    def ways_where(self, key: str, values: Sequence[str]) -> NDArray[np.bool_]:
        """Tell which ways have one of ``values`` for ``key``."""
        hit = np.array([t.get(key) in values for t in self.tags], dtype=bool)
        return np.asarray(hit[self.tag])


@dataclass
class RoadBuilder:
    """Collects nodes and ways, piece by piece."""

    _x: list[Array] = field(default_factory=list)
    _y: list[Array] = field(default_factory=list)
    _refs: list[Ints] = field(default_factory=list)
    _sizes: list[Ints] = field(default_factory=list)
    _tag: list[Ints] = field(default_factory=list)
    _tags: dict[tuple[tuple[str, str], ...], int] = field(default_factory=dict)
    nodes: int = 0

    def add_nodes(self, x: ArrayLike, y: ArrayLike) -> Ints:
        """Add nodes and return their numbers."""
        xs = np.atleast_1d(np.asarray(x, dtype=np.float64))
        self._x.append(xs)
        self._y.append(np.atleast_1d(np.asarray(y, dtype=np.float64)))
        first = self.nodes
        self.nodes += len(xs)
        return np.arange(first, self.nodes)

    def tag(self, tags: Mapping[str, str]) -> int:
        """Return the number of a set of tags."""
        return self._tags.setdefault(tuple(sorted(tags.items())), len(self._tags))

    def add_way(self, refs: ArrayLike, tags: Mapping[str, str]) -> None:
        """Add one way through nodes."""
        run = np.asarray(refs, dtype=np.int64)
        self.add_ways(run, np.array([len(run)]), np.array([self.tag(tags)]))

    def add_ways(self, refs: Ints, sizes: Ints, tag: Ints) -> None:
        """Add many ways: their nodes one after the other, nodes per way, tag numbers."""
        self._refs.append(refs)
        self._sizes.append(sizes)
        self._tag.append(tag)

    def line(self, points: Array, tags: Mapping[str, str]) -> Ints:
        """Add a way through new nodes at ``(n, 2)`` points and return the nodes."""
        nodes = self.add_nodes(points[:, 0], points[:, 1])
        self.add_way(nodes, tags)
        return nodes

    def position(self, node: int) -> Array:
        """Return x and y of a node."""
        for x, y in zip(self._x, self._y, strict=True):
            if node < len(x):
                return np.array([x[node], y[node]])
            node -= len(x)
        raise IndexError(node)

    def build(self) -> Roads:
        """Return all that was collected."""
        sizes = np.concatenate(self._sizes)
        return Roads(
            np.concatenate(self._x),
            np.concatenate(self._y),
            np.concatenate(self._refs),
            np.concatenate([[0], np.cumsum(sizes)]),
            np.concatenate(self._tag),
            tuple(dict(items) for items in self._tags),
        )
