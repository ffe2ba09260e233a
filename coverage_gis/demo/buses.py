"""Bus lines along the roads: often in the city, seldom in the valleys; stops of two poles."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from coverage_gis.demo.bus_roads import BusRoads

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.demo.network import Network
    from coverage_gis.demo.plan import Plan
    from coverage_gis.demo.rail import Rail
    from coverage_gis.demo.towns import Settlement

    Array = NDArray[np.float64]
    Ints = NDArray[np.int64]

CITY, VALLEY, ISLAND, EXPIRED, UNTIMED = "city", "valley", "island", "expired", "untimed"
"""Operators: three with timetables, one whose timetable has run out, one without any."""

OPERATORS = {
    CITY: ("架空バス", "1"),
    VALLEY: ("幻谷コミュニティバス", "3"),
    ISLAND: ("浮島町営バス", "2"),
    EXPIRED: ("旧架空市内電車代行バス", "1"),
    UNTIMED: ("夢見観光自動車", "1"),
}
"""Name, and class in P11 (1 private, 2 public, 3 community)."""

_CITY_TRIPS = (60, 56, 48, 44, 40, 36, 33, 30, 28, 24, 20, 20, 18, 16, 16, 14)
_TOWN_TRIPS = (18, 15, 12, 10, 8)
_LOCAL_TRIPS = (14, 10, 7, 5, 4)
_AROUND_TOWN = (
    (-1, -0.3),
    (1, -0.4),
    (-0.6, -0.9),
    (0.6, -0.9),
    (0, -1.3),
    (-0.6, 0.2),
    (0.6, 0.2),
)
"""Ends of a town's own lines, east and north of it, in radii."""
_VALLEY_TRIPS = (8, 6, 5)
_SUBURBAN_TRIPS = (12, 9, 8, 6, 5, 4, 3)
_SUBURBAN_LINES = 45
_SUBURBAN_PER_KM2 = 150
_GAP_M = 900.0
"""Roads further than this from a stop are given a line, where most people live first."""
_SAME_STOP_M = 110.0


@dataclass(frozen=True)
class Stop:
    """A stop: name and place of its middle; poles stand ``pole`` to the left and right of it."""

    name: str
    x: float
    y: float
    pole: tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A line there and back: its stops, minutes from the first, and trips a day each way."""

    name: str
    stops: tuple[int, ...]
    minutes: tuple[float, ...]
    trips: int


@dataclass(frozen=True)
class Operator:
    """An operator's stops and lines."""

    key: str
    stops: tuple[Stop, ...]
    lines: tuple[Line, ...]

    @property
    def name(self) -> str:
        """Its name."""
        return OPERATORS[self.key][0]


@dataclass(frozen=True)
class SurveyedStop:
    """A stop as P11 has it: no poles, no timetable."""

    name: str
    operator: str
    operator_class: str
    routes: str
    x: float
    y: float


@dataclass(frozen=True)
class Buses:
    """All operators."""

    operators: tuple[Operator, ...]

    def surveyed_stops(self) -> list[SurveyedStop]:
        """Return all stops of today as a survey on the ground would have found them."""
        out = []
        for operator in self.operators:
            if operator.key == EXPIRED:
                continue
            served: dict[int, list[str]] = {}
            for line in operator.lines:
                for called in line.stops:
                    served.setdefault(called, []).append(line.name)
            name, kind = OPERATORS[operator.key]
            for k, stop in enumerate(operator.stops):
                routes = ",".join(dict.fromkeys(served[k]))
                off = 6.0 if k % 2 else -6.0
                out.append(SurveyedStop(stop.name, name, kind, routes, stop.x + off, stop.y))
        return out


