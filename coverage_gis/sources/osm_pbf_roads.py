"""Nodes of a PBF file by id, and the roads that run through them, block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.network.osm_ways import RawPieces
from coverage_gis.sources import osm_pbf_decode as decode
from coverage_gis.sources.osm_pbf_blocks import UnusualFileError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from coverage_gis.sources.osm_file import Bounds

    Ints = NDArray[np.int64]

_DEGREE = 1e7


@dataclass
class Ways:
    """Roads of a block: id, hash of the tag set, first ref of each and of the next, refs."""

    way_id: Ints
    tagset: Ints
    first: Ints
    refs: Ints


class Nodes:
    """Positions of all nodes, by id; 16 bytes each, and 8 more while they are put together."""

    def __init__(self) -> None:
        self._parts: list[tuple[Ints, NDArray[np.int32], NDArray[np.int32]]] = []
        self.ids = np.empty(0, dtype=np.int64)
        self.x = self.y = np.empty(0, dtype=np.int32)

    def add(self, ids: Ints, x: NDArray[np.int32], y: NDArray[np.int32]) -> None:
        """Take nodes, in the order of the file.

        Raises
        ------
        UnusualFileError
            If nodes were put together already: these come after ways.
        """
        if len(self.ids):
            raise UnusualFileError("nodes after ways")
        self._parts.append((ids, x, y))

    def put_together(self) -> None:
        """Make ``ids``, ``x`` and ``y`` of what was taken: by id, 1e-7 degrees.

        Raises
        ------
        UnusualFileError
            If the nodes are not in order.
        """
        if not self._parts:
            return
        size = sum(len(ids) for ids, _, _ in self._parts)
        self.ids = np.empty(size, dtype=np.int64)
        self.x, self.y = np.empty(size, dtype=np.int32), np.empty(size, dtype=np.int32)
        end = size
        while self._parts:  # each part is freed as it is copied
            ids, x, y = self._parts.pop()
            start = end - len(ids)
            self.ids[start:end], self.x[start:end], self.y[start:end] = ids, x, y
            end = start
        for i in range(0, size, 1 << 20):
            if (np.diff(self.ids[i : i + (1 << 20) + 1]) <= 0).any():
                raise UnusualFileError("nodes that are not in order")

    def positions(self, refs: Sequence[int] | Ints) -> NDArray[np.float64]:
        """Return longitude and latitude of the nodes that are known, (n, 2)."""
        at = decode.look_up(self.ids, np.asarray(refs, dtype=np.int64))
        at = at[at >= 0]
        return np.column_stack([self.x[at], self.y[at]]) / _DEGREE


@dataclass
class Roads:
    """Pieces of roads, the tag set of each as a hash, and how many ways were left out."""

    pieces: RawPieces
    tagset: Ints
    clipped: int
    empty: int
    outside: int


def pieces_of(ways: Ways, nodes: Nodes, bounds: Bounds | None) -> Roads:
    """Return what is known of roads: whole, or in pieces of two nodes and more."""
    n = len(ways.way_id)
    way = np.repeat(np.arange(n), np.diff(ways.first))
    at = decode.look_up(nodes.ids, ways.refs)
    known = at >= 0
    starts = known.copy()
    starts[1:] &= ~(known[:-1] & (way[1:] == way[:-1]))
    piece = np.cumsum(starts) - 1
    size = np.bincount(piece[known], minlength=int(starts.sum()))
    keep = known.copy()
    keep[known] = size[piece[known]] > 1
    lon, lat = np.zeros((2, len(at)))  # a file may have no node at all
    lon[keep], lat[keep] = nodes.x[at[keep]] / _DEGREE, nodes.y[at[keep]] / _DEGREE
    inside = keep
    if bounds is not None:
        west, south, east, north = bounds
        inside = keep & (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    some, within, all_known = (
        np.bincount(way[flag], minlength=n) > 0 for flag in (keep, inside, known)
    )
    all_known = np.bincount(way[~known], minlength=n) == 0
    keep &= within[way]
    first = np.flatnonzero(starts & keep)
    return Roads(
        RawPieces(
            way_id=ways.way_id[way[first]],
            tagset=np.zeros(len(first), dtype=np.int32),
            whole=all_known[way[first]],
            size=size[piece[first]],
            ref=ways.refs[keep],
            lon=lon[keep],
            lat=lat[keep],
        ),
        tagset=ways.tagset[way[first]],
        clipped=int((within & ~all_known).sum()),
        empty=int((~some).sum()),
        outside=int((some & ~within).sum()),
    )
