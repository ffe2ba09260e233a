"""Build the network of one mode from OSM ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from coverage_gis.errors import InputError
from coverage_gis.network.chains import follow_chains, running_totals
from coverage_gis.network.lengths import segment_lengths_m
from coverage_gis.network.model import Network
from coverage_gis.network.profile import WayUse, way_use

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.network.osm_ways import OsmWays
    from coverage_gis.settings import NetworkSettings


def build(ways: OsmWays, settings: NetworkSettings, mode: str) -> Network:
    """Return the network that ``mode`` may use.

    Every way that may be used in at least one direction is kept, whatever it is connected
    to. Nodes where exactly two segments meet and permission goes on unchanged are contracted
    into chains; loops without a junction keep one node as an anchor.

    Parameters
    ----------
    ways
        Ways as read.
    settings
        Profiles of both modes.
    mode
        ``schema.WALK`` or ``schema.DRIVE``.

    Raises
    ------
    InputError
        If there is no way that this mode may use.
    """
    use = way_use(ways.tagsets, settings, mode)
    segments = _segments(ways, use)
    if len(segments.u) == 0:
        raise InputError(
            f"The OSM file has no way that may be used in mode '{mode}': "
            "give an extract with roads (highway=*) of the prefecture."
        )
    is_used = np.zeros(len(ways.node_id), dtype=np.bool_)
    is_used[segments.u] = is_used[segments.v] = True
    used = np.flatnonzero(is_used)
    renumber = (np.cumsum(is_used) - 1).astype(np.int32)
    u, v = renumber[segments.u], renumber[segments.v]
    lon, lat = ways.lon[used], ways.lat[used]

    passed = _passed(u, v, segments.oneway, len(used))
    starts = np.flatnonzero(~passed).astype(np.int32)
    starts = starts[np.argsort(_morton(lon[starts], lat[starts]), kind="stable")]
    order, turned, chain_first = follow_chains(u, v, segments.oneway, starts, passed)
    junction = np.concatenate([starts, np.setdiff1d(np.flatnonzero(~passed), starts)])

    vertex_first = chain_first + np.arange(len(chain_first))
    begin = np.where(turned, v[order], u[order])
    end = np.where(turned, u[order], v[order])
    inner = np.ones(len(order) + len(chain_first) - 1, dtype=np.bool_)
    inner[vertex_first[1:] - 1] = False
    vertex_node = np.empty(len(inner), dtype=np.int32)
    vertex_node[inner] = begin
    vertex_node[~inner] = end[chain_first[1:] - 1]

    number = np.full(len(used), -1, dtype=np.int32)
    number[junction] = np.arange(len(junction), dtype=np.int32)
    chain_from = number[vertex_node[vertex_first[:-1]]]
    chain_to = number[vertex_node[vertex_first[1:] - 1]]
    component, component_nodes = _components(
        chain_from, chain_to, np.diff(chain_first) - 1, len(junction)
    )

    way = segments.way[order]
    length = segments.length_m[order]
    along = np.where(turned, segments.backward_s[order], segments.forward_s[order])
    against = np.where(turned, segments.forward_s[order], segments.backward_s[order])
    segment_way_id = np.zeros(len(inner), dtype=np.int64)
    segment_way_id[inner] = ways.way_id[way]
    segment_snappable = np.zeros(len(inner), dtype=np.bool_)
    segment_snappable[inner] = use.snappable[ways.tagset[way]]
    return Network(
        mode=mode,
        walk_speed_m_per_s=settings.walk.speed_m_per_s,
        node_id=ways.node_id[used],
        lon=lon,
        lat=lat,
        junction=junction.astype(np.int32),
        component=component,
        component_nodes=component_nodes,
        chain_from=chain_from,
        chain_to=chain_to,
        chain_forward=np.ones(len(chain_from), dtype=np.bool_),
        chain_backward=~segments.oneway[order[chain_first[:-1]]],
        chain_first=vertex_first,
        vertex_node=vertex_node,
        vertex_m=running_totals(chain_first, length),
        vertex_forward_s=running_totals(chain_first, along),
        vertex_backward_s=running_totals(chain_first, against),
        segment_way_id=segment_way_id,
        segment_snappable=segment_snappable,
    )


@dataclass(frozen=True)
class _Segments:
    """Usable segments, one-way ones turned so that they run from u to v."""

    u: NDArray[np.int32]
    v: NDArray[np.int32]
    way: NDArray[np.int32]
    oneway: NDArray[np.bool_]
    length_m: NDArray[np.float64]
    forward_s: NDArray[np.float64]
    backward_s: NDArray[np.float64]


def _segments(ways: OsmWays, use: WayUse) -> _Segments:
    forward, backward = use.forward[ways.tagset], use.backward[ways.tagset]
    size = np.diff(ways.first)
    way = np.repeat(np.arange(len(size), dtype=np.int32), size)[:-1]
    u, v = ways.node[:-1], ways.node[1:]
    keep = (forward | backward)[way]
    keep[ways.first[1:-1] - 1] = False  # from the end of a way to the start of the next
    keep &= u != v  # a node named twice in a row
    u, v, way = u[keep], v[keep], way[keep]
    length = segment_lengths_m(ways.lon[u], ways.lat[u], ways.lon[v], ways.lat[v])
    ahead, back = _speeds(ways, use, way, length)
    reverse = ~forward[way]
    oneway = ~(forward & backward)[way]
    along = np.where(reverse, length / back, length / ahead)
    against = np.where(oneway, 0.0, length / back)
    return _Segments(
        np.where(reverse, v, u), np.where(reverse, u, v), way, oneway, length, along, against
    )


def _speeds(
    ways: OsmWays, use: WayUse, way: NDArray[np.int32], length: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each segment's speeds; a ferry's duration counts where its whole way is known."""
    tagset = ways.tagset[way]
    forward, backward = use.forward_m_per_s[tagset], use.backward_m_per_s[tagset]
    duration = use.duration_s[tagset]
    timed = ~np.isnan(duration) & ways.whole[way]
    if timed.any():
        way_length = np.bincount(way, weights=length, minlength=len(ways.way_id))[way]
        timed &= way_length > 0
        forward[timed] = backward[timed] = way_length[timed] / duration[timed]
    return forward, backward


