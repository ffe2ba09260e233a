"""What every measure needs: the people, the facilities and the ways between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.access.road import facilities_on, homes_on
from coverage_gis.coverage.areas import Areas, areas_of
from coverage_gis.network.model import Network
from coverage_gis.routing.footholds import facilities
from pipelines.stages.access import load_places, load_reaches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.access.places import Places
    from coverage_gis.access.reach import Reach, Way
    from coverage_gis.network.footholds import Footholds
    from coverage_gis.routing.footholds import Facilities
    from pipelines.stage import StageContext


@dataclass(frozen=True)
class Town:
    """What every measure needs."""

    origins: pd.DataFrame
    destinations: pd.DataFrame
    places: Places
    reaches: dict[Way, Reach]
    areas: Areas
    has_road: NDArray[np.bool_]
    metric: str
    asked: Facilities | None
    homes: Footholds | None


def town_of(ctx: StageContext) -> Town:
    """Return what the stages before have found."""
    origins = ctx.get("origins", "origins")
    destinations = ctx.get("destinations", "destinations")
    places = load_places(ctx.get("access", "places"))
    snaps = ctx.get("access", "snap")
    pref = ctx.options.pref
    areas = areas_of(
        origins,
        ctx.get("origins", "origin_areas"),
        pd.DataFrame(ctx.get("origins", "municipalities").drop(columns="geometry")),
        (pref.code, pref.name_ja),
    )
    has_road = np.ones(places.n_cells, dtype=bool)
    asked = homes = None
    if ctx.options.by_road:
        has_road = ~np.isnan(places.centres(snaps[schema.WALK]))
        network = Network.from_arrays(ctx.get("network", schema.WALK))
        rules = ctx.settings.network
        asked = facilities(network, facilities_on(network, destinations, rules))
        homes = homes_on(network, places, rules)
    return Town(
        origins,
        destinations,
        places,
        load_reaches(ctx.get("access", "reach"), ctx.settings),
        areas,
        has_road,
        schema.ROAD if ctx.options.by_road else schema.STRAIGHT,
        asked,
        homes,
    )
