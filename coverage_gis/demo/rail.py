"""The railway: a line along the coast through its towns, and a branch up a valley."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import PchipInterpolator

from coverage_gis.demo import names
from coverage_gis.demo.terrain import BEYOND_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.demo.plan import Plan
    from coverage_gis.demo.terrain import Terrain
    from coverage_gis.demo.towns import Settlement

    Array = NDArray[np.float64]

_STEP_M = 90.0
_APART_M = 4_200.0
_PLATFORM_M = 160.0


@dataclass(frozen=True)
class Station:
    """A station of one line: name, code of its own and of its group, platform and middle."""

    name: str
    line: str
    code: str
    group: str
    platform: Array
    x: float
    y: float


@dataclass(frozen=True)
class Rail:
    """Lines as (name, points) and their stations; a junction has one station per line."""

    company: str
    lines: tuple[tuple[str, Array], ...]
    stations: tuple[Station, ...]


def make_rail(plan: Plan, terrain: Terrain, settlement: Settlement) -> Rail:
    """Lay the lines of a plan."""
    rng = plan.rng("rail")
    coast = _coast_line(terrain, settlement)
    city = settlement.towns[0]
    junction = coast[int(np.hypot(*(coast - [city.x, city.y]).T).argmin())]
    branch = _branch_line(terrain, settlement, junction)
    lines = (("架空海岸線", coast), ("幻谷線", branch))
    stations: list[Station] = []
    for title, points in lines:
        stations += _stations(rng, title, points, settlement, stations)
    return Rail("架空鉄道", lines, tuple(stations))


def _coast_line(t: Terrain, settlement: Settlement) -> Array:
    end = t.width / 2 + BEYOND_M
    towns = [town for town in settlement.towns[:-1] if _coastal(t, town.x, town.y)]
    marks = sorted([(town.x, town.y - 350) for town in towns])
    kept = [marks[0]]
    for mark in marks[1:]:
        if mark[0] - kept[-1][0] > 4_000:
            kept.append(mark)
    y = t.smooth_coast(np.array([-end, end])) - 1_900
    kept = [(-end, float(y[0])), *kept, (end, float(y[1]))]
    mark_x, mark_y = np.array(kept).T
    x = np.arange(-end, end, _STEP_M)
    inland = PchipInterpolator(mark_x, t.smooth_coast(mark_x) - mark_y)(x)
    return np.column_stack([x, t.smooth_coast(x) - inland])


def _coastal(t: Terrain, x: float, y: float) -> bool:
    at = np.array([x])
    return bool((t.smooth_coast(at) - y < 0.48 * t.plain_depth(at))[0])


def _branch_line(t: Terrain, settlement: Settlement, junction: Array) -> Array:
    """Return the branch: by the nearest inland town to the nearest valley, half-way up it."""
    inland = [s for s in settlement.towns[1:-1] if not _coastal(t, s.x, s.y)]
    mains = [v.line for v in t.valleys if v.main < 0]
    valley = min(mains, key=lambda line: float(np.hypot(*(line[0] - junction))))
    marks = [junction]
    if inland:
        town = min(inland, key=lambda s: float(np.hypot(s.x - valley[0][0], s.y - valley[0][1])))
        marks.append(np.array([town.x, town.y + 300]))
    marks.extend(valley[: int(0.5 * len(valley)) : 12] + np.array([55.0, 0.0]))
    path = np.array(marks)
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    at = np.arange(0, along[-1], _STEP_M)
    return np.column_stack([PchipInterpolator(along, path[:, k])(at) for k in (0, 1)])


def _stations(
    rng: np.random.Generator,
    title: str,
    points: Array,
    settlement: Settlement,
    known: list[Station],
) -> list[Station]:
    """Put stations at towns the line passes and about every 4 km between them."""
    stops = {}
    for town in settlement.towns[:-1]:
        away = np.hypot(*(points - [town.x, town.y]).T)
        if away.min() < 900:
            stops[int(away.argmin())] = town.name
    gap = round(_APART_M / _STEP_M)
    at = rng.integers(3, gap)
    while at < len(points) - 3:
        if min((abs(at - k) for k in stops), default=gap) > 0.55 * gap:
            stops[int(at)] = ""
        at += gap + int(rng.integers(-6, 7))
    half = max(1, round(_PLATFORM_M / _STEP_M / 2))
    made: list[Station] = []
    for k, name in sorted(stops.items()):
        x, y = points[k]
        if abs(x) > settlement.terrain.width / 2 + 1_500:
            continue
        number = len(known) + len(made) + 1
        code = f"{number:06d}"
        same = [s for s in known if np.hypot(s.x - x, s.y - y) < 400]
        own = name or f"{names.fictional(_near(settlement, x, y))}{number}"
        platform = points[max(k - half, 0) : k + half + 1]
        called, group = (same[0].name, same[0].group) if same else (own, code)
        made.append(Station(called, title, code, group, platform, float(x), float(y)))
    return made


def _near(settlement: Settlement, x: float, y: float) -> str:
    """Return the name of the nearest town or village."""
    return min(settlement.places, key=lambda p: (p.x - x) ** 2 + (p.y - y) ** 2).name
