"""The two nearest facilities by chord: the same as a KD-tree's, and the first of equal ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from coverage_gis.access.chords import nearest_two


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    clumps=st.integers(1, 12),
    facilities=st.integers(2, 60),
    spread_m=st.sampled_from([0.0, 1.0, 200.0, 20_000.0]),
)
def test_is_what_a_tree_gives(seed: int, clumps: int, facilities: int, spread_m: float) -> None:
    """Tight clumps take the short way, wide ones the tree; neither shows."""
    rng = np.random.default_rng(seed)
    middle = np.repeat(rng.uniform(0, 30_000, (clumps, 3)), 17, axis=0)
    here = middle + rng.uniform(-1, 1, middle.shape) * spread_m
    there = rng.uniform(0, 30_000, (facilities, 3))
    chord, which = nearest_two(here, there)
    expected, rows = cKDTree(there).query(here, k=2)
    assert (which == rows).all()
    assert chord == pytest.approx(expected, rel=1e-15)


def test_of_equal_ones_the_first_comes_first() -> None:
    """Three at one spot, one further: the first two of the three, whoever asks."""
    there = np.array([[9.0, 0, 0], [3, 0, 0], [3, 0, 0], [3, 0, 0]])
    chord, which = nearest_two(np.zeros((50, 3)), there)
    assert (which == [1, 2]).all()
    assert (chord == 3).all()


def test_one_facility_is_one_column() -> None:
    """There is no second; nowhere to ask from is no error."""
    chord, which = nearest_two(np.array([[0.0, 4, 0]]), np.array([[3.0, 0, 0]]))
    assert chord.tolist() == [[5.0]]
    assert which.tolist() == [[0]]
    assert nearest_two(np.empty((0, 3)), np.ones((5, 3)))[0].shape == (0, 2)
