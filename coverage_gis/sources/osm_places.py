"""Places in OpenStreetMap: nodes, closed ways and relations, each as one point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from coverage_gis import crs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

_NAME_KEYS = ("name", "name:ja", "brand")
_AREA_TYPES = ("multipolygon", "boundary")

POI_COLUMNS = ("osm_id", "lon", "lat", "name", "tag", "radius_m")


class PlaceCollector:
    """Collects what carries one of the wanted tags while a file streams by.

    Tags are anything with ``get(key)``, positions arrays of (lon, lat), (n, 2).

    Parameters
    ----------
    wanted
        Tags of nodes, ways and relations.
    bounds
        West, south, east, north in degrees; None for all.
    of_nodes
        Tags wanted of nodes alone: the middle of a settlement is a node, its area is not.

    Attributes
    ----------
    lost
        Places of which no node is in the file.
    """

    def __init__(
        self,
        wanted: frozenset[tuple[str, str]],
        bounds: tuple[float, float, float, float] | None = None,
        of_nodes: frozenset[tuple[str, str]] = frozenset(),
    ) -> None:
        self._wanted = wanted
        self._of_nodes = wanted | of_nodes
        self._node_keys = tuple(sorted({key for key, _ in self._of_nodes}))
        self._bounds = bounds
        self.keys = tuple(sorted({key for key, _ in wanted}))
        self._rows: list[tuple[str, float, float, str, str, float]] = []
        self._relations: list[tuple[str, str, tuple[str, ...], bool, list[int], list[int]]] = []
        self.lost = 0

    def tags_of(self, tags: Any) -> tuple[str, ...]:
        """Return the wanted tags among an object's, as "key=value"."""
        return _among(tags, self.keys, self._wanted)

    def tags_of_node(self, tags: Any) -> tuple[str, ...]:
        """Return the tags wanted of nodes among one's."""
        return _among(tags, self._node_keys, self._of_nodes)

    def add_node(self, ref: int, tags: Any, lon: float, lat: float) -> None:
        """Take a node, if its tags are wanted."""
        if found := self.tags_of_node(tags):
            self._add(f"n{ref}", _name(tags), found, (lon, lat), 0.0)

    def add_way(self, ref: int, tags: Any, xy: NDArray[np.float64], *, closed: bool) -> None:
        """Take a way, if its tags are wanted, of which the nodes at ``xy`` are known."""
        if found := self.tags_of(tags):
            self._add_area(f"w{ref}", _name(tags), found, xy, [xy] if closed else [])

    def add_relation(self, ref: int, tags: Any, members: Iterable[tuple[str, int, str]]) -> None:
        """Take note of a relation, if its tags are wanted; `close` gives it its place.

        Members are (type, id, role), types being "n", "w" and "r".
        """
        if found := self.tags_of(tags):
            area = tags.get("type") in _AREA_TYPES
            kept = [m for m in members if not area or m[2] in ("outer", "")]
            ways = [i for kind, i, _ in kept if kind == "w"]
            nodes = [i for kind, i, _ in kept if kind == "n" and not area]
            self._relations.append((f"r{ref}", _name(tags), found, area, ways, nodes))

    def open_members(self) -> list[int]:
        """Return the ids of ways that the relations need, ascending."""
        return sorted({way for *_, ways, _ in self._relations for way in ways})

    def close(
        self,
        ways: Mapping[int, Sequence[int] | NDArray[np.int64]],
        positions: Callable[[Sequence[int] | NDArray[np.int64]], NDArray[np.float64]],
    ) -> None:
        """Give the relations their places.

        Parameters
        ----------
        ways
            Node ids of the ways that are known, of `open_members`.
        positions
            Gives the positions of those of some nodes that are known.
        """
        known = {way: positions(refs) for way, refs in ways.items()}
        for key, name, tags, area, members, nodes in self._relations:
            parts = [known[w] for w in members if w in known]
            rings = [p for p in parts if len(p) > 1] if area else []
            self._add_area(key, name, tags, np.vstack([*parts, positions(nodes)]), rings)
        self._relations.clear()

    def table(self) -> pd.DataFrame:
        """Return one row per place and wanted tag."""
        frame = pd.DataFrame(self._rows, columns=list(POI_COLUMNS))
        text = dict.fromkeys(("osm_id", "name", "tag"), "str")
        return frame.astype(text | dict.fromkeys(("lon", "lat", "radius_m"), "float64"))

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
        lon, lat = (west + east) / 2, (south + north) / 2
        if not self._beyond(west, south, east, north):
            lon, lat = _point_within(rings) or (lon, lat)
        radius_m = float(crs.geodesic_m(west, south, east, north)) / 2
        self._add(key, name, tags, (lon, lat), radius_m)

    def _beyond(self, west: float, south: float, east: float, north: float) -> bool:
        """Whether a box is wholly beyond the bounds, where no place is kept."""
        if self._bounds is None:
            return False
        w, s, e, n = self._bounds
        return bool(east < w or west > e or north < s or south > n)

    def _add(
        self, key: str, name: str, tags: tuple[str, ...], at: tuple[float, float], radius_m: float
    ) -> None:
        self._rows.extend((key, *at, name, tag, radius_m) for tag in tags)


def _among(tags: Any, keys: tuple[str, ...], wanted: frozenset[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(
        f"{key}={value}"
        for key in keys
        if (value := tags.get(key)) is not None and (key, value) in wanted
    )


def _name(tags: Any) -> str:
    return next((v for key in _NAME_KEYS if (v := tags.get(key))), "")


def _point_within(rings: list[NDArray[np.float64]]) -> tuple[float, float] | None:
    """Return a point inside the largest area that the lines enclose, None without an area."""
    if not rings:
        return None
    if len(rings) == 1 and len(rings[0]) > 3 and (rings[0][0] == rings[0][-1]).all():
        area = shapely.Polygon(rings[0])
        if shapely.is_valid(area):
            point = shapely.point_on_surface(area)
            return float(point.x), float(point.y)
    # Node the lines first: a ring that crosses itself is then several areas, not an error.
    lines = shapely.unary_union([shapely.LineString(r) for r in rings if len(r) > 1])
    areas = shapely.get_parts(shapely.polygonize([lines]))
    if len(areas) == 0:
        return None
    point = shapely.point_on_surface(areas[np.argmax(shapely.area(areas))])
    return float(point.x), float(point.y)
