"""Which official numbers of stores a run's stores are set beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coverage_gis import schema
from coverage_gis.codes import prefecture
from coverage_gis.coverage.completeness import area_of_places, by_service
from coverage_gis.sources.store_counts import official_stores

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.stage import StageContext


def official_of(ctx: StageContext) -> pd.DataFrame:
    """Return the official numbers; none for a made-up place, without borders or without stores."""
    official = official_stores()
    known = ctx.get("destinations", "destinations")[schema.SERVICE].isin(official[schema.SERVICE])
    made_up = ctx.options.pref.code == prefecture.DEMO
    if made_up or ctx.get("origins", "municipalities").empty or not known.any():
        return official.iloc[:0]
    return official


def store_completeness(ctx: StageContext) -> dict[str, float]:
    """Return service -> stores in the run per official store, where there is an official number."""
    official = official_of(ctx)
    if official.empty:
        return {}
    destinations = ctx.get("destinations", "destinations")
    lon, lat = (destinations[c].to_numpy(dtype=np.float64) for c in (schema.LON, schema.LAT))
    return by_service(
        official,
        destinations,
        area_of_places(lon, lat, ctx.get("origins", "municipalities")),
        pref_code=ctx.options.pref.code,
        members={s.name: s.any_of or (s.name,) for s in ctx.settings.services.values()},
    )
