"""The slow, plain way to route, shared by tests: every node a node, every foot a split edge.

Nothing here uses coverage_gis but its length of a degree: lengths are PROJ's, snapping is
shapely's over all edges, paths are networkx's.
"""

from __future__ import annotations

import math
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import shapely
from pyproj import Geod

from coverage_gis import crs, settings
from coverage_gis.sources.settings_file import SHIPPED

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

DATA = Path(__file__).resolve().parents[1] / "coverage_gis" / "data"
GEOD = Geod(ellps="GRS80")
WALK_SPEED = 80 / 60


@cache
def shipped_toml() -> dict[str, Any]:
    """Return the settings that come with the package, as they are written."""
    out: dict[str, Any] = {}
    for name in SHIPPED:
        out |= tomllib.loads((DATA / name).read_text(encoding="utf-8"))
    return out


@cache
def shipped_settings() -> settings.Settings:
    return settings.parse(shipped_toml())


@dataclass(frozen=True)
class Segment:
    """An edge between two neighbouring nodes; None is a closed direction."""

    way: int
    a: int
    b: int
    length_m: float
    forward_s: float | None
    backward_s: float | None
    snappable: bool = True


def segment(
    way: int,
    a: int,
    b: int,
    nodes: Mapping[int, tuple[float, float]],
    speeds: tuple[float | None, float | None],
    *,
    snappable: bool = True,
) -> Segment:
    """Return a segment of geodesic length; ``speeds`` are m/s forward and backward."""
    forward, backward = speeds
    length = GEOD.inv(*nodes[a], *nodes[b])[2]
    return Segment(
        way,
        a,
        b,
        length,
        None if forward is None else length / forward,
        None if backward is None else length / backward,
        snappable,
    )


@dataclass(frozen=True)
class Foot:
    """Where a place joins: a segment's index, the fraction along it, metres to get there."""

    segment: int
    t: float
    leg_m: float


def snap_all(
    segments: Sequence[Segment],
    nodes: Mapping[int, tuple[float, float]],
    points: Sequence[tuple[float, float]],
    limit_m: float,
) -> list[Foot | None]:
    """Return the nearest snappable segment of each point, looking at all of them."""
    usable = [i for i, s in enumerate(segments) if s.snappable]
    xy = np.array([[nodes[segments[i].a], nodes[segments[i].b]] for i in usable]).reshape(-1, 2, 2)
    feet: list[Foot | None] = []
    for lon, lat in points:
        scale = np.array([float(x) for x in crs.metres_per_degree(lat)])
        local = (xy - (lon, lat)) * scale
        # shapely's own minimum, over those whose box can matter
        near = np.flatnonzero(
            (local.min(axis=1) <= limit_m * 1.01).all(axis=1)
            & (local.max(axis=1) >= -limit_m * 1.01).all(axis=1)
        )
        if len(near) == 0:
            feet.append(None)
            continue
        lines = shapely.linestrings(local[near])
        origin = shapely.Point(0, 0)
        best = int(np.argmin(shapely.distance(lines, origin)))
        line = lines[best]
        at = shapely.line_locate_point(line, origin)
        t = at / line.length if line.length > 0 else 0.0
        (x1, y1), (x2, y2) = xy[near[best]]
        leg = GEOD.inv(lon, lat, x1 + t * (x2 - x1), y1 + t * (y2 - y1))[2]
        feet.append(Foot(usable[near[best]], t, leg) if leg <= limit_m else None)
    return feet


@dataclass(frozen=True)
class Found:
    """What brute force found for one origin."""

    target: int
    distance_m: float
    travel_time_s: float


def split_graph(segments: Sequence[Segment], feet: Sequence[Foot | None]) -> nx.MultiDiGraph:
    """Return all segments, split at the feet on them, as edges against travel.

    Against, since the search starts from the targets.
    """
    on: dict[int, set[float]] = defaultdict(set)
    for foot in feet:
        if foot is not None and 0 < foot.t < 1:
            on[foot.segment].add(foot.t)
    graph = nx.MultiDiGraph()
    for i, s in enumerate(segments):
        stops: list[tuple[float, Hashable]] = [(0.0, s.a)]
        stops += [(t, ("foot", i, t)) for t in sorted(on.get(i, ()))]
        stops.append((1.0, s.b))
        for (t1, u), (t2, v) in pairwise(stops):
            for seconds, tail, head in ((s.forward_s, u, v), (s.backward_s, v, u)):
                if seconds is not None:
                    graph.add_edge(head, tail, m=s.length_m * (t2 - t1), s=seconds * (t2 - t1))
    return graph


def node_of(foot: Foot, segments: Sequence[Segment]) -> Hashable:
    s = segments[foot.segment]
    if foot.t <= 0:
        return s.a
    return s.b if foot.t >= 1 else ("foot", foot.segment, foot.t)


