"""Places in OpenStreetMap: nodes, closed ways and relations, each as one point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from coverage_gis import crs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_NAME_KEYS = ("name", "name:ja", "brand")
_AREA_TYPES = ("multipolygon", "boundary")

POI_COLUMNS = ("osm_id", "lon", "lat", "name", "tag", "radius_m")


class PlaceCollector:
    """Collects what carries one of the wanted tags while a file streams by.

    Attributes
    ----------
    locations
        Where nodes are, by id; set by who reads the file.
    lost
        Places of which no node is in the file.
    """

    def __init__(self, wanted: frozenset[tuple[str, str]]) -> None:
        self._wanted = wanted
        self.keys = tuple(sorted({key for key, _ in wanted}))
        self._rows: list[tuple[str, float, float, str, str, float]] = []
        self._relations: list[tuple[str, str, tuple[str, ...], bool, list[int], list[int]]] = []
        self.locations: Any = None
        self.lost = 0

    def tags_of(self, tags: Any) -> tuple[str, ...]:
        """Return the wanted tags among an object's, as "key=value"."""
        return tuple(
            f"{key}={value}"
            for key in self.keys
            if (value := tags.get(key)) is not None and (key, value) in self._wanted
        )

    def add_node(self, node: Any) -> None:
        """Take a node, if its tags are wanted."""
        if (tags := self.tags_of(node.tags)) and node.location.valid():
            at = (node.location.lon, node.location.lat)
            self._add(f"n{node.id}", _name(node.tags), tags, at, 0.0)

    def add_way(self, way: Any, tags: tuple[str, ...], xy: NDArray[np.float64]) -> None:
        """Take a way with wanted tags, of which the nodes at ``xy`` (n, 2) are known."""
        rings = [xy] if way.nodes.ends_have_same_id() else []
        self._add_area(f"w{way.id}", _name(way.tags), tags, xy, rings)

    def add_relation(self, relation: Any) -> None:
        """Take note of a relation with wanted tags; `close` gives it its place."""
        if tags := self.tags_of(relation.tags):
            area = relation.tags.get("type") in _AREA_TYPES
            members = [m for m in relation.members if not area or m.role in ("outer", "")]
            ways = [m.ref for m in members if m.type == "w"]
            nodes = [m.ref for m in members if m.type == "n" and not area]
            key = f"r{relation.id}"
            self._relations.append((key, _name(relation.tags), tags, area, ways, nodes))

    def open_members(self) -> list[int]:
        """Return the ids of ways that the relations need, ascending."""
        return sorted({way for *_, ways, _ in self._relations for way in ways})

    def close(self, ways: Iterable[Any]) -> None:
        """Give the relations their places, from their member ways."""
        known = {way.id: self._positions([n.ref for n in way.nodes]) for way in ways}
        for key, name, tags, area, members, nodes in self._relations:
            parts = [known[w] for w in members if w in known]
            rings = [p for p in parts if len(p) > 1] if area else []
            self._add_area(key, name, tags, np.vstack([*parts, self._positions(nodes)]), rings)
        self._relations.clear()

    def table(self) -> pd.DataFrame:
        """Return one row per place and wanted tag."""
        frame = pd.DataFrame(self._rows, columns=list(POI_COLUMNS))
        text = dict.fromkeys(("osm_id", "name", "tag"), "str")
        return frame.astype(text | dict.fromkeys(("lon", "lat", "radius_m"), "float64"))

    def _positions(self, refs: list[int]) -> NDArray[np.float64]:
        out = []
        for ref in refs:
            try:
                at = self.locations.get(ref)
            except KeyError:
                continue
            if at.valid():
                out.append((at.lon, at.lat))
        return np.array(out, dtype=np.float64).reshape(-1, 2)

    def _add_area(
        self,
        key: str,
        name: str,
        tags: tuple[str, ...],
        xy: NDArray[np.float64],
        rings: list[NDArray[np.float64]],
    ) -> None:
        if len(xy) == 0:
            self.lost += 1
            return
        (west, south), (east, north) = xy.min(axis=0), xy.max(axis=0)
        lon, lat = _point_within(rings) or ((west + east) / 2, (south + north) / 2)
        radius_m = float(crs.geodesic_m(west, south, east, north)) / 2
        self._add(key, name, tags, (lon, lat), radius_m)

    def _add(
        self, key: str, name: str, tags: tuple[str, ...], at: tuple[float, float], radius_m: float
    ) -> None:
        self._rows.extend((key, *at, name, tag, radius_m) for tag in tags)


def _name(tags: Any) -> str:
    return next((v for key in _NAME_KEYS if (v := tags.get(key))), "")


def _point_within(rings: list[NDArray[np.float64]]) -> tuple[float, float] | None:
    """Return a point inside the largest area that the lines enclose, None without an area."""
    if not rings:
        return None
    # Node the lines first: a ring that crosses itself is then several areas, not an error.
    lines = shapely.unary_union([shapely.LineString(r) for r in rings if len(r) > 1])
    areas = shapely.get_parts(shapely.polygonize([lines]))
    if len(areas) == 0:
        return None
    point = shapely.point_on_surface(areas[np.argmax(shapely.area(areas))])
    return float(point.x), float(point.y)
