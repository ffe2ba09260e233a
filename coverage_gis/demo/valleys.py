"""Roads outside the plain: valley roads with village lanes, passes, tracks, a cut-off hamlet."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.demo.noise import noise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.demo.roads import RoadBuilder
    from coverage_gis.demo.terrain import Terrain
    from coverage_gis.demo.towns import Settlement, Village

    Array = NDArray[np.float64]
    Ints = NDArray[np.int64]

_PASS_EVERY = 3  # of the gaps between neighbouring main valleys, one in so many has a pass


@dataclass(frozen=True)
class ValleyRoads:
    """Where the plain's streets are to be joined, and where the cut-off hamlet lies."""

    mouths: list[int]
    hamlet: tuple[float, float]


def add_valley_roads(
    rng: np.random.Generator, builder: RoadBuilder, terrain: Terrain, settlement: Settlement
) -> ValleyRoads:
    """Add all roads of the mountains; mouths are still to be joined to the plain."""
    nodes_of = _trunks(builder, terrain)
    for village in settlement.villages:
        _lanes(rng, builder, terrain, village, nodes_of[village.valley])
    mains = [k for k, v in enumerate(terrain.valleys) if v.main < 0]
    for gap, (west, east) in enumerate(pairwise(mains)):
        if gap % _PASS_EVERY == 1 or len(mains) == 2:
            _pass(rng, builder, int(nodes_of[west][-1]), int(nodes_of[east][-1]))
    _over_the_border(rng, builder, terrain, int(nodes_of[mains[0]][-1]))
    _tracks(rng, builder, terrain, nodes_of)
    hamlet = _hamlet(rng, builder, terrain)
    return ValleyRoads([int(nodes_of[k][0]) for k in mains], hamlet)


def _trunks(builder: RoadBuilder, terrain: Terrain) -> list[Ints]:
    """Add the road of each valley; a side valley's starts at a node of the main one's."""
    nodes_of: list[Ints] = []
    for number, valley in enumerate(terrain.valleys):
        if valley.main < 0:
            nodes = builder.add_nodes(valley.line[:, 0], valley.line[:, 1])
            cut = int(0.45 * len(nodes))
            name = f"架空県道{number + 1}号幻谷線"
            builder.add_way(
                nodes[: cut + 1],
                {"highway": "primary", "name": name, "maxspeed": "50", "lanes": "2"},
            )
            builder.add_way(nodes[cut:], {"highway": "secondary", "name": name, "lanes": "2"})
        else:
            main = terrain.valleys[valley.main].line
            at = int(np.hypot(*(main - valley.line[0]).T).argmin())
            own = builder.add_nodes(valley.line[1:, 0], valley.line[1:, 1])
            nodes = np.concatenate([[nodes_of[valley.main][at]], own])
            cut = len(nodes) // 2
            builder.add_way(nodes[: cut + 1], {"highway": "tertiary"})
            builder.add_way(
                nodes[cut:], {"highway": "unclassified", "lanes": "1", "surface": "asphalt"}
            )
        nodes_of.append(nodes)
    return nodes_of


