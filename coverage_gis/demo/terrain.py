"""The shape of the land: coast and bay, plain, valleys with side valleys, island, borders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from coverage_gis.demo.noise import Noise, noise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.demo.plan import Plan

    Array = NDArray[np.float64]

_COAST = 0.26  # mean height of the coast above the centre, of the prefecture's height
_CITY = -0.12  # where the port city's bay is, of the width
_STEP_M = 100.0
BEYOND_M = 3_500.0
"""How far the coast plain and its roads go on into the neighbouring prefectures."""


@dataclass(frozen=True)
class Valley:
    """A valley: its centre line from the mouth (or the fork) up to its head, every 50 m or so.

    ``main`` is -1 for a main valley, else the index of the valley it joins.
    """

    line: Array
    main: int


@dataclass(frozen=True)
class Terrain:
    """Functions and lines of the land, in plane metres."""

    width: float
    height: float
    scale: float
    swell: Noise
    detail: Noise
    depth_noise: Noise
    border: Noise
    valleys: tuple[Valley, ...]
    island: Array
    island_centre: tuple[float, float]

    @property
    def city_x(self) -> float:
        """Where the bay of the port city is."""
        return _CITY * self.width

    def smooth_coast(self, x: Array) -> Array:
        """Return y of the coast without its small coves."""
        bay = 2_600 * self.scale * np.exp(-(((x - self.city_x) / (5_500 * self.scale)) ** 2))
        return np.asarray(_COAST * self.height + self.swell(x) - bay)

    def coast(self, x: Array) -> Array:
        """Return y of the coast; the land is south of it."""
        return np.asarray(self.smooth_coast(x) + self.detail(x))

    def plain_depth(self, x: Array) -> Array:
        """Return how far the plain reaches inland from the smooth coast."""
        fan = np.exp(-(((x - self.city_x) / (15_000 * self.scale)) ** 2))
        return np.asarray(self.scale * (6_400 + 11_000 * fan) + self.depth_noise(x))

    def in_plain(self, x: Array, y: Array, margin_m: float = 0.0) -> NDArray[np.bool_]:
        """Tell which points lie in the plain, ``margin_m`` inside its edges."""
        inland = self.smooth_coast(x) - y
        return np.asarray(
            (y < self.coast(x) - margin_m) & (inland < self.plain_depth(x) - margin_m)
        )

    def on_island(self, x: Array, y: Array, shrink: float = 1.0) -> NDArray[np.bool_]:
        """Tell which points lie on the island, shrunk about its centre."""
        cx, cy = self.island_centre
        ring = np.column_stack([cx, cy]) + shrink * (self.island - [cx, cy])
        polygon = shapely.Polygon(ring)
        shapely.prepare(polygon)
        return np.asarray(shapely.contains_xy(polygon, x, y))

    def mainland_ring(self) -> Array:
        """Return the outline of the prefecture without the island, closed."""
        xs = np.arange(-self.width / 2, self.width / 2 + 1, _STEP_M)
        west, east = xs[0], xs[-1]
        north = np.column_stack([xs, self.coast(xs)])
        bottom = -self.height / 2
        ys = np.arange(bottom, north[:, 1].min() - 2_000, _STEP_M)
        side_e = np.column_stack([east + self.border(ys, 1e6), ys])[::-1]
        side_w = np.column_stack([west + self.border(ys, -1e6), ys])
        low = xs[(xs > west + 3_000) & (xs < east - 3_000)]
        south = np.column_stack([low, bottom + self.border(low, 0.0)])[::-1]
        return np.vstack([north, side_e[:-20], south, side_w[20:], north[:1]])


def make_terrain(plan: Plan) -> Terrain:
    """Shape the land of a plan."""
    rng = plan.rng("terrain")
    s = plan.scale
    swell = noise(rng, [(26_000 * s, 1_300 * s), (9_000 * s, 420 * s)])
    detail = noise(rng, [(3_000, 150), (1_100, 70), (420, 30)])
    depth_noise = noise(rng, [(14_000 * s, 1_100 * s), (4_000, 350)])
    border = noise(rng, [(9_000, 900), (2_500, 300), (700, 80)])
    bare = Terrain(
        plan.width_m, plan.height_m, s, swell, detail, depth_noise, border, (), np.empty((0, 2)),
        (0.0, 0.0),
    )  # fmt: skip
    centre = (0.2 * plan.width_m, 0.435 * plan.height_m)
    return Terrain(
        plan.width_m, plan.height_m, s, swell, detail, depth_noise, border,
        _valleys(rng, bare), _island_ring(rng, s, centre), centre,
    )  # fmt: skip


def _valleys(rng: np.random.Generator, land: Terrain) -> tuple[Valley, ...]:
    count = max(3, round(3 * land.scale))
    mains: list[Valley] = []
    sides: list[Valley] = []
    spacing = land.width / count
    for k in range(count):
        x0 = -land.width / 2 + spacing * (k + 0.5 + rng.uniform(-0.1, 0.1))
        x = np.array([x0])
        mouth = float((land.smooth_coast(x) - land.plain_depth(x))[0]) + 100
        head = -land.height / 2 + (0.04 + 0.05 * rng.random()) * land.height
        line = _meander(rng, (x0, mouth), (x0 + rng.uniform(-0.16, 0.16) * spacing, head), 900)
        mains.append(Valley(line, -1))
        length = mouth - head
        for place in np.arange(0.16, 0.85, 4_300 / length):
            start = line[int((place + rng.uniform(-0.03, 0.03)) * (len(line) - 1))]
            side = 1 if rng.random() < 0.5 else -1
            reach = rng.uniform(0.14, 0.34) * min(spacing, 22_000)
            end = (start[0] + side * reach, start[1] - reach * rng.uniform(0.25, 0.8))
            if end[1] > -land.height / 2 + 2_000 and abs(end[0]) < land.width / 2 - 2_500:
                sides.append(Valley(_meander(rng, (start[0], start[1]), end, 320), k))
    return (*mains, *sides)


def _meander(
    rng: np.random.Generator, start: tuple[float, float], end: tuple[float, float], size: float
) -> Array:
    """Return a winding line from start to end, points about 50 m apart."""
    a, b = np.array(start), np.array(end)
    length = float(np.hypot(*(b - a)))
    t = np.linspace(0, 1, max(8, int(length * 1.15 / 50)))
    swing = noise(rng, [(7_500, size), (2_300, size * 0.3), (800, size * 0.09)])(t * length)
    swing -= swing[0] * (1 - t) + swing[-1] * t
    normal = np.array([-(b - a)[1], (b - a)[0]]) / length
    return np.asarray(a + t[:, None] * (b - a) + swing[:, None] * normal)


def _island_ring(rng: np.random.Generator, scale: float, centre: tuple[float, float]) -> Array:
    angle = np.linspace(0, 2 * np.pi, 181)
    wobble = np.ones_like(angle)
    for k in (2, 3, 5, 9):
        wobble += rng.uniform(0.25, 0.5) / k * np.cos(k * angle + rng.uniform(0, 2 * np.pi))
    wobble[-1] = wobble[0]
    radius = 2_300 * scale**0.6
    return np.column_stack(
        [
            centre[0] + 1.35 * radius * wobble * np.cos(angle),
            centre[1] + 0.75 * radius * wobble * np.sin(angle),
        ]
    )
