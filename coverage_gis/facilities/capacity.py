"""What each shelter holds, as published: people, floor area, and which data set says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from coverage_gis import schema
from coverage_gis.facilities.merge import SEPARATOR

if TYPE_CHECKING:
    from coverage_gis.settings import Sphere

PUBLISHED: Final = "published"
FROM_AREA: Final = "floor_area"
UNKNOWN: Final = schema.UNKNOWN

BASIS: Final = "capacity_basis"
CAPACITY_SOURCE: Final = "capacity_source"
AREA_M2: Final = "floor_area_m2"
CAPACITY_SPHERE: Final = "capacity_sphere"


def with_capacity(shelters: pd.DataFrame, space: pd.DataFrame, sphere: Sphere) -> pd.DataFrame:
    """Return the shelters with their capacity, where it comes from, and their floor area.

    A shelter is known by several ids once data sets have been merged by place and name; the first
    of them that a capacity is published for gives it, and the first with an area gives that.

    Parameters
    ----------
    shelters
        ``DESTINATIONS`` of shelters.
    space
        ``source_id, capacity, area_m2, source, edition``.
    sphere
        For a capacity from the floor area where no capacity is published.

    Returns
    -------
    The shelters in their order, with ``capacity`` (people, NaN where neither is published),
    ``capacity_basis`` ("published", "floor_area", "unknown"), ``capacity_source`` (data set and
    edition, of the area where that is the basis), ``floor_area_m2`` and ``capacity_sphere`` (whole
    people on the floor area).
    """
    out = shelters.reset_index(drop=True)
    exploded = out[schema.SOURCE_IDS].str.split(SEPARATOR, regex=False).explode()
    ids = pd.DataFrame({"row": exploded.index, "source_id": exploded.to_numpy(dtype=object)})
    found = ids.merge(space, on="source_id", how="inner").sort_values("row", kind="stable")
    found["about"] = (found["source"] + " " + found["edition"]).str.strip()
    held = found.dropna(subset=["capacity"]).drop_duplicates("row").set_index("row")
    floor = found.dropna(subset=["area_m2"]).drop_duplicates("row").set_index("row")
    published = held["capacity"].reindex(out.index).astype("float64")
    # A file read without its space, as a plain list of destinations: its capacity still counts.
    published = published.fillna(out[schema.CAPACITY])
    area = floor["area_m2"].reindex(out.index).astype("float64")
    on_area = area.floordiv(sphere.area_m2_per_person)
    basis = pd.Series(UNKNOWN, index=out.index, dtype="str")
    basis = basis.mask(on_area.notna(), FROM_AREA).mask(published.notna(), PUBLISHED)
    about = held["about"].reindex(out.index).astype("str")
    about = about.where(published.notna(), floor["about"].reindex(out.index).astype("str"))
    out[schema.CAPACITY] = published.fillna(on_area)
    out[BASIS], out[CAPACITY_SOURCE] = basis, about
    out[AREA_M2], out[CAPACITY_SPHERE] = area, on_area
    return out
