"""Towns and villages: where people are many, by name, and how many live around any point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.demo import names
from coverage_gis.demo.noise import Noise, noise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.demo.plan import Plan
    from coverage_gis.demo.terrain import Terrain

    Array = NDArray[np.float64]

_TOWNS_PEOPLE = 0.80  # of all people; the rest live on the plain between and in the valleys
_CITY_PEOPLE = 0.45
_RURAL_PER_KM2 = 62.0
_AGED = (0.25, 0.60)
"""Share of people aged 65 and over: in the middle of the city, and at the valley heads."""


@dataclass(frozen=True)
class Town:
    """A town: centre in plane metres, people, density at its centre and radius of its fall-off."""

    name: str
    x: float
    y: float
    people: float
    peak_per_km2: float
    radius_m: float
    seat: bool
    """Whether a municipality has its office here (else a border may run through it)."""


@dataclass(frozen=True)
class Village:
    """A village on a valley road: its place, people, and how far up the valley (0 to 1)."""

    name: str
    x: float
    y: float
    people: float
    up: float
    valley: int
    at: int
    """Index of its point in the valley's line."""


@dataclass(frozen=True)
class Settlement:
    """All towns and villages of the prefecture; the port city comes first."""

    towns: tuple[Town, ...]
    villages: tuple[Village, ...]
    patchiness: Noise
    terrain: Terrain

    @property
    def places(self) -> list[Town | Village]:
        """All towns, then all villages."""
        return [*self.towns, *self.villages]

    def town_density(self, x: Array, y: Array) -> Array:
        """Return people per square kilometre that the towns alone bring to points."""
        out = np.zeros(np.shape(x))
        for town in self.towns:
            reach = 7 * town.radius_m
            near = (np.abs(x - town.x) < reach) & (np.abs(y - town.y) < reach)
            away = np.hypot(x[near] - town.x, y[near] - town.y)
            out[near] += town.peak_per_km2 * np.exp(-away / town.radius_m)
        return out

    def density(self, x: Array, y: Array) -> Array:
        """Return people per square kilometre on the plain and the island, smooth."""
        rural = _RURAL_PER_KM2 * np.exp(self.patchiness(x, y))
        return np.asarray(rural + self.town_density(x, y))

    def aged_share(self, x: Array, y: Array) -> Array:
        """Return the share of people aged 65 and over around points, before chance."""
        low, high = _AGED
        t = self.terrain
        towns = self.town_density(x, y)
        plain = low + 0.17 * np.exp(-towns / 900) - 0.03 * np.tanh(towns / 5_000)
        inland = t.smooth_coast(x) - y - t.plain_depth(x)
        up = np.clip(inland / (0.5 * t.height), 0, 1)
        valley = 0.44 + (high - 0.44) * up
        share = np.where(inland > 0, np.maximum(plain, valley), plain)
        return np.asarray(np.where(y > t.coast(x), 0.50, share))


def make_settlement(plan: Plan, terrain: Terrain) -> Settlement:
    """Place the towns and villages of a plan."""
    rng = plan.rng("towns")
    spots = _town_spots(rng, terrain)
    shares = _CITY_PEOPLE * np.ones(len(spots))
    rest = 1 / np.arange(2.2, len(spots) + 1.2) ** 0.9
    shares[1:] = (1 - _CITY_PEOPLE) * rest / rest.sum()
    people = _TOWNS_PEOPLE * plan.people * shares
    town_names = names.towns(len(spots))
    towns = [
        _town(name, x, y, n, seat=k != _STRADDLING)
        for k, (name, (x, y), n) in enumerate(zip(town_names, spots, people, strict=True))
    ]
    towns.append(_island_town(terrain))
    villages = _villages(rng, terrain)
    patchiness = noise(rng, [(6_000, 0.5), (2_200, 0.45), (900, 0.35)])
    return Settlement(tuple(towns), villages, patchiness, terrain)


_STRADDLING = 4
"""Which town a municipality border crosses."""


def _town_spots(rng: np.random.Generator, t: Terrain) -> list[tuple[float, float]]:
    """Return centres by size: city, two coastal towns, market towns; more in a larger land."""
    fixed = [(t.city_x / t.width, 0.17), (0.27, 0.25), (-0.38, 0.3), (0.08, 0.72), (-0.25, 0.74),
             (0.42, 0.45)]  # fmt: skip
    spots = []
    for across, inland in fixed:
        x = np.array([across * t.width + rng.uniform(-600, 600) * t.scale])
        y = t.smooth_coast(x) - np.maximum(inland * t.plain_depth(x), 1_300)
        spots.append((float(x[0]), float(y[0])))
    wanted = round(len(fixed) * max(t.scale, 1) ** 2)
    while len(spots) < wanted:  # best of some candidates: the farthest from the others
        x = rng.uniform(-0.47, 0.47, 12) * t.width
        y = t.smooth_coast(x) - rng.uniform(0.15, 0.9, 12) * t.plain_depth(x)
        placed = np.array(spots)
        away = np.hypot(x[:, None] - placed[:, 0], y[:, None] - placed[:, 1]).min(axis=1)
        best = int(away.argmax())
        spots.append((float(x[best]), float(y[best])))
    return spots


def _town(name: str, x: float, y: float, people: float, *, seat: bool) -> Town:
    peak = 6_300 * (people / 190_000) ** 0.33
    radius = 1_000 * np.sqrt(people / (2 * np.pi * peak))
    return Town(name, x, y, people, peak, float(radius), seat)


def _island_town(t: Terrain) -> Town:
    """Return the island's only town, by its harbour on the mainland's side."""
    cx = t.island_centre[0]
    south = t.island[np.abs(t.island[:, 0] - cx) < 400]
    y = float(south[:, 1].min()) + 500
    return Town(names.ISLAND_TOWN, cx, y, 2_400 * t.scale, 1_300.0, 520 * t.scale**0.5, seat=True)


def _villages(rng: np.random.Generator, t: Terrain) -> tuple[Village, ...]:
    """Put villages along the valleys: smaller and farther apart towards the heads."""
    spots: list[tuple[int, int, float]] = []
    lowest = t.smooth_coast(np.zeros(1))[0] - t.height
    for v, valley in enumerate(t.valleys):
        step = np.hypot(*np.diff(valley.line, axis=0).T)
        along = np.concatenate([[0], np.cumsum(step)])
        place = 900.0 if valley.main < 0 else 500.0
        while place < along[-1] - 50:
            at = int(np.searchsorted(along, place))
            x, y = valley.line[at]
            mouth = float((t.smooth_coast(np.array([x])) - t.plain_depth(np.array([x])))[0])
            up = float(np.clip((mouth - y) / (mouth - lowest + 1) * 1.6, 0, 1))
            spots.append((v, at, up))
            place += rng.uniform(650, 1_300) * (1 + 0.7 * up)
    made = []
    for name, (v, at, up) in zip(names.villages(len(spots)), spots, strict=True):
        x, y = t.valleys[v].line[at]
        main = t.valleys[v].main < 0
        people = rng.lognormal(np.log(150 if main else 60), 0.6) * (1 - 0.72 * up)
        made.append(Village(name, float(x), float(y), float(people), up, v, at))
    return tuple(made)
