"""One-way traps: people who can walk to what they cannot drive to, all roads being joined."""

from __future__ import annotations

import numpy as np

from coverage_gis.access.components import Components
from coverage_gis.access.reach import Reach
from coverage_gis.access.traps import one_way_traps

NAN = float("nan")


def reach(*metres: float) -> Reach:
    m = np.array(metres)
    return Reach(np.where(np.isnan(m), -1, 0), m, m)


def parts(lacking: dict[str, list[bool]]) -> Components:
    """Five cells of 1, 2, 4, 8 and 16 people: three on the main component, one on an islet, one
    without a road."""
    return Components(
        length_m=np.array([50.0, 900.0]),
        nodes=np.array([2, 40]),
        gap=np.zeros(2, dtype=bool),
        cells=np.array([1, 3]),
        people=np.array([8.0, 7.0]),
        lacking={k: np.array(v) for k, v in lacking.items()},
        first=np.array([1, 1, 1, 0, -1]),
        second=np.full(5, -1),
        cell_people=np.array([1.0, 2, 4, 8, 16]),
        place=np.zeros((2, 2)),
    )


def test_only_those_on_the_main_roads_who_can_walk_are_caught() -> None:
    """Cell 1 can walk to the shop and not drive; cell 2 can do neither; others are elsewhere."""
    drive = {"shop": reach(5, NAN, NAN, NAN, NAN), "station": reach(9, 9, NAN, NAN, NAN)}
    walk = {"shop": reach(5, 7, NAN, 7, NAN), "station": reach(9, 9, 9, 9, 9)}
    found = one_way_traps(drive, walk, parts({"shop": [True, False], "station": [True, False]}))
    assert found.cells.tolist() == [False, True, True, False, False]
    assert found.by_service == {"shop": 2, "station": 4}
    assert found.record() == {"cells": 2, "people": 6, "people_by_service": found.by_service}


def test_what_the_main_roads_lack_is_no_trap_nor_what_only_one_mode_asks_for() -> None:
    drive = {"hospital": reach(NAN, NAN, NAN, NAN, NAN), "er": reach(NAN, NAN, NAN, NAN, NAN)}
    walk = {"hospital": reach(1, 1, 1, 1, 1), "stop": reach(1, 1, 1, 1, 1)}
    lacking = {"hospital": [False, True], "er": [True, False]}
    found = one_way_traps(drive, walk, parts(lacking))
    assert not found.cells.any()
    assert found.record() == {"cells": 0, "people": 0, "people_by_service": {}}
