"""Which primary meshes a prefecture has, and which map extracts cover it and its margin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from coverage_gis.codes import mesh
from coverage_gis.crs import WGS84, plane_crs
from coverage_gis.errors import InputError, MissingInputError
from coverage_gis.sources.boundaries import read_n03
from coverage_gis.sources.inventory import choose_boundaries, scan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SIMPLIFY_M = 100.0


def boundaries_at_hand(raw: Path, pref_code: str) -> gpd.GeoDataFrame | None:
    """Return the municipalities of the N03 file in the raw-data folder, None if there is none."""
    try:
        return read_n03(choose_boundaries(scan(raw, pref_code), pref_code).found, pref_code).table
    except (MissingInputError, InputError):
        return None


def primary_meshes(municipalities: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Return the codes of the primary meshes (第1次地域区画) that touch a prefecture, sorted.

    Beyond the meshes of Japan there is none.

    Parameters
    ----------
    municipalities
        Its polygons in EPSG:6668.
    """
    shapes = np.asarray(municipalities.geometry.to_numpy(), dtype=object)
    boxes = shapely.bounds(shapely.get_parts(shapes))
    level = mesh.PRIMARY
    rows = np.floor(boxes[:, [1, 3]] * level.rows_per_degree).astype(np.int64)
    cols = np.floor((boxes[:, [0, 2]] - mesh.LON_ORIGIN) * level.cols_per_degree).astype(np.int64)
    cells = {
        (row, col)
        for (r0, r1), (c0, c1) in zip(rows.tolist(), cols.tolist(), strict=True)
        for row in range(r0, r1 + 1)
        for col in range(c0, c1 + 1)
    }
    grid = np.array(sorted(cells), dtype=np.int64).reshape(-1, 2)
    codes = mesh.from_grid(grid[:, 0], grid[:, 1], level)
    codes = codes[mesh.valid(codes)]  # a boundary may reach beyond the meshes of Japan
    if codes.size == 0:
        return ()
    tree = shapely.STRtree(shapely.get_parts(shapes))
    touched = np.unique(tree.query(mesh.polygons(codes), predicate="intersects")[0])
    return tuple(sorted(codes[touched].tolist()))


def regions_touched(
    municipalities: gpd.GeoDataFrame,
    outlines: Mapping[str, shapely.Geometry],
    margin_m: float,
    pref_code: str,
) -> tuple[str, ...]:
    """Return the regions whose outline comes within ``margin_m`` of a prefecture, sorted.

    Parameters
    ----------
    municipalities
        The prefecture's polygons in EPSG:6668.
    outlines
        Each region's area in degrees (WGS 84).
    margin_m
        How far beyond its border a prefecture's people go.
    pref_code
        Its code, for the plane the distances are measured in.
    """
    plane = plane_crs(pref_code)
    names = sorted(outlines)
    shapes = municipalities.geometry.to_crs(plane).simplify(_SIMPLIFY_M)
    areas = gpd.GeoSeries([outlines[n] for n in names], index=names, crs=WGS84).to_crs(plane)
    tree = shapely.STRtree(np.asarray(shapes.to_numpy(), dtype=object))
    near, _ = tree.query(
        np.asarray(areas.to_numpy(), dtype=object),
        predicate="dwithin",
        distance=margin_m + _SIMPLIFY_M,
    )
    return tuple(names[i] for i in np.unique(near))


def regions_by_table(
    pref_code: str,
    regions: Mapping[str, tuple[str, ...]],
    neighbours: Mapping[str, tuple[str, ...]],
) -> tuple[str, ...]:
    """Return the regions of a prefecture and of its neighbours, sorted."""
    wanted = {pref_code, *neighbours.get(pref_code, ())}
    return tuple(sorted(name for name, codes in regions.items() if wanted & set(codes)))