class _Layout:
    """One operator's stops and lines while they are laid out."""

    def __init__(self, key: str, settlement: Settlement) -> None:
        self.key = key
        self._settlement = settlement
        self._places = settlement.places
        self._tree = cKDTree([(p.x, p.y) for p in self._places])
        self._stops: list[Stop] = []
        self._lines: list[Line] = []
        self._named: dict[str, int] = {}

    def add_line(self, name: str, path: Array, trips: int) -> None:
        """Put stops along a path, closer where more people live, and add the line."""
        if len(path) < 3:
            return
        along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
        density = self._settlement.town_density(path[:, 0], path[:, 1])
        at, places = 0.0, []
        while at < along[-1] - 150:
            places.append(at)
            crowd = float(np.interp(at, along, density))
            at += 280 + 200 * np.exp(-crowd / 900)
        places.append(float(along[-1]))
        stops, minutes = [], []
        for place in places:
            k = int(np.clip(np.searchsorted(along, place), 1, len(path) - 1))
            ahead = (path[k] - path[k - 1]) / max(float(np.hypot(*(path[k] - path[k - 1]))), 0.1)
            x, y = path[k - 1] + (place - along[k - 1]) * ahead
            stop = self._stop(float(x), float(y), (-5.0 * float(ahead[1]), 5.0 * float(ahead[0])))
            if stop not in stops:
                stops.append(stop)
                minutes.append(place / 330.0)  # 20 km/h with stops
        if len(stops) > 1:
            self._lines.append(Line(name, tuple(stops), tuple(minutes), trips))

    def distance_to_stop(self, x: float, y: float) -> float:
        """Return metres to the nearest stop so far."""
        return min((float(np.hypot(s.x - x, s.y - y)) for s in self._stops), default=np.inf)

    def build(self) -> Operator:
        """Return the operator."""
        return Operator(self.key, tuple(self._stops), tuple(self._lines))

    def _stop(self, x: float, y: float, pole: tuple[float, float]) -> int:
        """Return the stop near a point, or a new one named after the nearest place."""
        for k, known in enumerate(self._stops):
            if abs(known.x - x) < _SAME_STOP_M and abs(known.y - y) < _SAME_STOP_M:
                return k
        place = self._places[int(self._tree.query([x, y])[1])].name
        number = self._named.get(place, 0) + 1
        self._named[place] = number
        name = f"{place}{number}丁目" if self.key == CITY else f"{place}{number}"
        self._stops.append(Stop(name, x, y, pole))
        return len(self._stops) - 1


def make_buses(plan: Plan, settlement: Settlement, network: Network, rail: Rail) -> Buses:
    """Lay out all lines of a plan."""
    rng = plan.rng("buses")
    graph = BusRoads(network)
    towns = settlement.towns[:-1]
    city = towns[0]
    hub = min(rail.stations, key=lambda s: (s.x - city.x) ** 2 + (s.y - city.y) ** 2)
    centre = (hub.x, hub.y)
    operators = [_city(rng, settlement, graph, centre), _valleys(settlement, graph)]
    operators.append(_island(settlement, graph))
    operators.append(_former(operators[0]))
    untimed = _Layout(UNTIMED, settlement)
    side = towns[2]
    ends = [(side.x + 4_200, side.y - 2_500), (side.x + 1_000, side.y - 5_200)]
    for k, path in enumerate(graph.paths((side.x, side.y), ends)):
        untimed.add_line(f"夢見郊外線{k + 1}", path, 0)
    operators.append(untimed.build())
    return Buses(tuple(operators))


def _former(operator: Operator) -> Operator:
    """Return the operator that once ran another's first two lines, with their stops alone."""
    lines = operator.lines[:2]
    used = sorted({stop for line in lines for stop in line.stops})
    number = {stop: k for k, stop in enumerate(used)}
    kept = [replace(line, stops=tuple(number[s] for s in line.stops)) for line in lines]
    return Operator(EXPIRED, tuple(operator.stops[s] for s in used), tuple(kept))


