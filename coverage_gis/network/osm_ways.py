"""OSM ways as flat arrays: what the reader hands over and the network is built from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from coverage_gis.settings import NetworkSettings

_BASE_KEYS = (
    "highway",
    "route",
    "oneway",
    "oneway:foot",
    "junction",
    "conveying",
    "maxspeed",
    "maxspeed:forward",
    "maxspeed:backward",
    "duration",
)


def tag_keys(settings: NetworkSettings) -> tuple[str, ...]:
    """Return the keys of way tags that the profiles look at; readers keep no others."""
    walk, drive = settings.walk, settings.drive
    closing = sorted(key for key, _ in walk.closed_if | drive.closed_if)
    return tuple(dict.fromkeys((*_BASE_KEYS, *walk.access_keys, *drive.access_keys, *closing)))


@dataclass(frozen=True)
class OsmWays:
    """Ways of the road and ferry network, all nodes known.

    A way whose nodes are partly missing (a clipped extract) is several pieces here, each
    with its way's id and ``whole`` false.

    Attributes
    ----------
    way_id
        OSM id of each piece, int64 of shape (W,), ascending.
    tagset
        Index into ``tagsets`` of each piece, int32 (W,).
    tagsets
        The distinct combinations of tags, keys of `tag_keys` only.
    whole
        Whether the piece is its whole way, bool (W,).
    first
        Piece ``i`` runs through ``node[first[i]:first[i + 1]]``, int64 (W + 1,).
    node
        Indices into the node arrays, int32 (P,).
    node_id
        OSM ids, int64 (N,), ascending.
    lon, lat
        Degrees, float64 (N,).
    """

    way_id: NDArray[np.int64]
    tagset: NDArray[np.int32]
    tagsets: tuple[Mapping[str, str], ...]
    whole: NDArray[np.bool_]
    first: NDArray[np.int64]
    node: NDArray[np.int32]
    node_id: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]


@dataclass(frozen=True)
class RawPieces:
    """Pieces of ways as they were met, every vertex with its own id and position."""

    way_id: NDArray[np.int64]
    tagset: NDArray[np.int32]
    whole: NDArray[np.bool_]
    size: NDArray[np.int64]
    ref: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]


def index_nodes(pieces: RawPieces, tagsets: Sequence[Mapping[str, str]]) -> OsmWays:
    """Return the pieces in order of way id, their nodes numbered by ascending OSM id.

    Pieces of one way keep their order. A node met several times keeps its first position.
    """
    order = np.argsort(pieces.way_id, kind="stable")
    node_id, at, inverse = np.unique(pieces.ref, return_index=True, return_inverse=True)
    node = inverse.astype(np.int32)
    start = np.concatenate([[0], np.cumsum(pieces.size)])
    size = pieces.size[order]
    first = np.concatenate([[0], np.cumsum(size)])
    if not np.array_equal(order, np.arange(len(order))):
        node = node[np.repeat(start[order] - first[:-1], size) + np.arange(len(node))]
    return OsmWays(
        way_id=pieces.way_id[order],
        tagset=pieces.tagset[order],
        tagsets=tuple(tagsets),
        whole=pieces.whole[order],
        first=first.astype(np.int64),
        node=node,
        node_id=node_id,
        lon=pieces.lon[at],
        lat=pieces.lat[at],
    )


def ways_from_lists(
    ways: Iterable[tuple[int, Sequence[int], Mapping[str, str]]],
    nodes: Mapping[int, tuple[float, float]],
) -> OsmWays:
    """Return `OsmWays` of a few ways given as (id, node ids, tags), nodes as id -> (lon, lat)."""
    rows = list(ways)
    numbers: dict[tuple[tuple[str, str], ...], int] = {}
    tagset = [numbers.setdefault(tuple(sorted(t.items())), len(numbers)) for _, _, t in rows]
    ref = np.array([r for _, refs, _ in rows for r in refs], dtype=np.int64)
    position = np.array([nodes[int(r)] for r in ref], dtype=np.float64).reshape(-1, 2)
    return index_nodes(
        RawPieces(
            way_id=np.array([w for w, _, _ in rows], dtype=np.int64),
            tagset=np.array(tagset, dtype=np.int32),
            whole=np.ones(len(rows), dtype=np.bool_),
            size=np.array([len(refs) for _, refs, _ in rows], dtype=np.int64),
            ref=ref,
            lon=position[:, 0].copy(),
            lat=position[:, 1].copy(),
        ),
        [dict(tags) for tags in numbers],
    )
