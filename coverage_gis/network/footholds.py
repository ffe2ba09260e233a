"""Where places may stand on a network whose map has gaps: on one edge, or on either of two.

A car park's lane that somebody forgot to join, or a path cut off by an extract's edge, is a
component of its own. Whoever is nearest to it would reach nothing, and a clinic on it would
be reached by nobody, though the road is a few metres further. Such a place therefore has two
footholds: its nearest edge, and the nearest edge of a longer component; what it
reaches is the better of the two (`routing.footholds`). Both are fixed by the network alone.
A choice that looked at where the facilities are ("the other one if this one has none") would
let a new facility on the short component lengthen a way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.network.snap import Snap, snap

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from coverage_gis.network.model import Network
    from coverage_gis.settings import MapGaps


@dataclass(frozen=True)
class Footholds:
    """Where n places join a network.

    Attributes
    ----------
    first
        The nearest edge of each place, (n,).
    second
        The nearest edge of a long component, (m,): of the places whose nearest edge is on a
        gap in the map, where there is such an edge within their limit.
    of
        Which place each second foothold is of, ascending, (m,).
    """

    first: Snap
    second: Snap
    of: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of places."""
        return len(self.first)

    def head(self, n: int) -> Footholds:
        """Return the first ``n`` places."""
        kept = self.of < n
        rows = np.flatnonzero(kept).astype(np.int64)
        return Footholds(self.first.take(np.arange(n)), self.second.take(rows), self.of[kept])

    def take(self, rows: NDArray[np.int64]) -> Footholds:
        """Return some places, given by ascending numbers, each once."""
        kept = np.flatnonzero(np.isin(self.of, rows)).astype(np.int64)
        of = np.searchsorted(rows, self.of[kept]).astype(np.int64)
        return Footholds(self.first.take(rows), self.second.take(kept), of)

    @property
    def all(self) -> Snap:
        """All footholds: the first of every place, then the second ones."""
        return self.first.followed_by(self.second) if len(self.of) else self.first

    @property
    def owner(self) -> NDArray[np.int64]:
        """The place that each foothold of `all` is of, (n + m,)."""
        return np.concatenate([np.arange(len(self.first)), self.of])


def only(snapped: Snap) -> Footholds:
    """Return places that have no second foothold."""
    none = np.empty(0, dtype=np.int64)
    return Footholds(snapped, snapped.take(none), none)


def gap_components(network: Network, gaps: MapGaps) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which components are gaps in the map, and which are long, each (K,).

    The longest is long whatever its length. Others are long from ``gaps.below_m``, and those
    that are not are gaps if one of their nodes is within ``gaps.within_m`` of an edge of a
    long one that places may join; the rest are small islands.
    """
    length = network.component_m
    # equal lengths are summed in different orders
    long = length >= min(gaps.below_m, length.max(initial=0.0)) * (1 - 1e-12)
    if long.all():
        return np.zeros(len(long), dtype=np.bool_), long
    chain = np.repeat(np.arange(len(network.chain_from)), np.diff(network.chain_first))
    component = network.component[network.chain_from[chain]]
    short = np.flatnonzero(~long[component])
    node = network.vertex_node[short]
    near = snap(network, network.lon[node], network.lat[node], gaps.within_m, components=long)
    gap = np.zeros(len(long), dtype=np.bool_)
    gap[component[short[near.joined]]] = True
    return gap, long


def component_of(network: Network, snapped: Snap) -> NDArray[np.int64]:
    """Return the component each place joins, -1 for none, (n,)."""
    chain = np.where(snapped.joined, snapped.chain, 0)
    if len(network.chain_from) == 0:
        return np.full(len(snapped), -1, dtype=np.int64)
    component = network.component[network.chain_from[chain]]
    return np.where(snapped.joined, component, -1).astype(np.int64)


def footholds(
    network: Network,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    limit_m: ArrayLike,
    gaps: MapGaps,
) -> Footholds:
    """Return where places join a network, in two places where the nearest edge is on a gap.

    Parameters
    ----------
    network
        Network of one mode.
    lon, lat
        Places in degrees, (n,).
    limit_m
        Greatest ``snap_m`` of either foothold, inclusive: one number or (n,).
    gaps
        Which components are gaps in the map, and not islands.
    """
    first = snap(network, lon, lat, limit_m)
    gap, long = gap_components(network, gaps)
    at = component_of(network, first)
    rows = np.flatnonzero((at >= 0) & gap[at]).astype(np.int64)
    if len(rows) == 0:
        return only(first)
    limit = np.broadcast_to(np.asarray(limit_m, dtype=np.float64), lon.shape)
    other = snap(network, lon[rows], lat[rows], limit[rows], components=long)
    kept = np.flatnonzero(other.joined)
    return Footholds(first, other.take(kept), rows[kept])
