from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gis import schema
from coverage_gis.crs import geodesic_m, metres_per_degree
from coverage_gis.facilities import places
from coverage_gis.facilities.merge import merge_places
from coverage_gis.facilities.names import comparable
from coverage_gis.facilities.places import clusters, embed, greatest_within

LAT = 36.7
PER_LON = float(metres_per_degree(LAT)[0])


def table(source: str, rows: list[tuple[str, float]], service: str = "bus_stop") -> pd.DataFrame:
    """Destinations on a parallel: name, and metres east of 137."""
    ids = [f"{source}:{i}" for i in range(len(rows))]
    return schema.DESTINATIONS.conform(
        pd.DataFrame(
            {
                "destination_id": ids,
                "service": service,
                "name": [name for name, _ in rows],
                "lon": [137 + east / PER_LON for _, east in rows],
                "lat": LAT,
                "source": source,
                "source_ids": ids,
                "capacity": np.nan,
            },
            index=range(len(rows)),
        )
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("富山駅前", "富山駅前　"),
        ("ＪＡ呉羽支店", "JA呉羽支店"),
        ("霞ヶ関", "霞ケ関"),
        ("市役所前", "市役所前（バス停）"),
        ("市役所前停留所", "市役所前バス停留所"),
        ("富山駅前", "富山駅前３番のりば"),
        ("富山駅前", "富山駅前 のりば2"),
        ("Ａ・コープ おやべ", "Ａコープおやべ"),
        ("ﾊﾞｽｾﾝﾀｰ", "バスセンター"),
        ("SEVEN", "seven"),
    ],
)
def test_one_name_written_in_two_ways(one: str, other: str) -> None:
    assert comparable(one) == comparable(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("富崎", "富崎（西ルート）"),
        ("本町一丁目", "本町二丁目"),
        ("市民病院", "市民病院前"),
        ("中央1", "中央2"),
        ("ハイツ", "バイツ"),
    ],
)
def test_two_names(one: str, other: str) -> None:
    assert comparable(one) != comparable(other)


def test_a_name_of_nothing_but_noise() -> None:
    assert comparable(" （）・") == ""
    assert comparable("バス停") == "バス停"


def test_embedded_distance_is_the_geodesic() -> None:
    lon, lat = np.array([137.0, 137.003, 137.0]), np.array([36.7, 36.7, 36.7035])
    points = embed(lon, lat, [0, 0, 0])
    straight = np.linalg.norm(points[1:] - points[0], axis=1)
    first = np.array([0, 0])
    wanted = geodesic_m(lon[first], lat[first], lon[1:], lat[1:])
    assert straight == pytest.approx(wanted, abs=1e-5)


def test_clusters_are_linked_step_by_step_and_by_key() -> None:
    east = np.array([0, 100, 200, 500, 100, 100])
    keys = ["a", "a", "a", "a", "b", ""]
    lon, lat = 137 + east / PER_LON, np.full(6, LAT)
    assert clusters(keys, lon, lat, 101).tolist() == [0, 0, 0, 1, 2, 3]
    assert clusters(keys, lon, lat, 99).tolist() == [0, 1, 2, 3, 4, 5]
    assert clusters([], [], [], 100).tolist() == []
    # Blank names are alone even at one spot; one name at one spot is one cluster.
    assert clusters(["", "", "x", "x"], [137.0] * 4, [LAT] * 4, 1).tolist() == [0, 1, 2, 2]


def test_the_same_place_in_two_sources_is_one_with_both_ids() -> None:
    gtfs = table("gtfs", [("市役所前", 0), ("市役所前", 30), ("駅前", 500)])
    p11 = table("p11", [("市役所前（バス停）", 20), ("駅前", 700), ("港", 900)])
    merged = merge_places([gtfs, p11], 100).set_index("destination_id")
    assert merged.index.tolist() == ["gtfs:0", "gtfs:1", "gtfs:2", "p11:1", "p11:2"]
    # The nearer pole takes it, and every pole stays where it is.
    assert merged.loc["gtfs:1", "source_ids"] == "gtfs:1;p11:0"
    assert merged.loc["gtfs:0", "source_ids"] == "gtfs:0"
    assert merged.loc["gtfs:1", "lon"] == gtfs.loc[1, "lon"]


def test_the_limit_is_inclusive_and_names_and_services_count() -> None:
    one = table("a", [("x", 0)])
    near = [table("b", [("x", 50)]), table("b", [("y", 0)]), table("b", [("x", 0)], "station")]
    at = float(geodesic_m(one["lon"], one["lat"], near[0]["lon"], near[0]["lat"])[0])
    assert len(merge_places([one, near[0]], at + 1e-6)) == 1
    assert len(merge_places([one, near[0]], at - 0.01)) == 2
    assert len(merge_places([one, near[1]], 100)) == 2
    assert len(merge_places([one, near[2]], 100)) == 2
    blank = table("b", [("", 0)])
    assert len(merge_places([table("a", [("", 0)]), blank], 100)) == 2


