"""Join places to the nearest edge of a network, at their true position along it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis import crs
from coverage_gis.network.grid import fill_grid, nearest_segments
from coverage_gis.network.lengths import segment_lengths_m

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from coverage_gis.network.model import Network

_SMALLEST_CELL_M = 50.0
_CELLS_PER_SEGMENT = 2.0


@dataclass(frozen=True)
class Snap:
    """Where places join a network; all arrays of shape (n,).

    Attributes
    ----------
    chain
        Chain joined, -1 where no edge is within the limit.
    segment
        Segment joined (the vertex it begins at), -1 without.
    junction
        Junction that the foot is, -1 where it lies along the chain, or without.
    position_m
        Metres from the chain's start to the foot, NaN without.
    forward_s, backward_s
        Seconds from the chain's start to the foot, and back, NaN without.
    snap_m
        Geodesic metres from the place to its foot, NaN without.
    lon, lat
        The foot, degrees, NaN without.
    """

    chain: NDArray[np.int64]
    segment: NDArray[np.int64]
    junction: NDArray[np.int64]
    position_m: NDArray[np.float64]
    forward_s: NDArray[np.float64]
    backward_s: NDArray[np.float64]
    snap_m: NDArray[np.float64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]

    @property
    def joined(self) -> NDArray[np.bool_]:
        """Whether each place joins an edge."""
        return self.chain >= 0

    def __len__(self) -> int:
        """Return the number of places."""
        return len(self.chain)

    def take(self, rows: NDArray[np.int64]) -> Snap:
        """Return the places of some rows."""
        return Snap(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def followed_by(self, other: Snap) -> Snap:
        """Return these places, then those of another snap to the same network."""
        return Snap(
            **{
                f.name: np.concatenate([getattr(self, f.name), getattr(other, f.name)])
                for f in fields(self)
            }
        )


def snap(
    network: Network,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    limit_m: ArrayLike,
    *,
    components: NDArray[np.bool_] | None = None,
) -> Snap:
    """Return the nearest edge of each place within a limit, and the foot on it.

    The nearest of all edges that may be joined, exactly, in the tangent plane at the place
    (``crs.metres_per_degree``); of equally near ones the first in the network. Both ends of
    an edge belong to it.

    Parameters
    ----------
    network
        Network of one mode.
    lon, lat
        Places in degrees, (n,).
    limit_m
        Greatest ``snap_m`` allowed, inclusive: one number or (n,).
    components
        Per connected component, whether it may be joined; all where None.
    """
    segment = _joinable(network, components)
    a, b = network.vertex_node[segment], network.vertex_node[segment + 1]
    ends = np.column_stack([network.lon[a], network.lat[a], network.lon[b], network.lat[b]])
    limit = np.broadcast_to(np.asarray(limit_m, dtype=np.float64), lon.shape)
    at, t = _nearest(np.asarray(lon, np.float64), np.asarray(lat, np.float64), limit, ends)

    found = at >= 0
    at = np.where(found, at, 0)
    if len(segment) == 0:
        segment, ends = np.zeros(1, dtype=np.int64), np.zeros((1, 4))
    foot_lon, foot_lat = (
        np.where(t >= 1, ends[at, 2 + k], ends[at, k] + t * (ends[at, 2 + k] - ends[at, k]))
        for k in (0, 1)
    )
    snap_m = segment_lengths_m(lon, lat, foot_lon, foot_lat) if found.any() else t
    found &= snap_m <= limit
    vertex = segment[at]
    chain = np.searchsorted(network.chain_first, vertex, side="right") - 1

    def along(values: NDArray[np.float64]) -> NDArray[np.float64]:
        start, end = values[vertex], values[vertex + 1]
        return np.where(found, np.where(t >= 1, end, start + t * (end - start)), np.nan)

    return Snap(
        chain=np.where(found, chain, -1).astype(np.int64),
        segment=np.where(found, vertex, -1),
        junction=np.where(
            found, _junction(network, chain, np.where(t >= 1, vertex + 1, vertex), t), -1
        ),
        position_m=along(network.vertex_m),
        forward_s=along(network.vertex_forward_s),
        backward_s=along(network.vertex_backward_s),
        snap_m=np.where(found, snap_m, np.nan),
        lon=np.where(found, foot_lon, np.nan),
        lat=np.where(found, foot_lat, np.nan),
    )


def node_places(network: Network) -> Snap:
    """Return every node of the network as a place on it, in the order of ``node_id``.

    Junctions are given on the first chain that they end. For results at all nodes of the raw
    graph: ``nearest(graph, members, node_places(network))``.
    """
    chain = np.repeat(np.arange(len(network.chain_from)), np.diff(network.chain_first))
    vertex = np.empty(len(network.node_id), dtype=np.int64)
    vertex[network.vertex_node[::-1]] = np.arange(len(chain))[::-1]
    last = (vertex == network.chain_first[chain[vertex] + 1] - 1).astype(np.int64)
    return Snap(
        chain=chain[vertex],
        segment=vertex - last,
        junction=_junction(network, chain[vertex], vertex, last.astype(np.float64)),
        position_m=network.vertex_m[vertex],
        forward_s=network.vertex_forward_s[vertex],
        backward_s=network.vertex_backward_s[vertex],
        snap_m=np.zeros(len(vertex)),
        lon=network.lon,
        lat=network.lat,
    )


def _junction(
    network: Network,
    chain: NDArray[np.int64],
    vertex: NDArray[np.int64],
    fraction: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return the junction of feet that are a chain's first or last vertex, else -1."""
    at_start = (fraction <= 0) & (vertex == network.chain_first[chain])
    at_end = (fraction >= 1) & (vertex == network.chain_first[chain + 1] - 1)
    inner = np.where(at_end, network.chain_to[chain], -1)
    return np.where(at_start, network.chain_from[chain], inner).astype(np.int64)


def _joinable(network: Network, components: NDArray[np.bool_] | None) -> NDArray[np.int64]:
    """Return the vertices that begin a segment places may join."""
    allowed = np.array(network.segment_snappable)
    if components is not None:
        chains = components[network.component[network.chain_from]]
        allowed &= np.repeat(chains, np.diff(network.chain_first))
    return np.flatnonzero(allowed)


def _nearest(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    limit_m: NDArray[np.float64],
    ends: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return index and fraction of the nearest segment, of those hardly beyond the limit too."""
    if len(ends) == 0 or len(lon) == 0:
        return np.full(len(lon), -1, dtype=np.int64), np.zeros(len(lon))
    west, east = ends[:, [0, 2]].min(), ends[:, [0, 2]].max()
    south, north = ends[:, [1, 3]].min(), ends[:, [1, 3]].max()
    lon_m, lat_m = (float(x) for x in crs.metres_per_degree((south + north) / 2))
    area = max((east - west) * lon_m, 1.0) * max((north - south) * lat_m, 1.0)
    cell_m = max(_SMALLEST_CELL_M, np.sqrt(area / (len(ends) * _CELLS_PER_SEGMENT + 1)))
    width, height = cell_m / lon_m, cell_m / lat_m
    n_x, n_y = int((east - west) / width) + 1, int((north - south) / height) + 1
    frame = np.array([west, south, width, height])
    first, member = fill_grid(ends, frame, n_x, n_y)
    per_lon, per_lat = crs.metres_per_degree(lat)
    # The tangent plane and the ellipsoid differ by less than this within any sensible limit.
    points = np.column_stack([lon, lat, per_lon, per_lat, limit_m * 1.001 + 1e-3])
    return nearest_segments(points, ends, frame, n_x, n_y, first, member)
