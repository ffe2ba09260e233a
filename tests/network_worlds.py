"""Random road graphs, as awkward as they come, and their plain form: shared by tests."""

from __future__ import annotations

import itertools
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from network_reference import Foot, Segment, segment, shipped_settings

from coverage_gis import schema
from coverage_gis.errors import InputError
from coverage_gis.network.build import build
from coverage_gis.network.osm_ways import ways_from_lists

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coverage_gis.network.model import Network
    from coverage_gis.network.snap import Snap

LIMIT_M = 400.0
WEST, SOUTH, STEP = 137.0, 36.5, 5e-4
Nodes = dict[int, tuple[float, float]]
Ways = list[tuple[int, list[int], dict[str, str]]]

# (walk forward, walk backward, drive forward, drive backward) in m/s, None closed
WALK = 80 / 60
RULES: Mapping[tuple[str, str], tuple[float | None, ...]] = {
    ("residential", ""): (WALK, WALK, 20 / 3.6, 20 / 3.6),
    ("residential", "yes"): (WALK, WALK, 20 / 3.6, None),
    ("residential", "-1"): (WALK, WALK, None, 20 / 3.6),
    ("primary", "yes"): (WALK, WALK, 40 / 3.6, None),
    ("primary", ""): (WALK, WALK, 40 / 3.6, 40 / 3.6),
    ("footway", ""): (WALK, WALK, None, None),
    ("motorway", ""): (None, None, 80 / 3.6, None),
}

cells = st.tuples(st.integers(0, 12), st.integers(0, 12))


@cache
def profiles():
    return shipped_settings().network


def lonlat(cell: tuple[int, int]) -> tuple[float, float]:
    """Few places for many nodes, so that some coincide; slightly bent, so that ties are rare."""
    x, y = cell
    return WEST + STEP * (x + 0.013 * y * y), SOUTH + STEP * (y + 0.007 * x * x)


def no_pair_twice(refs: list[int]) -> bool:
    """Whether (way, a, b) names one segment; parallel ones come from several ways."""
    pairs = [frozenset(pair) for pair in itertools.pairwise(refs)]
    return len(set(pairs)) == len(pairs)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Nodes, Ways]:
    places = draw(st.lists(cells, min_size=2, max_size=9))
    nodes = {10 + i: lonlat(c) for i, c in enumerate(places)}
    refs = st.lists(st.sampled_from(sorted(nodes)), min_size=2, max_size=5)
    kinds = st.sampled_from(sorted(RULES))
    ways: Ways = []
    for i, (line, (highway, oneway)) in enumerate(
        draw(st.lists(st.tuples(refs.filter(no_pair_twice), kinds), min_size=1, max_size=9))
    ):
        ways.append((100 + i, line, {"highway": highway} | ({"oneway": oneway} if oneway else {})))
    return nodes, ways


def at(x: float, y: float) -> tuple[float, float]:
    """Return a place among the nodes' cells."""
    return WEST + STEP * x, SOUTH + STEP * y


AWKWARD: tuple[Nodes, Ways] = (
    {10 + i: lonlat(c) for i, c in enumerate([(0, 0), (4, 0), (4, 0), (4, 4), (0, 4), (0, 6),
                                              (2, 6), (10, 10), (12, 10)])},
    [
        (100, [10, 11], {"highway": "residential"}),
        (101, [10, 11], {"highway": "primary", "oneway": "yes"}),  # parallel
        (102, [11, 12], {"highway": "residential"}),  # of length zero
        (103, [12, 13, 14, 10], {"highway": "residential", "oneway": "yes"}),
        (104, [13, 13], {"highway": "residential"}),  # from a node to itself
        (105, [14, 15, 16, 14], {"highway": "residential"}),  # a ring at one junction
        (106, [17, 18], {"highway": "residential", "oneway": "-1"}),  # an island
    ],
)  # fmt: skip
"""Everything that is awkward at once: no test depends on luck for it."""
AWKWARD_TARGETS = [at(1, 0.2), at(11, 10.3), at(1, 6)]
AWKWARD_ORIGINS = [at(2, 4.1), at(12, 10), at(4, 1), at(0.1, 5)]

points = st.lists(
    st.tuples(st.floats(-1, 13), st.floats(-1, 13)).map(
        lambda c: (WEST + STEP * c[0], SOUTH + STEP * c[1])
    ),
    min_size=1,
    max_size=5,
)
modes = st.sampled_from((schema.WALK, schema.DRIVE))


def plain(nodes: Nodes, ways: Ways, mode: str) -> list[Segment]:
    out = []
    for way, refs, tags in ways:
        rule = RULES[tags["highway"], tags.get("oneway", "")]
        forward, backward = rule[:2] if mode == schema.WALK else rule[2:]
        snappable = tags["highway"] != "motorway"
        if forward or backward:
            out += [
                segment(way, a, b, nodes, (forward, backward), snappable=snappable)
                for a, b in itertools.pairwise(refs)
                if a != b
            ]
    return out


def network_of(nodes: Nodes, ways: Ways, mode: str) -> Network:
    try:
        return build(ways_from_lists(ways, nodes), profiles(), mode)
    except InputError:
        assume(False)
        raise


def lonlats(places: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(places, dtype=np.float64)
    return table[:, 0], table[:, 1]


def as_feet(network: Network, snapped: Snap, segments: list[Segment]) -> list[Foot | None]:
    """Return our own choice of edges in the reference's terms (equally near ones are many)."""
    feet: list[Foot | None] = []
    for i in range(len(snapped)):
        if snapped.chain[i] < 0:
            feet.append(None)
            continue
        vertex = snapped.segment[i]
        a, b = (int(network.node_id[network.vertex_node[vertex + k]]) for k in (0, 1))
        way = int(network.segment_way_id[vertex])
        start, end = network.vertex_m[vertex], network.vertex_m[vertex + 1]
        t = (snapped.position_m[i] - start) / (end - start) if end > start else 0.0
        for k, s in enumerate(segments):
            # one-way chains run forward, so a one-way segment is met in its direction of travel
            ways_through = {(s.a, s.b): s.forward_s, (s.b, s.a): s.backward_s}
            if s.way == way and ways_through.get((a, b)) is not None:
                feet.append(Foot(k, t if (s.a, s.b) == (a, b) else 1 - t, snapped.snap_m[i]))
                break
        else:
            raise AssertionError(f"no segment {a}-{b} of way {way} in the data")
    return feet
