"""OpenStreetMap PBF: roads, shops and medical places as nodes, buildings and a multipolygon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import osmium

from coverage_gis.demo.facilities import AREA, NODE, RELATION, TWICE
from coverage_gis.demo.plan import ATTRIBUTION, EDITION_DATE, HOME, Site
from coverage_gis.demo.towns import Town

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from coverage_gis.demo.facilities import Place
    from coverage_gis.demo.rail import Rail
    from coverage_gis.demo.roads import Roads
    from coverage_gis.demo.towns import Village

_TIME = f"{EDITION_DATE}T00:00:00Z"
_AMENITIES = ("hospital", "clinic", "doctors", "marketplace")
_HALF_SIDE_M = {"department_store": 60.0, "supermarket": 28.0, "hospital": 45.0}


@dataclass
class _Object:
    """What osmium's writer wants of a node, way or relation."""

    id: int
    tags: Mapping[str, str] | None = None
    location: tuple[float, float] | None = None
    nodes: Sequence[int] | None = None
    members: Sequence[tuple[str, int, str]] | None = None
    version: int = 1
    timestamp: str = _TIME
    visible: bool = True


class _Collector:
    """Nodes, ways and relations beyond the roads, numbered after them."""

    def __init__(self, first_node: int, first_way: int, site: Site) -> None:
        self._site = site
        self.nodes: list[_Object] = []
        self.ways: list[_Object] = []
        self.relations: list[_Object] = []
        self._node, self._way = first_node, first_way

    def node(self, x: float, y: float, tags: Mapping[str, str] | None = None) -> int:
        self._node += 1
        self.nodes.append(
            _Object(self._node, tags, (float(self._site.lon(x)), float(self._site.lat(y))))
        )
        return self._node

    def way(self, nodes: Sequence[int], tags: Mapping[str, str] | None) -> int:
        self._way += 1
        self.ways.append(_Object(self._way, tags, nodes=nodes))
        return self._way

    def ring(self, x: float, y: float, half: float, tags: Mapping[str, str] | None) -> int:
        """Add a closed way round a point, a building a little wider than deep."""
        corners = [
            self.node(x + sx * half, y + sy * 0.7 * half)
            for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1))
        ]
        return self.way([*corners, corners[0]], tags)


def write(
    path: Path,
    roads: Roads,
    places: Sequence[Place],
    rail: Rail,
    settlements: Sequence[Town | Village],
    *,
    site: Site = HOME,
) -> None:
    """Write the extract: nodes, then ways, then relations, each by id."""
    extra = _Collector(len(roads.x), len(roads.tag), site)
    for place in places:
        _add_place(extra, place)
    _add_rail(extra, rail)
    for settlement in settlements:
        kind = "town" if isinstance(settlement, Town) else "hamlet"
        extra.node(settlement.x, settlement.y, {"place": kind, "name": settlement.name})
    lon, lat = site.lon(roads.x), site.lat(roads.y)
    header = osmium.io.Header()
    header.set("generator", f"coverage_gis demo: {ATTRIBUTION}")
    header.set("osmosis_replication_timestamp", _TIME)
    box = osmium.osm.Box(float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))
    header.add_box(box)
    writer = osmium.SimpleWriter(str(path), header=header, overwrite=True)
    try:
        _write_nodes(writer, lon, lat)
        for node in extra.nodes:
            writer.add_node(node)
        _write_ways(writer, roads)
        for way in extra.ways:
            writer.add_way(way)
        for relation in extra.relations:
            writer.add_relation(relation)
    finally:
        writer.close()


def _write_nodes(
    writer: Any,  # osmium ships no types
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
) -> None:
    one = _Object(0)
    for k, position in enumerate(zip(lon.tolist(), lat.tolist(), strict=True)):
        one.id, one.location = k + 1, position
        writer.add_node(one)


def _write_ways(writer: Any, roads: Roads) -> None:
    refs = (roads.refs + 1).tolist()
    starts, tag = roads.starts.tolist(), roads.tag.tolist()
    one = _Object(0)
    for k, kind in enumerate(tag):
        one.id, one.tags, one.nodes = k + 1, roads.tags[kind], refs[starts[k] : starts[k + 1]]
        writer.add_way(one)


def _add_place(extra: _Collector, place: Place) -> None:
    key = "amenity" if place.kind in _AMENITIES else "shop"
    tags = {key: place.kind, "name": place.name, "note": "架空のデータ"}
    if place.kind == "hospital":
        tags["healthcare"] = "hospital"
    half = _HALF_SIDE_M.get(place.kind, 12.0)
    built = {**tags, "building": "hospital" if place.kind == "hospital" else "retail"}
    if place.form in (NODE, TWICE):
        extra.node(place.x, place.y, tags)
    if place.form in (AREA, TWICE):
        extra.ring(place.x, place.y, half, built)
    if place.form == RELATION:
        outer = extra.ring(place.x, place.y, half, None)
        inner = extra.ring(place.x, place.y, half / 4, None)
        members = (("w", outer, "outer"), ("w", inner, "inner"))
        number = len(extra.relations) + 1
        extra.relations.append(_Object(number, {**built, "type": "multipolygon"}, members=members))


def _add_rail(extra: _Collector, rail: Rail) -> None:
    for title, points in rail.lines:
        nodes = [extra.node(float(x), float(y)) for x, y in points]
        extra.way(nodes, {"railway": "rail", "name": title, "operator": rail.company})
    seen = set()
    for station in rail.stations:
        if station.group not in seen:
            seen.add(station.group)
            tags = {"railway": "station", "name": station.name, "operator": rail.company}
            extra.node(station.x, station.y, tags)