def _city(
    rng: np.random.Generator, settlement: Settlement, graph: BusRoads, centre: tuple[float, float]
) -> Operator:
    """Lines that radiate from the city's station, lines to the towns, and the towns' own."""
    layout = _Layout(CITY, settlement)
    towns = settlement.towns[:-1]
    lines = len(_CITY_TRIPS)
    angles = np.pi + np.pi * (np.arange(lines) + rng.uniform(0.2, 0.8)) / lines
    reach = rng.uniform(1.3, 2.8, lines) * towns[0].radius_m
    ends = [
        (centre[0] + r * float(np.cos(a)), centre[1] + 0.8 * r * float(np.sin(a)))
        for a, r in zip(angles, reach, strict=True)
    ]
    order = rng.permutation(len(ends))
    for k, path in enumerate(graph.paths(centre, [ends[i] for i in order])):
        layout.add_line(f"架空市内{k + 1}号線", path, _CITY_TRIPS[k])
    paths = graph.paths(centre, [(t.x, t.y) for t in towns[1:9]])
    for k, (town, path) in enumerate(zip(towns[1:9], paths, strict=True)):
        layout.add_line(f"架空{town.name}線", path, _TOWN_TRIPS[k % len(_TOWN_TRIPS)])
    for k, town in enumerate(towns[1:]):
        r = 2.4 * town.radius_m + 800
        around = [(town.x + east * r, town.y + north * r) for east, north in _AROUND_TOWN]
        for i, path in enumerate(graph.paths((town.x, town.y), around)):
            trips = _LOCAL_TRIPS[(k + i) % len(_LOCAL_TRIPS)]
            layout.add_line(f"{town.name}町内{i + 1}系統", path, trips)
    _fill_gaps(layout, settlement, graph)
    return layout.build()


def _fill_gaps(layout: _Layout, settlement: Settlement, graph: BusRoads) -> None:
    """Lay suburban lines to where people of the plain are still far from a stop."""
    towns = settlement.towns[:-1]
    x, y = graph.sample()
    crowd = settlement.density(x, y)
    added = 0
    for k in np.argsort(-crowd, kind="stable"):
        if added == _SUBURBAN_LINES or crowd[k] < _SUBURBAN_PER_KM2:
            return
        end = (float(x[k]), float(y[k]))
        if layout.distance_to_stop(*end) < _GAP_M:
            continue
        town = min(towns, key=lambda t: float(np.hypot(t.x - end[0], t.y - end[1])))
        for path in graph.paths((town.x, town.y), [end]):
            trips = _SUBURBAN_TRIPS[added % len(_SUBURBAN_TRIPS)]
            layout.add_line(f"{town.name}郊外{added + 1}系統", path, trips)
        added += 1


def _valleys(settlement: Settlement, graph: BusRoads) -> Operator:
    """Lay a line up each main valley from the nearest town; a few trips a day."""
    layout = _Layout(VALLEY, settlement)
    towns = settlement.towns[:-1]
    valleys = settlement.terrain.valleys
    for k, valley in enumerate(v for v in valleys if v.main < 0):
        mouth = valley.line[0]
        town = min(towns, key=lambda t: float(np.hypot(t.x - mouth[0], t.y - mouth[1])))
        half, most = (valley.line[int(f * (len(valley.line) - 1))] for f in (0.4, 0.8))
        ends = [(float(half[0]), float(half[1])), (float(most[0]), float(most[1]))]
        near, far = graph.paths((town.x, town.y), ends)
        layout.add_line(f"幻谷{k + 1}系統", near, _VALLEY_TRIPS[k % len(_VALLEY_TRIPS)])
        layout.add_line(f"幻谷{k + 1}系統奥", far, 2)
    return layout.build()


def _island(settlement: Settlement, graph: BusRoads) -> Operator:
    layout = _Layout(ISLAND, settlement)
    town = settlement.towns[-1]
    r = 2_600 * settlement.terrain.scale**0.6
    ends = [(town.x - r, town.y + 0.4 * r), (town.x + r, town.y + 0.4 * r)]
    for end, path in zip("西東", graph.paths((town.x, town.y), ends), strict=True):
        layout.add_line(f"浮島{end}線", path, 6)
    return layout.build()
