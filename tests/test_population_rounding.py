"""The largest-remainder method against a slow one in exact fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gis.errors import InputError
from coverage_gis.population.rounding import largest_remainder


def slow(weights: list[int], total: int) -> list[int]:
    if not sum(weights):
        weights = [1] * len(weights)
    quotas = [Fraction(total * w, sum(weights)) for w in weights]
    out = [int(q) for q in quotas]
    order = sorted(range(len(weights)), key=lambda i: (out[i] - quotas[i], i))
    for i in order[: total - sum(out)]:
        out[i] += 1
    return out


def test_a_textbook_case():
    # Hare quota: 100 seats among 47, 16, 15.8, 12, 6.1, 3.1 thousand votes.
    votes = [47000, 16000, 15800, 12000, 6100, 3100]
    assert largest_remainder(votes, 10).tolist() == [5, 2, 1, 1, 1, 0]


def test_ties_go_to_the_earlier_row():
    assert largest_remainder([1, 1, 1], 2).tolist() == [1, 1, 0]


def test_a_group_without_weights_is_shared_equally():
    assert largest_remainder([0, 0, 5], [3, 5], [0, 0, 1]).tolist() == [2, 1, 5]


@given(st.lists(st.integers(0, 500), min_size=1, max_size=8), st.integers(0, 2000))
@settings(max_examples=200, deadline=None)
def test_it_is_what_fractions_give(weights, total):
    assert largest_remainder(weights, total).tolist() == slow(weights, total)


@given(
    st.lists(
        st.tuples(st.lists(st.integers(0, 90), min_size=1, max_size=5), st.integers(0, 300)),
        min_size=1,
        max_size=6,
    ),
    st.randoms(use_true_random=False),
)
@settings(max_examples=100, deadline=None)
def test_groups_do_not_touch_each_other(parts, random):
    rows = [(g, i, w) for g, (ws, _) in enumerate(parts) for i, w in enumerate(ws)]
    order = sorted(rows, key=lambda _: random.random())
    order.sort(key=lambda row: row[1])  # earlier rows of a group stay earlier
    groups, places, weights = map(list, zip(*order, strict=True))
    result = largest_remainder(weights, [t for _, t in parts], groups)
    for g, (ws, total) in enumerate(parts):
        mine = {p: n for h, p, n in zip(groups, places, result.tolist(), strict=True) if h == g}
        assert [mine[i] for i in range(len(ws))] == slow(ws, total)


@given(
    st.lists(st.tuples(st.floats(0, 1e3), st.integers(0, 50)), min_size=1, max_size=8),
    st.floats(0, 1),
)
@settings(max_examples=200, deadline=None)
def test_ceilings_hold_and_totals_are_kept(rows, part):
    weights, ceiling = map(list, zip(*rows, strict=True))
    total = int(sum(ceiling) * part)
    result = largest_remainder(weights, total, ceiling=ceiling)
    assert result.sum() == total
    assert (result >= 0).all()
    assert (result <= ceiling).all()


def test_impossible_demands_are_one_sentence():
    with pytest.raises(InputError, match="no room"):
        largest_remainder([1, 1], 5, ceiling=[2, 2])
    with pytest.raises(InputError, match="negative"):
        largest_remainder([1, -1], 5)
    with pytest.raises(InputError, match="negative"):
        largest_remainder([1, np.nan], 5)
    with pytest.raises(InputError, match="negative"):
        largest_remainder([1, 1], -1)


def test_nothing_in_nothing_out():
    assert largest_remainder([], [], []).tolist() == []
    assert largest_remainder([], [4], []).tolist() == []
