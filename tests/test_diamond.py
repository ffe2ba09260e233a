"""Coverage of a grid city with one shop is a diamond, known on paper."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from network_reference import shipped_settings
from test_routing_grid import EASTWARD_M, NORTHWARD_M, SOUTH, STEP, WEST, N, city

from coverage_gis import schema
from coverage_gis.access.places import Places
from coverage_gis.access.road import road_access
from coverage_gis.coverage.areas import Areas, coverage_table, rates_of
from coverage_gis.coverage.covered import covered_share

MIDDLE = N // 2


def rate(cutoff_m: float, x: np.ndarray, y: np.ndarray) -> float:
    """The share of people within the cutoff, one at each place (in steps from the corner)."""
    lon, lat = WEST + STEP * x, SOUTH + STEP * y
    n = len(lon)
    centre = ([WEST + STEP * MIDDLE], [SOUTH + STEP * MIDDLE])
    places = Places(
        np.append(centre[0], lon), np.append(centre[1], lat), 1, n, np.array([10_000.0])
    )
    shop = pd.DataFrame({"lon": centre[0], "lat": centre[1]})
    found = road_access(
        city(schema.WALK), shop, {"shop": np.array([0])}, places, shipped_settings().network
    )
    share = covered_share(places, found.reach["shop"], cutoff_m, "m", by_subpoints=True)
    table = pd.DataFrame({"area_level": ["prefecture"], "area_code": ["00"], "area_name": ["県"]})
    one = np.zeros(1, dtype=np.int64)
    rows = coverage_table(
        [
            rates_of(
                Areas(table, one, one, one, {"total": np.array([float(n)])}),
                share,
                np.array([schema.OK], dtype=object),
                np.array([True]),
                {},
            )
        ]
    )
    return float(rows["coverage_rate"].item())


# a step north and a step east differ: the cutoff lies between what k steps take
LONG_M, SHORT_M = NORTHWARD_M, min(EASTWARD_M.values())


@pytest.mark.parametrize("steps", range(MIDDLE))
def test_junctions_within_k_steps_are_a_diamond(steps: int) -> None:
    """2 k^2 + 2 k + 1 junctions are within k steps; a little less, and the outermost are not."""
    x, y = (v.ravel().astype(float) for v in np.meshgrid(np.arange(N), np.arange(N)))
    cutoff = steps * LONG_M + 0.1
    assert cutoff < (steps + 1) * SHORT_M
    assert rate(cutoff, x, y) == pytest.approx((2 * steps**2 + 2 * steps + 1) / N**2, abs=1e-12)
    if steps:
        fewer = 2 * (steps - 1) ** 2 + 2 * (steps - 1) + 1
        assert rate(steps * SHORT_M - 0.1, x, y) == pytest.approx(fewer / N**2, abs=1e-12)


@pytest.mark.parametrize("cutoff_m", [100.0, 250.0, 400.0])
def test_along_the_streets_the_share_is_that_of_the_diamond(cutoff_m: float) -> None:
    """People evenly along all streets: within d are 2 (d - j b) of a street j steps away.

    With a metres a step east and b north: a street that runs east, j steps north of the shop's
    own, lies in the diamond for d - j b to either side; likewise those that run north.
    """
    parts = 100
    along = (np.arange(parts) + 0.5) / parts
    x0, y0 = (v.ravel() for v in np.meshgrid(np.arange(N - 1), np.arange(N)))
    run, street = (x0[:, None] + along).ravel(), np.repeat(y0, parts)
    a, b = EASTWARD_M[SOUTH + STEP * MIDDLE], NORTHWARD_M
    assert cutoff_m < MIDDLE * a
    away = np.arange(-MIDDLE, MIDDLE + 1)
    pieces = sum(
        float((2 * np.maximum(cutoff_m - np.abs(away) * across, 0) / length).sum())
        for length, across in ((a, b), (b, a))
    )
    expected = pieces / (2 * N * (N - 1))
    found = rate(cutoff_m, np.append(run, street), np.append(street, run))
    assert found == pytest.approx(expected, rel=0.01)
