"""What run.json says of the components of a network, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from coverage_gis.access.components import Components

# Four components: a lane of 40 m, the main one, a road of exactly a kilometre, one of 99.96 m.
LENGTH_M = np.array([40.06, 12_345.0, 1000.0, 99.96])
FIRST = np.array([0, 1, 2, 2, 3, -1, 0])
SECOND = np.array([1, -1, 0, -1, -1, -1, 3])
PEOPLE = np.array([5.0, 100, 20, 40, 9, 1, 2])
JOINED = FIRST >= 0
MADE = Components(
    length_m=LENGTH_M,
    nodes=np.array([2, 500, 30, 4]),
    gap=np.array([True, False, False, False]),
    cells=np.bincount(FIRST[JOINED], minlength=4),
    people=np.bincount(FIRST[JOINED], PEOPLE[JOINED], minlength=4),
    lacking={
        "shop": np.array([True, False, False, True]),
        "clinic": np.array([True, False, True, True]),
        "airport": np.ones(4, dtype=bool),
    },
    first=FIRST,
    second=SECOND,
    cell_people=PEOPLE,
    place=np.array([[137.0000049, 36.0], [137.1, 36.1], [137.2, 36.2], [137.3, 36.3]]),
)


@pytest.mark.parametrize(
    ("service", "people"),
    [
        ("shop", 9 + 2),  # the first reaches the main one, the last two lanes without
        ("clinic", 20 + 40 + 9 + 2),
        ("airport", 176),  # all but the one who is on no road
    ],
)
def test_people_lack_what_neither_of_their_footholds_leads_to(service: str, people: float) -> None:
    assert MADE.people_lacking(service) == people


def test_the_record_is_of_everybody_on_a_road() -> None:
    record = MADE.record()
    assert record["components"] == 4
    assert record["gaps_in_the_map"] == 1
    assert record["people_on_the_main_one"] == 100
    assert record["people_on_others"] == 76
    assert record["people_on_others_near_a_larger_one"] == 5 + 20 + 2
    assert record["people_whose_components_lack"] == {"shop": 11, "clinic": 71}


def test_lengths_are_told_by_decades_from_their_lower_end() -> None:
    assert MADE.record()["by_length"] == [
        {"below_m": 100.0, "components": 2, "cells": 3, "people": 16.0},
        {"below_m": 10_000.0, "components": 1, "cells": 2, "people": 60.0},
        {"below_m": 100_000.0, "components": 1, "cells": 1, "people": 100.0},
    ]
    alone = replace(MADE, length_m=np.array([1.0, 1000.0, 0.5, 0.0]))
    assert [(b["below_m"], b["components"]) for b in alone.record()["by_length"]] == [
        (100.0, 3),
        (10_000.0, 1),
    ]


def test_the_most_people_come_first_and_the_main_one_is_not_listed() -> None:
    listed = MADE.record()["most_people"]
    assert [one["people"] for one in listed] == [60, 9, 7]
    assert listed[0] == {
        "length_m": 1000.0,
        "nodes": 30,
        "near_lon_lat": [137.2, 36.2],
        "cells": 2,
        "people": 60.0,
        "lacking": ["clinic", "airport"],
    }
    assert listed[2]["length_m"] == 40.1
    assert listed[2]["near_lon_lat"] == [137.0, 36.0]


def test_at_most_ten_are_listed_and_none_without_cells() -> None:
    n = 15
    first = np.arange(n - 1)
    many = replace(
        MADE,
        length_m=np.append(np.ones(n - 1), 99.0),
        nodes=np.ones(n, dtype=np.int64),
        gap=np.zeros(n, dtype=bool),
        cells=np.append(np.ones(n - 1, dtype=np.int64), 0),
        people=np.append(np.arange(n - 1.0), 0),
        lacking={},
        first=first,
        second=np.full(n - 1, -1),
        cell_people=np.arange(n - 1.0),
        place=np.zeros((n, 2)),
    )
    assert [one["people"] for one in many.record()["most_people"]] == list(range(13, 3, -1))
    empty = replace(many, cells=np.zeros(n, dtype=np.int64))
    assert empty.record()["most_people"] == []