def _lanes(
    rng: np.random.Generator, builder: RoadBuilder, t: Terrain, village: Village, nodes: Ints
) -> None:
    """Add a village's lanes, left and right of the road, some joined behind the houses."""
    line = t.valleys[village.valley].line
    count = int(np.clip(village.people / 28, 1, 8))
    first = int(np.clip(village.at - count // 2, 1, len(line) - 2))
    ends: dict[int, list[int]] = {-1: [], 1: []}
    for k in range(first, min(first + count, len(line) - 1)):
        along = line[k + 1] - line[k - 1]
        along /= np.hypot(*along)
        side = -1 if rng.random() < 0.5 else 1
        across = side * np.array([-along[1], along[0]])
        steps = int(rng.integers(2, 6))
        reach = np.cumsum(rng.uniform(18, 42, steps))
        drift = np.cumsum(rng.normal(0, 7, steps))
        points = line[k] + reach[:, None] * across + drift[:, None] * along
        own = builder.add_nodes(points[:, 0], points[:, 1])
        kind = "residential" if rng.random() < 0.75 else "service"
        builder.add_way(np.concatenate([[nodes[k]], own]), {"highway": kind})
        ends[side].append(int(own[1]))
    for joined in ends.values():
        if len(joined) > 1 and rng.random() < 0.7:
            builder.add_way(joined, {"highway": "residential"})


def _pass(rng: np.random.Generator, builder: RoadBuilder, start: int, end: int) -> None:
    """Join two valley heads by a road whose upper part, with a tunnel, is closed to walkers."""
    a, b = builder.position(start), builder.position(end)
    points = _between(rng, a, b, 1_000.0)[:-1]
    nodes = np.concatenate([[start], builder.add_nodes(points[:, 0], points[:, 1]), [end]])
    cuts = [int(f * (len(nodes) - 1)) for f in (0, 0.3, 0.44, 0.56, 0.7, 1)]
    base = {"highway": "secondary", "name": "幻峠道路", "maxspeed": "40"}
    closed = {**base, "foot": "no", "bicycle": "no"}
    tunnel = {**closed, "tunnel": "yes", "layer": "-1", "name": "幻峠トンネル"}
    for i, j, tags in zip(cuts, cuts[1:], (base, closed, tunnel, closed, base), strict=False):
        builder.add_way(nodes[i : j + 1], tags)


def _over_the_border(
    rng: np.random.Generator, builder: RoadBuilder, t: Terrain, start: int
) -> None:
    a = builder.position(start)
    b = np.array([a[0] + rng.uniform(-1_500, 1_500), -t.height / 2 - 2_500])
    points = _between(rng, a, b, 350.0)
    nodes = np.concatenate([[start], builder.add_nodes(points[:, 0], points[:, 1])])
    builder.add_way(nodes, {"highway": "secondary", "name": "架空隣県往来"})


def _tracks(
    rng: np.random.Generator, builder: RoadBuilder, t: Terrain, nodes_of: list[Ints]
) -> None:
    """Add forest tracks and footpaths that leave the valley roads and end somewhere."""
    for valley, nodes in zip(t.valleys, nodes_of, strict=True):
        for _ in range(max(1, len(nodes) // 90)):
            at = int(rng.integers(len(nodes) // 4, len(nodes)))
            a = valley.line[at]
            angle = rng.uniform(0, 2 * np.pi)
            b = a + rng.uniform(500, 2_200) * np.array([np.cos(angle), np.sin(angle)])
            if abs(b[0]) > t.width / 2 - 1_500 or b[1] < -t.height / 2 + 1_500:
                continue
            points = _between(rng, a, b, 130.0)
            own = builder.add_nodes(points[:, 0], points[:, 1])
            path = rng.random() < 0.4
            tags = {"highway": "path"} if path else {"highway": "track", "tracktype": "grade3"}
            if not path and rng.random() < 0.3:
                tags["access"] = "private"
            builder.add_way(np.concatenate([[nodes[at]], own]), tags)


def _hamlet(rng: np.random.Generator, builder: RoadBuilder, t: Terrain) -> tuple[float, float]:
    """Add a hamlet far from everything, whose own lanes join no other road."""
    x = rng.uniform(-0.42, 0.42, 400) * t.width
    y = rng.uniform(-0.42, -0.05, 400) * t.height
    away = np.full(len(x), np.inf)
    for valley in t.valleys:
        away = np.minimum(
            away,
            np.hypot(x[:, None] - valley.line[::8, 0], y[:, None] - valley.line[::8, 1]).min(1),
        )
    away = np.minimum(away, t.smooth_coast(x) - t.plain_depth(x) - y)
    best = int(away.argmax())
    spot = np.array([x[best], y[best]])
    angle = np.linspace(0.4, 0.4 + 1.2 * np.pi, 14)
    street = spot + 190 * np.column_stack([np.cos(angle), 0.7 * np.sin(angle)])
    nodes = builder.line(street, {"highway": "residential"})
    spur = builder.add_nodes(spot[0] + rng.uniform(-30, 30, 2), spot[1] + np.array([60.0, -60.0]))
    builder.add_way([nodes[5], *spur, nodes[11]], {"highway": "track", "tracktype": "grade2"})
    return float(spot[0]), float(spot[1])


def _between(rng: np.random.Generator, a: Array, b: Array, size: float) -> Array:
    """Return points of a winding road from a to b, without a, about 55 m apart, b last."""
    length = float(np.hypot(*(b - a)))
    t = np.linspace(0, 1, max(4, int(length * 1.2 / 55)))
    octaves = ((max(length * 0.7, 600), size), (max(length / 5, 250), size / 3.5), (260, 18))
    swing = noise(rng, octaves)(t * length)
    swing = (swing - swing[0] * (1 - t) - swing[-1] * t) * np.sin(np.pi * t) ** 0.5
    normal = np.array([-(b - a)[1], (b - a)[0]]) / length
    return np.asarray((a + t[:, None] * (b - a) + swing[:, None] * normal)[1:])