def _passed(
    u: NDArray[np.int32], v: NDArray[np.int32], oneway: NDArray[np.bool_], n: int
) -> NDArray[np.bool_]:
    """Return the nodes that chains pass through: two segments meet and permission goes on."""
    degree = np.bincount(u, minlength=n) + np.bincount(v, minlength=n)
    leaving = np.bincount(u[oneway], minlength=n)
    arriving = np.bincount(v[oneway], minlength=n)
    return np.asarray((degree == 2) & (leaving == arriving))


def _morton(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Return positions on a Z-order curve: neighbours in space become neighbours in memory."""
    code = np.zeros(len(lon), dtype=np.uint64)
    for shift, degrees, low in ((0, lon, -180.0), (1, lat, -90.0)):
        # 2**31 steps over 360 degrees: 19 mm, finer than OSM's own places for ordering.
        x = ((degrees - low) * (2**31 / 360.0)).astype(np.uint64)
        for step, mask in (
            (16, 0x0000FFFF0000FFFF),
            (8, 0x00FF00FF00FF00FF),
            (4, 0x0F0F0F0F0F0F0F0F),
            (2, 0x3333333333333333),
            (1, 0x5555555555555555),
        ):
            x = (x | (x << np.uint64(step))) & np.uint64(mask)
        code |= x << np.uint64(shift)
    return code


def _components(
    chain_from: NDArray[np.int32],
    chain_to: NDArray[np.int32],
    inner_nodes: NDArray[np.int64],
    n: int,
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return each junction's component and the nodes of each component."""
    graph = coo_array((np.ones(len(chain_from), dtype=np.int32), (chain_from, chain_to)), (n, n))
    count, label = connected_components(graph, directed=False)
    nodes = np.bincount(label, minlength=count) + np.bincount(
        label[chain_from], weights=inner_nodes, minlength=count
    )
    return label.astype(np.int32), nodes.astype(np.int64)
