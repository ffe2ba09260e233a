"""The busier direction of many stops at once is that of each stop alone."""

from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gis.transit.calls import HEADING, ROUTE, SERVES, TRIP, WEIGHT
from coverage_gis.transit.directions import STILL, busier
from coverage_gis.transit.passes import busier_directions

COLUMNS = ["key", HEADING, ROUTE, "direction_id", TRIP, SERVES]
TRIPS = 200
CALLS = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from([STILL, 0, 1_000, 90_000, 134_999, 135_000, 180_000, 270_000, 359_999]),
        st.integers(0, 2),  # with the trip: a route may come with several trips and ids
        st.sampled_from([-1, 0, 1]),
        st.integers(0, 6) | st.integers(0, TRIPS - 1),  # some pass twice
        st.booleans() | st.just(value=True),
    ),
    max_size=40,
)


@settings(max_examples=300, deadline=None)
@given(CALLS)
def test_as_one_stop_after_the_other(rows: list) -> None:
    weights = [1 + trip % 5 for trip in range(TRIPS)]
    calls = pd.DataFrame(rows, columns=COLUMNS).astype(
        {HEADING: "int64", ROUTE: "int64", "direction_id": "int64", TRIP: "int64", SERVES: "bool"}
    )
    calls[WEIGHT] = [weights[t] for t in calls[TRIP]]
    trips, within = busier_directions(calls)

    serving = calls[calls[SERVES]]
    assert list(trips.index) == list(dict.fromkeys(serving["key"]))
    for key, mine in serving.groupby("key"):
        passes: dict[tuple[int, int, int], list[int]] = {}
        for _, row in mine.iterrows():
            way = (row[HEADING], row[ROUTE], row["direction_id"])
            passes.setdefault(way, []).append(row[TRIP])
        alone = busier(passes, dict(enumerate(weights)))
        assert trips[key] == alone.trips
        here = (calls["key"] == key).to_numpy()
        ways = zip(calls[HEADING], calls[ROUTE], calls["direction_id"], strict=True)
        assert within[here].tolist() == [
            way in alone.members for way, is_here in zip(ways, here, strict=True) if is_here
        ]
    assert not within[~calls["key"].isin(trips.index)].any()


def test_no_calls_at_all() -> None:
    none = pd.DataFrame({c: pd.Series(dtype="int64") for c in (*COLUMNS, WEIGHT)})
    trips, within = busier_directions(none.astype({SERVES: "bool", "key": "str"}))
    assert len(trips) == len(within) == 0
