"""Shops, medical institutions and shelters, where people are; and what each source knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from coverage_gis.codes import mesh
from coverage_gis.demo import names
from coverage_gis.demo.plan import LEVEL, to_lat, to_lon

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from coverage_gis.demo.municipalities import Municipalities
    from coverage_gis.demo.network import Network
    from coverage_gis.demo.people import People
    from coverage_gis.demo.plan import Plan
    from coverage_gis.demo.towns import Settlement

    Array = NDArray[np.float64]
    Ints = NDArray[np.int64]

NODE, AREA, RELATION, TWICE = "node", "area", "relation", "twice"
"""How OpenStreetMap has a place: a node, a building, a multipolygon, a node in its building."""

# kind -> people per facility, pull of crowded cells (power), share drawn as a building
_SHOPS = {
    "supermarket": (6_000, 1.1, 0.55),
    "convenience": (2_200, 0.95, 0.2),
    "chemist": (7_000, 1.1, 0.45),
    "greengrocer": (21_000, 1.0, 0.0),
    "butcher": (30_000, 1.0, 0.0),
    "seafood": (30_000, 0.9, 0.0),
    "farm": (28_000, 0.3, 0.0),
    "clothes": (9_000, 1.2, 0.1),
    "hairdresser": (3_500, 1.0, 0.0),
}
_HOSPITAL, _CLINIC, _DENTAL = 1, 2, 3
_MEDICAL = {_HOSPITAL: (15_000, 1.05), _CLINIC: (1_350, 1.05), _DENTAL: (2_100, 1.1)}
_WELFARE = (("02", "{}デイサービスセンター", 2_400), ("04", "{}保育所", 3_600))
_WELFARE_POWER = 0.9
_PEOPLE_PER_SHELTER, _SHELTER_POWER = 850, 0.55
_MEDICAL_IN_OSM = 0.55
_OFF_ROAD_M = (9.0, 26.0)


@dataclass(frozen=True)
class Place:
    """A facility: kind (an OSM value, or a class of its source), name, position, municipality."""

    kind: str
    name: str
    x: float
    y: float
    muni: int
    form: str = NODE
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Facilities:
    """Places by source: what OSM maps, medical institutions, shelters and sites, welfare."""

    osm: tuple[Place, ...]
    medical: tuple[Place, ...]
    shelters: tuple[Place, ...]
    welfare: tuple[Place, ...] = ()


class _Spots:
    """Picks cells by people and points beside their roads."""

    def __init__(self, rng: np.random.Generator, people: People, network: Network) -> None:
        self._rng = rng
        self._people = people
        self._roads = network.roads
        far = network.roads.ways_where("highway", ("motorway", "motorway_link", "track", "path"))
        far |= network.roads.ways_where("route", ("ferry",))
        self._nodes = np.unique(network.roads.refs[np.repeat(~far, np.diff(network.roads.starts))])
        lon = to_lon(network.roads.x[self._nodes])
        lat = to_lat(network.roads.y[self._nodes])
        code = mesh.encode(lon, lat, LEVEL).astype(str)
        order = np.argsort(code, kind="stable")
        self._nodes, code = self._nodes[order], code[order]
        self._first = np.searchsorted(code, people.code.astype(str), side="left")
        self._last = np.searchsorted(code, people.code.astype(str), side="right")

    def cells(self, count: int, power: float) -> Ints:
        """Return cells drawn by people to a power; few draw the same one twice."""
        weight = np.where(self._last > self._first, self._people.people.astype(float) ** power, 0)
        count = min(count, int((weight > 0).sum()) * 3)
        picks = self._rng.choice(len(weight), count, p=weight / weight.sum())
        return np.asarray(picks, dtype=np.int64)

    def points(self, cells: Ints) -> tuple[Array, Array]:
        """Return a point beside a road of each cell."""
        pick = self._first[cells] + (
            self._rng.random(len(cells)) * (self._last[cells] - self._first[cells])
        ).astype(np.int64)
        return self.beside(self._nodes[pick])

    def beside(self, nodes: Ints) -> tuple[Array, Array]:
        """Return a point a few metres off each road node."""
        angle = self._rng.uniform(0, 2 * np.pi, len(nodes))
        off = self._rng.uniform(*_OFF_ROAD_M, len(nodes))
        return (
            self._roads.x[nodes] + off * np.cos(angle),
            self._roads.y[nodes] + off * np.sin(angle),
        )

    def near(self, x: float, y: float) -> tuple[float, float]:
        """Return a point beside the road node nearest to a point."""
        tree = cKDTree(np.column_stack([self._roads.x[self._nodes], self._roads.y[self._nodes]]))
        px, py = self.beside(self._nodes[[int(tree.query([x, y])[1])]])
        return float(px[0]), float(py[0])


def make_facilities(
    plan: Plan, settlement: Settlement, network: Network, people: People, areas: Municipalities
) -> Facilities:
    """Place all facilities of a plan."""
    rng = plan.rng("facilities")
    spots = _Spots(rng, people, network)
    place_names = _place_names(settlement, people)
    total = int(people.people.sum())
    shops: list[Place] = []
    for kind, (per, power, drawn) in _SHOPS.items():
        cells = spots.cells(max(1, total // per), power)
        x, y = spots.points(cells)
        for k, cell in enumerate(cells):
            form = AREA if rng.random() < drawn else NODE
            if kind == "supermarket" and k % 23 == 7:
                form = TWICE
            name = names.shop(kind, k, place_names[cell])
            shops.append(Place(kind, name, float(x[k]), float(y[k]), int(people.muni[cell]), form))
    shops += _set_pieces(plan, settlement, spots, areas)
    medical = _medical(rng, spots, people, place_names, total)
    known = [p for p in medical if p.kind != str(_DENTAL) and rng.random() < _MEDICAL_IN_OSM]
    shops += [_osm_medical(p) for p in known]
    shelters = _shelters(rng, spots, people, place_names, total)
    # of its own chance, so that nothing else depends on how many there are
    welfare = _welfare(_Spots(plan.rng("welfare"), people, network), people, place_names, total)
    return Facilities(tuple(shops), tuple(medical), tuple(shelters), tuple(welfare))


def _place_names(settlement: Settlement, people: People) -> list[str]:
    """Return for each cell the name of the nearest town or village."""
    places = settlement.places
    tree = cKDTree([(p.x, p.y) for p in places])
    nearest = tree.query(np.column_stack([people.x, people.y]))[1]
    return [places[int(k)].name for k in nearest]


def _set_pieces(
    plan: Plan, settlement: Settlement, spots: _Spots, areas: Municipalities
) -> list[Place]:
    """Return the shops that must be there: in the centre, on the island, across the border."""
    city, island = settlement.towns[0], settlement.towns[-1]
    across = (-plan.width_m / 2 - 1_600.0, 0.0)
    west = settlement.terrain.smooth_coast(np.array([across[0]]))
    wanted = [
        ("department_store", "架空百貨店本店", city.x + 150, city.y, RELATION),
        ("supermarket", "浮島よろず架空スーパー", island.x, island.y, NODE),
        ("supermarket", "架空隣県スーパー県境店", across[0], float(west[0]) - 1_500, AREA),
    ]
    made = []
    for kind, name, near_x, near_y, form in wanted:
        x, y = spots.near(near_x, near_y)
        muni = int(areas.index_of(np.array([x]), np.array([y]))[0])
        made.append(Place(kind, name, x, y, muni, form))
    x, y = spots.near(city.x - 500, city.y - 300)
    made.append(Place("marketplace", "架空朝市", x, y, made[0].muni, NODE))
    return made


def _medical(
    rng: np.random.Generator, spots: _Spots, people: People, place_names: list[str], total: int
) -> list[Place]:
    titles = {_HOSPITAL: "{}病院", _CLINIC: "{}医院", _DENTAL: "{}歯科"}
    made = []
    for kind, (per, power) in _MEDICAL.items():
        cells = spots.cells(max(1, total // per), power)
        if kind == _CLINIC:  # the island and some valley villages keep one
            lonely = np.flatnonzero(people.aged_share > np.quantile(people.aged_share, 0.9))
            cells = np.append(cells, rng.choice(lonely[~people.roadless[lonely]], 3))
        x, y = spots.points(cells)
        for k, cell in enumerate(cells):
            beds = int(rng.integers(40, 400)) if kind == _HOSPITAL else int(rng.integers(0, 2) * 12)
            beds = 0 if kind == _DENTAL else beds
            name = titles[kind].format(f"{names.fictional(place_names[cell])}第{k + 1}")
            extra = {"beds": str(beds), "emergency": "1" if beds > 150 else "9"}
            made.append(
                Place(
                    str(kind), name, float(x[k]), float(y[k]), int(people.muni[cell]), NODE, extra
                )
            )
    return made


def _welfare(spots: _Spots, people: People, place_names: list[str], total: int) -> list[Place]:
    """Return welfare facilities by P14's major class: "02" for the elderly, "04" for children."""
    made = []
    for kind, title, per in _WELFARE:
        cells = spots.cells(max(1, total // per), _WELFARE_POWER)
        x, y = spots.points(cells)
        for k, cell in enumerate(cells):
            name = title.format(f"{names.fictional(place_names[cell])}第{k + 1}")
            made.append(Place(kind, name, float(x[k]), float(y[k]), int(people.muni[cell])))
    return made


def _osm_medical(p: Place) -> Place:
    value = "hospital" if p.kind == str(_HOSPITAL) else "clinic"
    if value == "clinic" and len(p.name) % 2:
        value = "doctors"
    form = AREA if value == "hospital" else NODE
    return Place(value, p.name, p.x, p.y, p.muni, form)


def _shelters(
    rng: np.random.Generator, spots: _Spots, people: People, place_names: list[str], total: int
) -> list[Place]:
    """Return shelters (kind "1" also an evacuation site, "2" shelter only, "3" site only)."""
    titles = ("{}小学校", "{}公民館", "{}集会所", "{}体育館", "{}公園")
    cells = np.unique(spots.cells(max(3, total // _PEOPLE_PER_SHELTER), _SHELTER_POWER))
    x, y = spots.points(cells)
    made = []
    for k, cell in enumerate(cells):
        which = int(rng.integers(0, len(titles)))
        kind = "3" if which == 4 else ("1" if rng.random() < 0.8 else "2")
        name = titles[which].format(f"{names.fictional(place_names[cell])}第{k + 1}")
        made.append(Place(kind, name, float(x[k]), float(y[k]), int(people.muni[cell])))
    return made