def test_rows_of_one_table_are_never_joined() -> None:
    poles = table("gtfs", [("x", 0), ("x", 0), ("x", 5)])
    assert len(merge_places([poles], 100)) == 3
    assert len(merge_places([table("a", [("z", 0)]), poles], 100)) == 4


def test_three_sources_and_a_capacity_learnt_from_a_later_one() -> None:
    third = table("c", [("x", 10)]).assign(capacity=120.0)
    merged = merge_places([table("a", [("x", 0)]), table("b", [("x", 20)]), third], 50)
    assert merged["source_ids"].tolist() == ["a:0;b:0;c:0"]
    assert merged["capacity"].tolist() == [120.0]
    assert merge_places([], 50).empty
    assert merge_places([schema.DESTINATIONS.empty(), third], 50).equals(third)


ROWS = st.lists(
    st.tuples(st.sampled_from(["x", "y", ""]), st.integers(0, 40).map(lambda n: 10.0 * n)),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(ROWS, ROWS, st.randoms(use_true_random=False))
def test_no_id_is_lost_and_order_changes_nothing(
    a: list[tuple[str, float]], b: list[tuple[str, float]], random: object
) -> None:
    first, second = table("a", a), table("b", b)
    kept = first.copy(), second.copy()
    merged = merge_places([first, second], 75)
    ids = [i for text in merged["source_ids"] for i in text.split(";")]
    assert sorted(ids) == sorted([*first["destination_id"], *second["destination_id"]])
    assert set(first["destination_id"]) <= set(merged["destination_id"])
    mixed = [t.sample(frac=1, random_state=random.randrange(99)) for t in (first, second)]  # type: ignore[attr-defined] # a Random
    pd.testing.assert_frame_equal(merge_places(mixed, 75), merged)
    pd.testing.assert_frame_equal(first, kept[0])
    pd.testing.assert_frame_equal(second, kept[1])


@settings(max_examples=40, deadline=None)
@given(ROWS, ROWS)
def test_what_is_joined_is_what_a_pairwise_search_finds(
    a: list[tuple[str, float]], b: list[tuple[str, float]]
) -> None:
    merged = merge_places([table("a", a), table("b", b)], 75.5)
    left = set(merged["destination_id"])
    for i, (name, east) in enumerate(b):
        found = any(n == name != "" and abs(e - east) <= 75 for n, e in a)
        assert (f"b:{i}" in left) == (not found)


def test_fifty_thousand_stops_in_seconds() -> None:
    random = np.random.default_rng(1)
    count = 50_000
    names = [f"停{n}" for n in random.integers(0, 5_000, count)]
    east = random.integers(0, 200_000, count)
    first = table("a", list(zip(names, east.tolist(), strict=True)))
    second = table("b", list(zip(names, (east + 20).tolist(), strict=True)))
    start = time.process_time()
    merged = merge_places([first, second], 100)
    assert time.process_time() - start < 20
    assert len(merged) == count


def test_a_thousand_stops_at_one_point_do_not_explode() -> None:
    same = [("x", 0.0)] * 20_000
    start = time.process_time()
    assert len(merge_places([table("a", same), table("b", same)], 100)) == 20_000
    lon = np.full(20_000, 137.0)
    assert clusters(["x"] * 20_000, lon, np.full(20_000, LAT), 100).max() == 0
    assert time.process_time() - start < 20


def test_crowded_points_are_linked_as_pair_by_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(5)
    east, north = draw.uniform(0, 1500, (2, 400))
    lon, lat = 137 + east / PER_LON, LAT + north / 111_000
    keys = draw.choice(["a", "b", ""], 400)
    for same_m in (20.0, 60.0, 100.0):
        by_pairs = clusters(keys, lon, lat, same_m)
        with monkeypatch.context() as crowded:
            crowded.setattr(places, "_MOST_PAIRS", -1)
            assert clusters(keys, lon, lat, same_m).tolist() == by_pairs.tolist()
        assert 1 < by_pairs.max() < 399  # neither all linked nor all alone


def test_the_greatest_value_near_and_none_where_nothing_is() -> None:
    here = embed([137.0, 137.1], [LAT, LAT], [0, 0])
    there = embed(137 + np.array([0, 30, 90]) / PER_LON, [LAT] * 3, [0, 0, 0])
    values = np.array([1.0, 5.0, 9.0])
    assert greatest_within(here, there, values, 50)[0] == 5
    assert np.isnan(greatest_within(here, there, values, 50)[1])
    assert np.isnan(greatest_within(here, there[:0], values[:0], 50)).all()
    assert greatest_within(here[:0], there, values, 50).tolist() == []