def brute_force(
    segments: Sequence[Segment],
    targets: Sequence[Foot | None],
    origins: Sequence[Foot | None],
    *,
    by_time: bool,
) -> list[Found | None]:
    """Return the nearest target of each origin: Dijkstra of networkx on the split graph."""
    graph = split_graph(segments, [*targets, *origins])
    graph.add_node("start")
    for k, foot in enumerate(targets):
        if foot is not None:
            graph.add_edge("start", ("target", k), m=foot.leg_m, s=foot.leg_m / WALK_SPEED)
            graph.add_edge(("target", k), node_of(foot, segments), m=0.0, s=0.0)
    weight = "s" if by_time else "m"
    before, _ = nx.dijkstra_predecessor_and_distance(graph, "start", weight=weight)
    out: list[Found | None] = []
    for foot in origins:
        node = None if foot is None else node_of(foot, segments)
        if foot is None or node not in before:
            out.append(None)
            continue
        metres, seconds, target = foot.leg_m, foot.leg_m / WALK_SPEED, -1
        while node != "start":
            target = node[1] if isinstance(node, tuple) and node[0] == "target" else target
            previous = before[node][0]
            step = min(graph[previous][node].values(), key=lambda e: e[weight])
            metres, seconds, node = metres + step["m"], seconds + step["s"], previous
        out.append(Found(target, metres, seconds))
    return out


def brute_pairs(
    segments: Sequence[Segment],
    targets: Sequence[Foot | None],
    origins: Sequence[Foot | None],
    *,
    by_time: bool,
) -> dict[tuple[int, int], float]:
    """Return metres or seconds of every (origin, target) that is reached, legs included."""
    graph = split_graph(segments, [*targets, *origins])
    per_m = 1 / WALK_SPEED if by_time else 1.0
    out = {}
    for t, target in enumerate(targets):
        if target is None:
            continue
        start = node_of(target, segments)
        graph.add_node(start)
        reached = nx.single_source_dijkstra_path_length(
            graph, start, weight="s" if by_time else "m"
        )
        for o, origin in enumerate(origins):
            if origin is not None and node_of(origin, segments) in reached:
                legs = (target.leg_m + origin.leg_m) * per_m
                out[o, t] = reached[node_of(origin, segments)] + legs
    return out


def gaps_and_long(
    segments: Sequence[Segment], nodes: Mapping[int, tuple[float, float]], gaps: settings.MapGaps
) -> tuple[list[bool], list[bool]]:
    """Return of each segment whether it is of a gap in the map, and whether of a long component."""
    graph = nx.Graph((s.a, s.b) for s in segments)
    number = {n: k for k, part in enumerate(nx.connected_components(graph)) for n in part}
    length: dict[int, float] = defaultdict(float)
    for s in segments:
        length[number[s.a]] += s.length_m
    longest = max(length.values())
    long = [length[number[s.a]] >= min(gaps.below_m, longest) * (1 - 1e-12) for s in segments]
    rest = sorted({n for s, far in zip(segments, long, strict=True) if not far for n in (s.a, s.b)})
    near = snap_all(
        [s for s, far in zip(segments, long, strict=True) if far],
        nodes,
        [nodes[n] for n in rest],
        gaps.within_m,
    )
    gap = {number[n] for n, foot in zip(rest, near, strict=True) if foot is not None}
    return [number[s.a] in gap for s in segments], long


def snap_twice(
    segments: Sequence[Segment],
    nodes: Mapping[int, tuple[float, float]],
    points: Sequence[tuple[float, float]],
    limit_m: float,
    gaps: settings.MapGaps,
) -> list[list[Foot]]:
    """Return each point's foot, and one on a long component if that is on a gap in the map."""
    gap, long = gaps_and_long(segments, nodes, gaps)
    rest = [i for i, far in enumerate(long) if far]
    first = snap_all(segments, nodes, points, limit_m)
    second = snap_all([segments[i] for i in rest], nodes, points, limit_m)
    out: list[list[Foot]] = []
    for a, b in zip(first, second, strict=True):
        out.append([a] if a is not None else [])
        if a is not None and b is not None and gap[a.segment]:
            out[-1].append(Foot(rest[b.segment], b.t, b.leg_m))
    return out


def brute_force_either(
    segments: Sequence[Segment],
    targets: Sequence[Sequence[Foot]],
    origins: Sequence[Sequence[Foot]],
    *,
    by_time: bool,
) -> list[tuple[Found, Foot] | None]:
    """Return the nearest target of each origin by the better of their feet, and that foot."""
    owner = [k for k, feet in enumerate(targets) for _ in feet]
    every = [foot for feet in targets for foot in feet]
    starts = [foot for feet in origins for foot in feet]
    found = brute_force(segments, every, starts, by_time=by_time)
    out: list[tuple[Found, Foot] | None] = []
    at = 0
    for feet in origins:
        mine = [
            (Found(owner[f.target], f.distance_m, f.travel_time_s), foot)
            for f, foot in zip(found[at : at + len(feet)], feet, strict=True)
            if f is not None
        ]
        at += len(feet)
        best = min(
            mine, key=lambda m: m[0].travel_time_s if by_time else m[0].distance_m, default=None
        )
        out.append(best)
    return out


def close(a: float, b: float) -> bool:
    """Whether two numbers agree to 1e-6, or are both absent."""
    return (math.isnan(a) and math.isnan(b)) or abs(a - b) <= 1e-6 * max(1.0, abs(b) / 1e3)
