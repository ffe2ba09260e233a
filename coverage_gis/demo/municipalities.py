"""Municipalities: seats, codes, names, and polygons with shared crooked borders."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import Voronoi, cKDTree

from coverage_gis.demo import names
from coverage_gis.demo.plan import PREF_CODE, PREF_NAME

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.demo.plan import Plan, Site
    from coverage_gis.demo.terrain import Terrain
    from coverage_gis.demo.towns import Settlement

    Array = NDArray[np.float64]

_PATCH_M = 900.0
_CROOKED = 0.16
_CITIES = 3


@dataclass(frozen=True)
class Municipality:
    """A municipality: code, district (郡, "" for a city), name and area in plane metres."""

    code: str
    county: str
    name: str
    area: shapely.MultiPolygon
    prefecture: str = PREF_NAME

    @property
    def full_name(self) -> str:
        """Prefecture, district and name, as addresses begin."""
        return f"{self.prefecture}{self.county}{self.name}"


@dataclass(frozen=True)
class Municipalities:
    """All municipalities, by code."""

    items: tuple[Municipality, ...]

    def as_of(self, site: Site) -> Municipalities:
        """Return them with the codes and names of another prefecture, in the same order."""
        renamed = (
            replace(m, code=site.code + m.code[2:], prefecture=site.name) for m in self.items
        )
        return Municipalities(tuple(renamed))

    def index_inside(self, x: Array, y: Array) -> NDArray[np.int64]:
        """Return for each point the municipality that holds it, or -1 outside the prefecture."""
        out = np.full(len(x), -1, dtype=np.int64)
        for k, item in enumerate(self.items):
            west, south, east, north = item.area.bounds
            near = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
            shapely.prepare(item.area)
            out[near[shapely.contains_xy(item.area, x[near], y[near])]] = k
        return out

    def index_of(self, x: Array, y: Array) -> NDArray[np.int64]:
        """Return for each point the municipality that holds it, or else the nearest one."""
        out = self.index_inside(x, y)
        outside = np.flatnonzero(out < 0)
        if len(outside):
            tree = shapely.STRtree([m.area for m in self.items])
            points = shapely.points(x[outside], y[outside])
            point, area = tree.query_nearest(points, all_matches=False)
            out[outside[point]] = area
        return out


def make_municipalities(plan: Plan, terrain: Terrain, settlement: Settlement) -> Municipalities:
    """Divide the land among seats: one per town with an office, and the upper valleys."""
    rng = plan.rng("municipalities")
    seeds, labels = _seeds(terrain, settlement)
    outline = shapely.make_valid(shapely.Polygon(terrain.mainland_ring()))
    mainland: shapely.Polygon = max(shapely.get_parts(outline), key=shapely.area)
    areas = _divide(rng, mainland, seeds)
    codes, counties, titles = _titles(labels, len(areas))
    items = [
        Municipality(code, county, title, _multi(area))
        for code, county, title, area in zip(codes, counties, titles, areas, strict=True)
    ]
    island = shapely.Polygon(terrain.island)
    items.append(
        Municipality(f"{PREF_CODE}361", "虚島郡", f"{names.ISLAND_TOWN}町", _multi(island))
    )
    return Municipalities(tuple(sorted(items, key=lambda m: m.code)))


def _seeds(t: Terrain, settlement: Settlement) -> tuple[Array, list[str]]:
    """Return points that claim land, each with the name of its municipality."""
    seeds: list[tuple[float, float]] = []
    labels: list[str] = []
    for town in settlement.towns[:-1]:
        if town.seat:
            seeds.append((town.x, town.y))
            labels.append(town.name)
        else:  # two neighbours meet in the middle of it
            for side, suffix in ((-1, "西"), (1, "東")):
                seeds.append((town.x + side * 2_500 * t.scale, town.y - 300 * side))
                labels.append(town.name + suffix)
    for k, valley in enumerate(v for v in t.valleys if v.main < 0):
        at = valley.line[int(0.62 * (len(valley.line) - 1))]
        seeds.append((float(at[0]), float(at[1])))
        labels.append(
            f"{('霧', '雲', '月', '星', '風', '雪', '花', '雨')[k % 8]}谷" + "奥" * (k // 8)
        )
    return np.array(seeds), labels


def _divide(
    rng: np.random.Generator, land: shapely.Polygon, seeds: Array
) -> list[shapely.Geometry]:
    """Cut ``land`` into one area per seed along crooked lines between random patches."""
    west, south, east, north = land.bounds
    cols, rows = (int((east - west) / _PATCH_M) + 5, int((north - south) / _PATCH_M) + 5)
    gx, gy = np.meshgrid(np.arange(cols) - 2.0, np.arange(rows) - 2.0)
    spots = np.column_stack([gx.ravel(), gy.ravel()]) + rng.uniform(-0.42, 0.42, (gx.size, 2))
    spots = spots * _PATCH_M + [west, south]
    tree = cKDTree(seeds)
    owner = tree.query(spots)[1]
    patches = Voronoi(spots)
    between = owner[patches.ridge_points]
    lines = [
        _crooked(rng, patches.vertices[a], patches.vertices[b])
        for (a, b), (p, q) in zip(patches.ridge_vertices, between, strict=True)
        if p != q and a >= 0 and b >= 0
    ]
    cut = shapely.union_all([*lines, land.exterior])
    pieces = shapely.get_parts(shapely.polygonize(shapely.get_parts(cut)))
    inner = shapely.point_on_surface(pieces)
    x, y = shapely.get_x(inner), shapely.get_y(inner)
    inside = shapely.contains_xy(land, x, y)
    claimed = owner[cKDTree(spots).query(np.column_stack([x, y]))[1]]
    return [shapely.coverage_union_all(pieces[inside & (claimed == k)]) for k in range(len(seeds))]


def _crooked(rng: np.random.Generator, a: Array, b: Array) -> shapely.LineString:
    """Return a line from a to b bent by halving it four times (midpoint displacement)."""
    line = np.array([a, b])
    for _ in range(4):
        step = np.diff(line, axis=0)
        push = rng.uniform(-_CROOKED, _CROOKED, (len(step), 1))
        middle = line[:-1] + step / 2 + push * np.column_stack([-step[:, 1], step[:, 0]])
        out = np.empty((2 * len(line) - 1, 2))
        out[::2], out[1::2] = line, middle
        line = out
    return shapely.LineString(line)


def _titles(labels: list[str], count: int) -> tuple[list[str], list[str], list[str]]:
    """Return codes, districts and names: cities from 201, towns 321, villages 341 and up."""
    codes, counties, titles = [], [], []
    city, town = 200, 400
    for k, label in enumerate(labels[:count]):
        if k < _CITIES:
            city += 1
            codes.append(f"{PREF_CODE}{city}")
            counties.append("")
            titles.append(f"{label}市")
            continue
        town += 1
        codes.append(f"{PREF_CODE}{town}")
        valley = "谷" in label
        counties.append("幻谷郡" if valley else "仮想郡")
        titles.append(label + ("村" if valley else "町"))
    return codes, counties, titles


def _multi(area: shapely.Geometry) -> shapely.MultiPolygon:
    parts = [p for p in shapely.get_parts(area) if p.geom_type == "Polygon"]
    return shapely.MultiPolygon(parts)
