"""Who may use a way, and how fast."""

from __future__ import annotations

import math

import pytest
from network_reference import shipped_settings

from coverage_gis import schema
from coverage_gis.network.profile import way_use
from coverage_gis.network.tags import duration_s, speed_m_per_s

NETWORK = shipped_settings().network
RESIDENTIAL_M_S = 20 / 3.6


def directions(mode: str, **tags: str) -> tuple[bool, bool]:
    named = {key.replace("__", ":"): value for key, value in tags.items()}
    use = way_use([named], NETWORK, mode)
    return bool(use.forward[0]), bool(use.backward[0])


@pytest.mark.parametrize(
    ("value", "km_per_h"),
    [
        ("50", 50),
        ("50 km/h", 50),
        ("60 kmh", 60),
        ("30 mph", 48.28032),
        ("30mph", 48.28032),
        ("10 knots", 18.52),
        ("50;40", 40),
        ("7.5", 7.5),
        *[(junk, None) for junk in ("none", "walk", "signals", "JP:urban", "", "0", "-5", "50?")],
        (None, None),
    ],
)
def test_maxspeed(value: str | None, km_per_h: float | None) -> None:
    speed = speed_m_per_s(value)
    assert speed == (None if km_per_h is None else pytest.approx(km_per_h / 3.6))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("90", 5400),
        ("0:25", 1500),
        ("01:30", 5400),
        ("01:30:30", 5430),
        ("PT1H30M", 5400),
        ("PT45M", 2700),
        ("P1DT1H", 90000),
        *[(junk, None) for junk in ("", "0", "00:00", "P", "soon", "1h", None)],
    ],
)
def test_duration(value: str | None, seconds: float | None) -> None:
    assert duration_s(value) == seconds


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, (True, True)),
        ({"oneway": "yes"}, (True, False)),
        ({"oneway": "true"}, (True, False)),
        ({"oneway": "1"}, (True, False)),
        ({"oneway": "-1"}, (False, True)),
        ({"oneway": "reverse"}, (False, True)),
        ({"oneway": "no"}, (True, True)),
        ({"oneway": "reversible"}, (True, True)),
        ({"junction": "roundabout"}, (True, False)),
        ({"junction": "circular"}, (True, False)),
        ({"junction": "roundabout", "oneway": "no"}, (True, True)),
        ({"highway": "motorway"}, (True, False)),
        ({"highway": "motorway_link"}, (True, True)),
        ({"highway": "motorway_link", "oneway": "yes"}, (True, False)),
        ({"access": "no"}, (False, False)),
        ({"access": "destination"}, (True, True)),
        ({"access": "private", "motor_vehicle": "yes"}, (True, True)),
        ({"access": "yes", "vehicle": "no"}, (False, False)),
        ({"motor_vehicle": "private", "motorcar": "yes"}, (True, True)),
        ({"motor_vehicle": "agricultural"}, (False, False)),
        ({"highway": "footway"}, (False, False)),
        ({"highway": "track"}, (False, False)),
        ({"highway": "construction"}, (False, False)),
        ({"highway": "trunk", "motorroad": "yes"}, (True, True)),
        # https://wiki.openstreetmap.org/wiki/Key:oneway: "-1" turns an implied direction round
        ({"junction": "roundabout", "oneway": "-1"}, (False, True)),
        # https://wiki.openstreetmap.org/wiki/Tag:highway=pedestrian, =steps, =cycleway
        *[({"highway": kind}, (False, False)) for kind in ("pedestrian", "steps", "cycleway")],
        # https://wiki.openstreetmap.org/wiki/Conditional_restrictions: not read, so open
        ({"motor_vehicle:conditional": "no @ (07:00-09:00)"}, (True, True)),
        # https://wiki.openstreetmap.org/wiki/Key:foot says nothing of cars
        ({"foot": "no"}, (True, True)),
    ],
)
def test_cars(tags: dict[str, str], expected: tuple[bool, bool]) -> None:
    assert directions(schema.DRIVE, **({"highway": "residential"} | tags)) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"oneway": "yes"}, (True, True)),
        ({"oneway": "yes", "oneway__foot": "yes"}, (True, False)),
        ({"oneway__foot": "-1"}, (False, True)),
        ({"highway": "steps"}, (True, True)),
        ({"highway": "steps", "conveying": "forward"}, (True, False)),
        ({"highway": "steps", "conveying": "reversible"}, (True, True)),
        ({"highway": "motorway"}, (False, False)),
        ({"highway": "trunk"}, (True, True)),
        ({"highway": "trunk", "motorroad": "yes"}, (False, False)),
        ({"highway": "trunk", "motorroad": "yes", "foot": "yes"}, (True, True)),
        ({"foot": "no"}, (False, False)),
        ({"foot": "use_sidepath"}, (False, False)),
        ({"access": "private"}, (False, False)),
        ({"access": "no", "foot": "designated"}, (True, True)),
        ({"motor_vehicle": "no"}, (True, True)),
        # https://wiki.openstreetmap.org/wiki/Key:oneway: it is for vehicles, on footways too
        *[
            ({"highway": kind, "oneway": value}, (True, True))
            for kind in ("footway", "path", "cycleway", "pedestrian")
            for value in ("yes", "-1")
        ],
        ({"highway": "footway", "oneway": "yes", "oneway__foot": "yes"}, (True, False)),
        ({"highway": "cycleway", "oneway__foot": "no", "oneway": "yes"}, (True, True)),
        ({"junction": "roundabout"}, (True, True)),
        ({"junction": "circular", "oneway": "yes"}, (True, True)),
        # https://wiki.openstreetmap.org/wiki/Key:access: the nearer key decides
        ({"vehicle": "no", "access": "yes"}, (True, True)),
        ({"access": "no"}, (False, False)),
        ({"access": "destination"}, (True, True)),
        ({"foot": "private", "access": "yes"}, (False, False)),
        # https://wiki.openstreetmap.org/wiki/Conditional_restrictions: not read, so open
        ({"foot:conditional": "no @ (22:00-06:00)"}, (True, True)),
    ],
)
def test_walkers(tags: dict[str, str], expected: tuple[bool, bool]) -> None:
    assert directions(schema.WALK, **({"highway": "residential"} | tags)) == expected


