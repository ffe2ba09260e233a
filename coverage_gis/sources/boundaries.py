"""Municipality boundaries: KSJ N03 行政区域, any edition, as one polygon per municipality."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from coverage_gis.codes.municipality import DESIGNATED_CITIES, designated_city_of, to_code5
from coverage_gis.crs import JGD2011
from coverage_gis.errors import InputError
from coverage_gis.schema import MUNI_CODE, MUNICIPALITIES, NAME, PREF_CODE
from coverage_gis.sources.found import Found
from coverage_gis.sources.ksj import text
from coverage_gis.sources.result import ReadResult
from coverage_gis.sources.vector import read_vector

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray


CITY_CODE = "city_code"
NO_CODE = "no municipality code (所属未定地)"
OTHER_PREFECTURE = "another prefecture"
NO_AREA = "no area"

_MUNICIPALITY, _WARD, _CODE = "N03_004", "N03_005", "N03_007"
_COLUMNS = (_MUNICIPALITY, _WARD, _CODE)
_POLYGON = 3


def read_n03(found: Found | Sequence[Found], pref_code: str) -> ReadResult[gpd.GeoDataFrame]:
    """Return the municipalities of a prefecture, their many polygons made one each.

    Editions differ: a designated city is in N03_003 and its ward in N03_004, or the city in
    N03_004 and the ward in N03_005, so that the city's name is taken from its code. Land that
    belongs to no municipality yet (所属未定地, no code) is left out; nobody lives on it.

    Parameters
    ----------
    found
        The N03 file, or several.
    pref_code
        Two digits; features of other prefectures are left out.

    Returns
    -------
    ReadResult
        Table ``municipalities`` with ``geometry`` (EPSG:6668), sorted by code. Rows are N03's
        features, of which a municipality has one per island.

    Raises
    ------
    InputError
        If a file cannot be read, lacks N03's columns or has nothing of the prefecture.
    """
    founds = [found] if isinstance(found, Found) else list(found)
    result = read_n03_of(founds, (pref_code,))
    if result.table.empty:
        names = ", ".join(f.label for f in founds)
        raise InputError(f"{names} has no municipality of prefecture {pref_code}.")
    return result


def read_n03_of(
    founds: Sequence[Found], pref_codes: Collection[str]
) -> ReadResult[gpd.GeoDataFrame]:
    """Return the municipalities of several prefectures, as :func:`read_n03` does of one.

    Prefectures that the files do not have are not missed.

    Raises
    ------
    InputError
        If a file cannot be read or lacks N03's columns.
    """
    frames = [read_vector(f, columns=_COLUMNS) for f in founds]
    for frame, one in zip(frames, founds, strict=True):
        missing = [c for c in (_MUNICIPALITY, _CODE) if c not in frame]
        if missing:
            raise InputError(
                f"{one.label} lacks the column(s) {', '.join(missing)} of N03; get the file as "
                "published."
            )
    features = pd.concat(
        [pd.DataFrame({column: text(frame, column) for column in _COLUMNS}) for frame in frames]
    )
    codes = features[_CODE].map(lambda code: to_code5(code) or "").to_numpy(dtype=object)
    polygons = _polygons(np.concatenate([f.geometry.to_numpy(dtype=object) for f in frames]))
    no_code = codes == ""
    other = ~no_code & np.array([code[:2] not in pref_codes for code in codes], dtype=bool)
    no_area = ~no_code & ~other & shapely.is_empty(polygons)
    keep = ~(no_code | other | no_area)
    table = _dissolved(features.loc[keep], codes[keep], polygons[keep])
    dropped = {
        NO_CODE: int(no_code.sum()),
        OTHER_PREFECTURE: int(other.sum()),
        NO_AREA: int(no_area.sum()),
    }
    return ReadResult(table, len(features), {k: n for k, n in dropped.items() if n})


def _dissolved(
    features: pd.DataFrame, codes: NDArray[np.object_], polygons: NDArray[np.object_]
) -> gpd.GeoDataFrame:
    """Return one row per code, with its name and the union of its polygons."""
    order = np.argsort(codes.astype(str), kind="stable")
    unique, first = np.unique(codes[order].astype(str), return_index=True)
    groups = np.split(polygons[order], first[1:]) if len(unique) else []
    named = features.iloc[order[first]]
    names = [
        _name(code, municipality, ward)
        for code, municipality, ward in zip(
            unique.tolist(), named[_MUNICIPALITY], named[_WARD], strict=True
        )
    ]
    table = pd.DataFrame(
        {
            MUNI_CODE: unique.astype(object),
            PREF_CODE: [c[:2] for c in unique],
            NAME: names,
            CITY_CODE: pd.Series([designated_city_of(c) for c in unique], dtype="str"),
        }
    )
    geometry = [_union(group) for group in groups]
    return gpd.GeoDataFrame(MUNICIPALITIES.conform(table), geometry=geometry, crs=JGD2011)


def _name(code: str, municipality: str, ward: str) -> str:
    """Return a municipality's name without its county; a ward's with its city's in front."""
    city_code = designated_city_of(code)
    if city_code is None:
        return municipality
    city = DESIGNATED_CITIES[city_code]
    part = ward or municipality
    return part if part.startswith(city) else city + part


def _polygons(geometry: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return valid (multi)polygons: what has an area in each geometry, empty if nothing has."""
    out = geometry.copy()
    out[shapely.is_missing(out)] = shapely.Polygon()
    out = np.asarray(shapely.make_valid(out), dtype=object)
    mixed = np.flatnonzero(~np.isin(shapely.get_type_id(out), (_POLYGON, _POLYGON + 3)))
    for at in mixed:
        parts = shapely.get_parts(shapely.get_parts(out[at]))
        areas = [p for p in parts if shapely.get_dimensions(p) == 2]
        out[at] = shapely.union_all(areas) if areas else shapely.Polygon()
    return out


def _union(polygons: NDArray[np.object_]) -> shapely.Geometry:
    """Return one valid geometry; a municipality that is one feature is left as it is."""
    return polygons[0] if len(polygons) == 1 else shapely.union_all(polygons)
