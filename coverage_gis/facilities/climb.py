"""Who must climb to a shelter: its height against that of the homes of those who come.

What is counted is the height of the shelter above the home, not the ups and downs on the way;
these are in the walking time. Heights that are not known make people unknown, not level.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

_DECIMALS = 3


@dataclass(frozen=True)
class Climbs:
    """How far up people go, each row some people on their way to a shelter; (n_rows,).

    Attributes
    ----------
    place, shelter
        From where to which.
    people
        Who go.
    home_m
        Height of the home, metres above the sea; NaN where unknown.
    rise_m
        Height of the shelter above it; NaN where either is unknown.
    climbs
        Whether that is more than the limit.
    """

    place: Ints
    shelter: Ints
    people: Floats
    home_m: Floats
    rise_m: Floats
    climbs: Bools

    @property
    def unknown(self) -> Bools:
        """Whether a height is not known."""
        return np.isnan(self.rise_m)


def climbs(
    place: Ints,
    shelter: Ints,
    people: Floats,
    *,
    home_m: Floats,
    shelter_m: Floats,
    more_than_m: float,
) -> Climbs:
    """Return who goes up how far.

    Parameters
    ----------
    place, shelter
        ``(n_rows,)`` ways; a shelter of -1 is none, and left out.
    people
        ``(n_rows,)`` who take each way.
    home_m, shelter_m
        ``(n_places,)`` and ``(n_shelters,)`` metres above the sea; NaN where unknown.
    more_than_m
        Those climb whose shelter lies higher than this above their home.
    """
    on = (shelter >= 0) & (people > 0)
    place, shelter = place[on], shelter[on]
    rise = shelter_m[shelter] - home_m[place]
    return Climbs(place, shelter, people[on], home_m[place], rise, rise > more_than_m)


def climb_columns(found: Climbs, asked: Bools, who: str) -> dict[str, Floats]:
    """Return columns of the shelters: heights of homes, metres up, people who climb.

    Parameters
    ----------
    asked
        ``(n_shelters,)`` whether a road leads there and heights are at hand; all is null where not.
    who
        "nearest" or "assigned": the end, or part, of the columns' names.

    Notes
    -----
    Means are over the people whose rise is known, downhill counting as 0 metres up; null where it
    is known of nobody. ``people_climbing_*`` is null where it is known of none of those who come.
    """
    known = ~found.unknown
    n = len(asked)

    def sums(on: Bools, values: Floats) -> Floats:
        return np.bincount(found.shelter[on], values[on], minlength=n).astype(np.float64)

    of_known, hazy = sums(known, found.people), sums(~known, found.people)
    nobody_knows = (of_known == 0) & (hazy > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        home = np.where(of_known > 0, sums(known, found.people * found.home_m) / of_known, np.nan)
        up = sums(known, found.people * np.maximum(found.rise_m, 0.0)) / of_known
        up = np.where(of_known > 0, up, np.nan)
    columns = {
        f"mean_home_height_{who}_m": home,
        f"mean_climb_{who}_m": up,
        f"people_climbing_{who}": np.where(nobody_knows, np.nan, sums(found.climbs, found.people)),
        f"people_height_unknown_{who}": hazy,
    }
    return {k: np.where(asked, v.round(_DECIMALS), np.nan) for k, v in columns.items()}


def climb_shares(found: Climbs, people: Floats, per_cell: int) -> dict[str, Floats]:
    """Return ``(n_cells,)`` shares of each cell's people who climb, and of unknown heights.

    Parameters
    ----------
    found
        From places that are the points of cells, cell by cell.
    people
        ``(n_places,)`` who are evacuated; shares are 0 where nobody is.
    per_cell
        Points of a cell.
    """
    whole = people.reshape(-1, per_cell).sum(axis=1)

    def share(on: Bools) -> Floats:
        sums = np.bincount(found.place[on], found.people[on], minlength=len(people))
        with np.errstate(invalid="ignore", divide="ignore"):
            part = sums.reshape(-1, per_cell).sum(axis=1) / whole
        return np.where(whole > 0, part, 0.0)

    return {"climbing": share(found.climbs), "height_unknown": share(found.unknown)}
