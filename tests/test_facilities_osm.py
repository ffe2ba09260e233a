from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gis.crs import metres_per_degree
from coverage_gis.facilities.from_osm import classify
from coverage_gis.settings import Service

LAT = 36.7
PER_LON = float(metres_per_degree(LAT)[0])
SHOP, CHEMIST = ("shop", "supermarket"), ("shop", "chemist")


def service(name: str, *osm: tuple[str, str], any_of: tuple[str, ...] = ()) -> Service:
    return Service(
        name=name,
        label_ja=name,
        label_en=name,
        theme="shopping",
        osm=osm,
        sources=(("osm",),) if osm else (),
        any_of=any_of,
        modes=("walk",),
    )


SERVICES = {
    "supermarket": service("supermarket", SHOP),
    "drugstore": service("drugstore", CHEMIST, ("healthcare", "pharmacy")),
    "shop": service("shop", any_of=("supermarket", "drugstore")),
}


def pois(*rows: tuple[str, float, str, str, float]) -> pd.DataFrame:
    """OSM id, metres east of 137, name, tag, radius."""
    frame = pd.DataFrame(
        [(i, 137 + e / PER_LON, LAT, n, t, r) for i, e, n, t, r in rows],
        columns=["osm_id", "lon", "lat", "name", "tag", "radius_m"],
    )
    return frame.astype({"osm_id": "str", "name": "str", "tag": "str"})


def found(*rows: tuple[str, float, str, str, float]) -> dict[str, str]:
    table = classify(pois(*rows), SERVICES)
    return dict(zip(table["destination_id"], table["source_ids"], strict=True))


def test_tags_become_services_and_others_nothing() -> None:
    table = classify(
        pois(
            ("n1", 0, "マルエー", "shop=supermarket", 0),
            ("n2", 500, "薬", "shop=chemist", 0),
            ("n2", 500, "薬", "healthcare=pharmacy", 0),
            ("n3", 900, "花", "shop=florist", 0),
        ),
        SERVICES,
    )
    assert table["service"].tolist() == ["drugstore", "supermarket"]
    assert table["destination_id"].tolist() == ["osm:n2", "osm:n1"]
    assert set(table["source"]) == {"osm"}


def test_one_object_may_give_two_services() -> None:
    both = (
        ("n1", 0, "a", "shop=supermarket", 0),
        ("n1", 0, "a", "shop=chemist", 0),
    )
    assert classify(pois(*both), SERVICES)["service"].tolist() == ["drugstore", "supermarket"]


def test_a_node_in_its_own_building_counts_once() -> None:
    building = ("w1", 0, "マルエー", "shop=supermarket", 40.0)
    same = ("n1", 30, "マルエー", "shop=supermarket", 0.0)
    assert found(building, same) == {"osm:w1": "osm:w1;osm:n1"}
    blank_node = ("n1", 30, "", "shop=supermarket", 0.0)
    assert found(building, blank_node) == {"osm:w1": "osm:w1;osm:n1"}
    other = ("n1", 30, "大阪屋", "shop=supermarket", 0.0)
    assert found(building, other) == {"osm:w1": "osm:w1", "osm:n1": "osm:n1"}


def test_how_near_is_the_same() -> None:
    building = ("w1", 0, "マルエー", "shop=supermarket", 20.0)
    assert len(found(building, ("n1", 49, "マルエー", "shop=supermarket", 0.0))) == 1
    assert len(found(building, ("n1", 51, "マルエー", "shop=supermarket", 0.0))) == 2
    assert len(found(building, ("n1", 19, "", "shop=supermarket", 0.0))) == 1
    assert len(found(building, ("n1", 21, "", "shop=supermarket", 0.0))) == 2
    hall = ("w1", 0, "モール", "shop=supermarket", 80.0)
    assert len(found(hall, ("n1", 75, "モール", "shop=supermarket", 0.0))) == 1


def test_a_relation_and_its_outline_are_one() -> None:
    assert found(
        ("r1", 0, "モール", "shop=supermarket", 90.0),
        ("w1", 5, "モール", "shop=supermarket", 80.0),
        ("n1", 10, "モール", "shop=supermarket", 0.0),
    ) == {"osm:r1": "osm:r1;osm:n1;osm:w1"}


def test_nodes_are_never_joined_with_each_other() -> None:
    a = ("n1", 0, "セブン", "shop=supermarket", 0.0)
    b = ("n2", 5, "セブン", "shop=supermarket", 0.0)
    assert len(found(a, b)) == 2


def test_a_nameless_building_takes_the_name_of_one_node_only() -> None:
    rows = (
        ("w1", 0, "", "shop=supermarket", 40.0),
        ("n1", 10, "甲", "shop=supermarket", 0.0),
        ("n2", 20, "乙", "shop=supermarket", 0.0),
    )
    assert found(*rows) == {"osm:w1": "osm:w1;osm:n1", "osm:n2": "osm:n2"}
    table = classify(pois(*rows), SERVICES).set_index("destination_id")
    assert table.loc["osm:w1", "name"] == "甲"


def test_services_do_not_mix() -> None:
    assert (
        len(
            found(
                ("w1", 0, "a", "shop=supermarket", 40.0),
                ("n1", 5, "a", "shop=chemist", 0.0),
            )
        )
        == 2
    )


def test_a_broken_relation_of_ten_kilometres_swallows_no_town() -> None:
    assert (
        len(
            found(
                ("r1", 0, "", "shop=supermarket", 10_000.0),
                ("n1", 3_000, "", "shop=supermarket", 0.0),
            )
        )
        == 2
    )


def test_nothing_in_nothing_out() -> None:
    assert classify(pois(), SERVICES).empty


ROWS = st.lists(
    st.tuples(
        st.integers(0, 20).map(lambda n: 10.0 * n),
        st.sampled_from(["", "甲", "乙"]),
        st.sampled_from([0.0, 15.0, 60.0]),
    ),
    max_size=10,
)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_every_object_is_in_one_facility_whatever_the_order(
    rows: list[tuple[float, str, float]], random: object
) -> None:
    table = pois(
        *(
            (f"{'w' if r else 'n'}{i}", e, n, "shop=supermarket", r)
            for i, (e, n, r) in enumerate(rows)
        )
    )
    before = table.copy()
    out = classify(table, SERVICES)
    ids = [i for text in out["source_ids"] for i in text.split(";")]
    assert sorted(ids) == sorted("osm:" + table["osm_id"])
    mixed = table.sample(frac=1, random_state=random.randrange(99))  # type: ignore[attr-defined] # a Random
    pd.testing.assert_frame_equal(classify(mixed, SERVICES), out)
    pd.testing.assert_frame_equal(table, before)