@pytest.mark.parametrize(
    ("tags", "walk", "drive"),
    [
        ({}, True, True),
        ({"foot": "yes"}, True, False),
        ({"foot": "yes", "motor_vehicle": "yes"}, True, True),
        ({"foot": "yes", "access": "yes"}, True, False),
        ({"motor_vehicle": "no"}, True, False),
        ({"foot": "no", "motorcar": "yes"}, False, True),
        ({"access": "private"}, False, False),
    ],
)
def test_ferries(tags: dict[str, str], walk: bool, drive: bool) -> None:
    ferry = {"route": "ferry"} | tags
    assert directions(schema.WALK, **ferry) == (walk, walk)
    assert directions(schema.DRIVE, **ferry) == (drive, drive)


def test_a_one_way_ferry_binds_everybody() -> None:
    for mode in (schema.WALK, schema.DRIVE):
        assert directions(mode, route="ferry", oneway="yes") == (True, False)


def test_a_limit_lowers_the_class_speed_and_never_raises_it() -> None:
    tagsets = [
        {"highway": "residential", "maxspeed": "10"},
        {"highway": "residential", "maxspeed": "60"},
        {"highway": "residential", "maxspeed": "nonsense"},
        {"highway": "residential", "maxspeed": "15", "maxspeed:backward": "10"},
    ]
    use = way_use(tagsets, NETWORK, schema.DRIVE)
    expected = [10 / 3.6, RESIDENTIAL_M_S, RESIDENTIAL_M_S, 15 / 3.6]
    assert use.forward_m_per_s.tolist() == pytest.approx(expected)
    assert use.backward_m_per_s[3] == pytest.approx(10 / 3.6)


def test_nobody_steps_onto_motorways_and_ferries() -> None:
    tagsets = [{"highway": "motorway"}, {"route": "ferry"}, {"highway": "primary"}]
    assert way_use(tagsets, NETWORK, schema.DRIVE).snappable.tolist() == [False, False, True]


def test_a_ferrys_duration_is_kept_apart_from_its_speed() -> None:
    use = way_use([{"route": "ferry", "duration": "0:20"}, {"route": "ferry"}], NETWORK, "walk")
    assert use.duration_s[0] == 1200
    assert math.isnan(use.duration_s[1])
    assert use.forward_m_per_s.tolist() == pytest.approx([15 / 3.6, 15 / 3.6])


def test_no_tag_sets_no_use() -> None:
    assert len(way_use([], NETWORK, schema.WALK).forward) == 0
