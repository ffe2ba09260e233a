"""Which secondary medical area (二次医療圏) each municipality belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from coverage_gis import schema

if TYPE_CHECKING:
    import geopandas as gpd

MEDICAL_AREA_CODE: Final = "medical_area_code"
COLUMNS: Final = (schema.MUNI_CODE, MEDICAL_AREA_CODE, schema.NAME)


def medical_area_of(
    municipalities: gpd.GeoDataFrame, medical_areas: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return the medical area of each municipality or ward: the one it overlaps most.

    Medical areas are made of whole municipalities; editions and generalised outlines differ, so
    that outlines never quite agree. Overlap is compared in square degrees, within one municipality.

    Parameters
    ----------
    municipalities
        ``muni_code`` and valid polygons, degrees.
    medical_areas
        ``medical_area_code``, ``name`` and valid polygons, degrees; neighbours' too.

    Returns
    -------
    DataFrame
        ``muni_code, medical_area_code, name``, sorted by municipality; one that no area overlaps
        is not there.
    """
    if municipalities.empty or medical_areas.empty:
        return pd.DataFrame({name: pd.Series(dtype="str") for name in COLUMNS})
    homes = municipalities.sort_values(schema.MUNI_CODE, ignore_index=True)
    areas = medical_areas.sort_values(MEDICAL_AREA_CODE, ignore_index=True)
    shapes, outlines = homes.geometry.to_numpy(), areas.geometry.to_numpy()
    home, area = shapely.STRtree(outlines).query(shapes, predicate="intersects")
    shared = shapely.area(shapely.intersection(shapes[home], outlines[area]))
    home, area, shared = (values[shared > 0] for values in (home, area, shared))
    best = np.lexsort((area, -shared, home))
    _, first = np.unique(home[best], return_index=True)
    chosen = best[first]
    return pd.DataFrame(
        {
            schema.MUNI_CODE: homes[schema.MUNI_CODE].to_numpy()[home[chosen]],
            MEDICAL_AREA_CODE: areas[MEDICAL_AREA_CODE].to_numpy()[area[chosen]],
            schema.NAME: areas[schema.NAME].to_numpy()[area[chosen]],
        }
    ).astype("str")
