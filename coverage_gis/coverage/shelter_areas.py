"""Room in shelters by municipality: who finds it, who does not, for whom nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from coverage_gis import schema
from coverage_gis.facilities.capacity import AREA_M2
from coverage_gis.facilities.sphere import PEOPLE_DECIMALS, sphere_needs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from coverage_gis.coverage.areas import Areas
    from coverage_gis.facilities.refuge import Refuge
    from coverage_gis.settings import Sphere

    Floats = NDArray[np.float64]

OUTCOMES: Final = ("with_room", "unknown", "short", "out_of_reach")
"""What becomes of those who are evacuated; each of them is in exactly one."""
BOUNDS: Final = ("short_at_least", "short_at_most")
"""People without room if the shelters of unknown capacity held everybody, or nobody."""
CLIMBS: Final = ("climbing", "height_unknown")
"""People who go up to the shelter they are assigned to, and of whom a height is unknown."""
_ALL_UNKNOWN: Final = 1 - 1e-9


def cell_shares(found: Refuge, people: Floats, per_cell: int) -> dict[str, Floats]:
    """Return, by outcome, the ``(n_cells,)`` share of each cell's people; 0 where nobody is.

    Parameters
    ----------
    found
        Of places that are the points of cells, cell by cell.
    people
        ``(n_places,)`` who are evacuated.
    per_cell
        Points of a cell.
    """
    whole = people.reshape(-1, per_cell).sum(axis=1)

    def share(values: Floats) -> Floats:
        sums = values.reshape(-1, per_cell).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(whole > 0, sums / whole, 0.0)

    shares = {name: share(getattr(found, name)) for name in OUTCOMES}
    return shares | {name: share(getattr(found, name)) for name in BOUNDS}


def cell_outcomes(shares: Mapping[str, Floats], has_road: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Return the outcome of most of each cell's people, the worse on a tie; "no_road" without."""
    worst_first = ("out_of_reach", "short", "unknown", "with_room")
    table = np.stack([shares[name] for name in worst_first])
    most = np.array(worst_first, dtype=object)[table.argmax(axis=0)]
    most[~has_road] = schema.NO_ROAD
    return np.asarray(most, dtype=object)


def shelter_areas(
    areas: Areas,
    shares: Mapping[str, Floats],
    has_road: NDArray[np.bool_],
    shelters: pd.DataFrame,
    *,
    evacuating_share: float,
    sphere: Sphere,
    city_of: Mapping[str, str],
    labels: Mapping[str, str | int | None],
) -> pd.DataFrame:
    """Return people by outcome, and what shelters there are, by area and age group.

    Parameters
    ----------
    areas, has_road
        As for :func:`coverage_gis.coverage.areas.rates_of`.
    shares
        From :func:`cell_shares`, and from :func:`coverage_gis.facilities.climb.climb_shares`;
        without the latter, as where no heights are at hand, their columns are null.
    shelters
        Of :func:`coverage_gis.facilities.capacity.with_capacity` with ``muni_code`` (null outside).
    evacuating_share
        Share of the residents who are evacuated.
    sphere
        For what they need.
    city_of
        Ward -> its designated city.
    labels
        Columns that are the same in all rows.

    Notes
    -----
    ``people_with_room``, ``people_short`` and its bounds are null where nobody of the area is
    nearest to a shelter of known capacity: unknown is not zero; so is ``people_climbing`` where the
    height of all who go to a shelter is unknown. Shelters and needs stand in the
    rows of the age group "total" alone.
    """
    counted = has_road[areas.cell]
    frames = []
    for group, people in areas.people.items():
        frame = areas.table.copy().assign(**labels)
        frame["evacuating_share"] = evacuating_share
        frame[schema.AGE_GROUP] = group
        frame[schema.POPULATION] = areas.total(people)
        on_road = np.where(counted, people, 0.0)
        frame[schema.POPULATION_NO_ROAD] = areas.total(people) - areas.total(on_road)
        evacuating = on_road * evacuating_share
        frame["people_evacuating"] = areas.total(evacuating).round(PEOPLE_DECIMALS)
        for name, share in shares.items():
            people_of = areas.total(evacuating * share[areas.cell])
            frame[f"people_{name}"] = people_of.round(PEOPLE_DECIMALS)
        for name in CLIMBS:
            if name not in shares:
                frame[f"people_{name}"] = np.nan
        frames.append(_unknown_is_null(frame))
    out = pd.concat(frames, ignore_index=True)
    stock = _stock(areas.table, shelters, city_of)
    for column in stock:
        values = stock[column].to_numpy(dtype=np.float64)
        out[column] = np.nan
        out.loc[: len(values) - 1, column] = values
    needs = sphere_needs(out["people_evacuating"], sphere)
    total = out[schema.AGE_GROUP] == "total"
    return pd.concat([out, needs.where(total)], axis=1)


def _unknown_is_null(frame: pd.DataFrame) -> pd.DataFrame:
    everybody = frame["people_evacuating"].to_numpy()
    near = everybody - frame["people_out_of_reach"].to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        frame["unknown_rate"] = np.where(everybody > 0, frame["people_unknown"] / everybody, np.nan)
        known = frame["people_with_room"] / everybody
        frame["with_room_rate"] = np.where(everybody > 0, known, np.nan)
    nobody_knows = (near > 0) & (frame["people_unknown"].to_numpy() >= near * _ALL_UNKNOWN)
    hidden = ["people_with_room", "people_short", "with_room_rate"]
    hidden += [f"people_{name}" for name in BOUNDS]
    comes = frame["people_with_room"].to_numpy() + frame["people_unknown"].to_numpy()
    hazy = (comes > 0) & (frame["people_height_unknown"].to_numpy() >= comes * _ALL_UNKNOWN)
    frame.loc[nobody_knows, hidden] = np.nan
    frame.loc[hazy, "people_climbing"] = np.nan
    return frame


def _stock(table: pd.DataFrame, shelters: pd.DataFrame, city_of: Mapping[str, str]) -> pd.DataFrame:
    """Return how many shelters lie in each area and what is known of them."""
    inside = shelters[shelters[schema.MUNI_CODE].notna()]
    facts = pd.DataFrame(
        {
            "shelters": 1.0,
            "shelters_capacity_known": inside[schema.CAPACITY].notna().astype("float64"),
            "shelters_area_known": inside[AREA_M2].notna().astype("float64"),
            "capacity_known": inside[schema.CAPACITY],
            "floor_area_known_m2": inside[AREA_M2],
        }
    )
    code = inside[schema.MUNI_CODE].astype("str")
    prefecture = table.loc[table[schema.AREA_LEVEL] == schema.PREFECTURE, schema.AREA_CODE]
    keys = {
        schema.PREFECTURE: pd.Series(str(prefecture.iloc[0]), index=code.index, dtype="str"),
        schema.MUNICIPALITY: code.map(lambda c: city_of.get(c, c)).astype("str"),
        schema.WARD: code,
    }
    sums = {level: facts.groupby(key).sum(min_count=1) for level, key in keys.items()}
    rows = [
        sums[level].reindex([area])
        for level, area in zip(table[schema.AREA_LEVEL], table[schema.AREA_CODE], strict=True)
    ]
    counts = ["shelters", "shelters_capacity_known", "shelters_area_known"]
    return pd.concat(rows, ignore_index=True).fillna(dict.fromkeys(counts, 0.0))
