"""Networks to and from the graphs of networkx and osmnx."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
from pyproj import CRS
from shapely import LineString

from coverage_gis import crs
from coverage_gis.errors import InputError
from coverage_gis.network.build import build
from coverage_gis.network.osm_ways import ways_from_lists

if TYPE_CHECKING:
    from coverage_gis.network.model import Network
    from coverage_gis.network.osm_ways import OsmWays
    from coverage_gis.settings import NetworkSettings

Line = tuple[tuple[float, float], ...]


def to_networkx(network: Network) -> nx.MultiDiGraph:
    """Return the network as osmnx would hold it: junctions, and an edge per chain and direction.

    Nodes are named by OSM id and have ``x`` and ``y`` (degrees); edges have ``length``
    (metres), ``travel_time`` (seconds), ``osmid`` (a way id, or several as a list),
    ``oneway``, ``reversed`` and ``geometry``. ``osmnx.save_graphml`` writes it.
    """
    graph = nx.MultiDiGraph(crs=crs.JGD2011)
    ids = network.node_id[network.junction].tolist()
    x, y = (values[network.junction].tolist() for values in (network.lon, network.lat))
    graph.add_nodes_from((i, {"x": a, "y": b}) for i, a, b in zip(ids, x, y, strict=True))
    for chain in range(len(network.chain_from)):
        first, last = (int(i) for i in network.chain_first[chain : chain + 2] - (0, 1))
        node = network.vertex_node[first : last + 1]
        line = np.column_stack([network.lon[node], network.lat[node]])
        ways = np.unique(network.segment_way_id[first:last]).tolist()
        two_way = bool(network.chain_forward[chain] and network.chain_backward[chain])
        start, end = ids[network.chain_from[chain]], ids[network.chain_to[chain]]
        shared = {
            "osmid": ways if len(ways) > 1 else ways[0],
            "oneway": not two_way,
            "length": float(network.vertex_m[last]),
        }
        if network.chain_forward[chain]:
            seconds = float(network.vertex_forward_s[last])
            graph.add_edge(
                start, end, **shared, travel_time=seconds, reversed=False, geometry=LineString(line)
            )
        if network.chain_backward[chain]:
            seconds = float(network.vertex_backward_s[last])
            back = LineString(line[::-1])
            graph.add_edge(end, start, **shared, travel_time=seconds, reversed=True, geometry=back)
    return graph


def from_osmnx(graph: nx.MultiDiGraph, settings: NetworkSettings, mode: str) -> Network:
    """Return a network of one mode from an osmnx graph; see :func:`osmnx_ways`.

    Parameters
    ----------
    graph
        Nodes named by integers, with ``x`` and ``y`` in degrees.
    settings
        Profiles of both modes.
    mode
        ``schema.WALK`` or ``schema.DRIVE``.

    Raises
    ------
    InputError
        If the graph is projected, or no edge may be used by the mode.
    """
    return build(osmnx_ways(graph, settings), settings, mode)


def osmnx_ways(graph: nx.MultiDiGraph, settings: NetworkSettings) -> OsmWays:
    """Return the edges of an osmnx graph, simplified or not, as ways.

    Edges are taken along their ``geometry`` and measured anew; ``highway``, ``maxspeed`` and
    access tags decide as on reading OSM (a missing ``highway`` counts as "road", of several
    the first counts). An edge whose mirror image is in the graph too is one two-way road;
    any other is one-way, for walkers too.

    Parameters
    ----------
    graph
        Nodes named by integers, with ``x`` and ``y`` in degrees.
    settings
        Profiles of both modes.

    Raises
    ------
    InputError
        If the graph is projected.
    """
    named = graph.graph.get("crs")
    if named is None or not CRS.from_user_input(named).is_geographic:
        raise InputError(
            f"The graph's CRS is {named}: give one in longitude and latitude (before "
            "osmnx.project_graph), with graph.graph['crs'] set."
        )
    nodes = {int(i): (float(d["x"]), float(d["y"])) for i, d in graph.nodes(data=True)}
    roads: dict[tuple[int, int, Line, str], tuple[list[bool], dict[str, Any]]] = {}
    for u, v, data in graph.edges(data=True):
        line = _line(nodes, int(u), int(v), data)
        key = (int(u), int(v), line, str(data.get("highway")))
        mirror = (int(v), int(u), line[::-1], key[3])
        # [some edge along, some edge against]
        if mirror in roads and mirror != key:
            roads[mirror][0][1] = True
        else:
            roads.setdefault(key, ([True, line == line[::-1]], data))
    ways = []
    fresh = max(nodes, default=0)
    for number, ((u, v, line, _), (directions, data)) in enumerate(roads.items(), start=1):
        inner = range(fresh + 1, fresh + len(line) - 1)
        fresh = max(fresh, inner.stop - 1)
        nodes.update(zip(inner, line[1:-1], strict=True))
        oneway = "no" if all(directions) else "yes"
        tags = {k: _text(data[k]) for k in data if k in _kept(settings)}
        tags |= {"highway": tags.get("highway", "road").split(";")[0]}
        tags |= {"oneway": oneway, "oneway:foot": oneway}
        ways.append((_way_id(data.get("osmid"), number), [u, *inner, v], tags))
    return ways_from_lists(ways, nodes)


def _line(nodes: dict[int, tuple[float, float]], u: int, v: int, data: dict[str, Any]) -> Line:
    shape = data.get("geometry")
    inner = [(float(x), float(y)) for x, y in shape.coords[1:-1]] if shape is not None else []
    return (nodes[u], *inner, nodes[v])


def _kept(settings: NetworkSettings) -> frozenset[str]:
    keys = {"highway", "maxspeed", *settings.walk.access_keys, *settings.drive.access_keys}
    return frozenset(keys | {k for k, _ in settings.walk.closed_if | settings.drive.closed_if})


def _text(value: Any) -> str:
    """Return a tag's text; osmnx makes lists where it joined ways."""
    return ";".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _way_id(osmid: Any, number: int) -> int:
    first = osmid[0] if isinstance(osmid, (list, tuple)) and osmid else osmid
    return first if isinstance(first, int) else number
