"""Time the assignment under capacity on generated towns: ``python benchmarks/shelters.py``.

Homes cluster in towns of 80 × 60 km, shelters stand among them, all pairs within 2 km count.
``room`` is the capacity of all shelters over the people.
"""

from __future__ import annotations

import time

import numpy as np
from scipy.spatial import cKDTree

from coverage_gis.facilities.assignment import assign

CASES = [(20_000, 1_000, 0.3), (20_000, 1_000, 1.1)]
CASES += [(70_000, 3_000, room) for room in (0.3, 1.1, 3.0)]


def town(n: int, m: int, room: float) -> tuple[np.ndarray, ...]:
    """Return pairs, ways, people and capacities."""
    rng = np.random.default_rng(1)
    centres = rng.uniform(0, 1, (60, 2)) * [80_000, 60_000]
    homes = centres[rng.integers(0, 60, n)] + rng.normal(0, 4_000, (n, 2))
    shelters = homes[rng.integers(0, n, m)] + rng.normal(0, 300, (m, 2))
    people = rng.integers(1, 60, n).astype(np.float64)
    capacity = rng.lognormal(5.5, 0.8, m)
    capacity = np.round(capacity * room * people.sum() / capacity.sum())
    near = cKDTree(homes).sparse_distance_matrix(cKDTree(shelters), 2_000, output_type="coo_matrix")
    pairs = near.row.astype(np.int64), near.col.astype(np.int64)
    return *pairs, near.data.astype(np.float64), people, capacity


if __name__ == "__main__":
    assign(*town(100, 10, 1.0))  # compiled once
    for n, m, room in CASES:
        given = town(n, m, room)
        start = time.process_time()
        found = assign(*given)
        seconds, short = time.process_time() - start, found.unassigned.sum() / given[3].sum()
        print(
            f"{n:,} places, {m:,} shelters, {len(given[0]):,} pairs, room {room:g}: "
            f"{seconds:.1f} s, {short:.1%} without room"
        )
