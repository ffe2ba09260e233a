"""Census counts of each cell by age, sex and household, and which of them are kept secret.

The 50 columns are those of the e-Stat tables T001140 to T001142 (2020 census). Where few
people live, the detail columns are not published (HTKSYORI 2, ``*``) but added to those of a
neighbouring cell (HTKSYORI 1), so that sums over an area stay right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_gis.demo.people import People
    from coverage_gis.demo.plan import Plan

    Array = NDArray[np.float64]
    Ints = NDArray[np.int64]

COLUMNS = 50
TOTAL, AGED_65, AGED_75 = 0, 18, 21
"""Positions of all people, 65 and over, 75 and over among the 50 columns."""
PUBLIC = (0, 1, 2, 33, 34)
"""Columns that are never suppressed: people by sex, households, private households."""
NORMAL, RECEIVER, SUPPRESSED = 0, 1, 2
_SECRET_PEOPLE, _SECRET_HOUSEHOLDS = 8, 3


@dataclass(frozen=True)
class Census:
    """Published and true counts.

    Attributes
    ----------
    true
        ``(cells, 50)`` counts before suppression.
    published
        The same with the details of suppressed cells moved to their receivers.
    state
        HTKSYORI of each cell.
    receiver
        For a suppressed cell the position of its receiver, else -1.
    """

    true: Ints
    published: Ints
    state: Ints
    receiver: Ints


def make_census(plan: Plan, people: People) -> Census:
    """Count the people of each cell by age, sex and household."""
    rng = plan.rng("census")
    sexes = rng.binomial(people.people, 0.486)
    men, women = (
        _ages(rng, n, people.aged_share + shift)
        for n, shift in ((sexes, -0.03), (people.people - sexes, 0.03))
    )
    true = np.zeros((len(people.people), COLUMNS), dtype=np.int64)
    for k, (m, w) in enumerate(zip(men, women, strict=True)):
        true[:, 3 * k], true[:, 3 * k + 1], true[:, 3 * k + 2] = m + w, m, w
    _households(rng, true)
    return _suppress(true, people)


def _ages(rng: np.random.Generator, n: Ints, aged: Array) -> list[Ints]:
    """Return one sex's counts in the order of the table.

    All, 0-14, 15+, 15-64, 18+, 20+, 65+, 75+, 85+, 95+, foreign.
    """
    aged = np.clip(aged, 0.05, 0.9)
    children = rng.binomial(n, 0.165 * (1 - aged))
    adults = n - children
    old = rng.binomial(adults, np.clip(aged * n / np.maximum(adults, 1), 0, 0.97))
    middle = adults - old
    teens = rng.binomial(middle, 0.05)
    nineteen = rng.binomial(middle - teens, 0.03)
    over_75 = rng.binomial(old, np.clip(0.42 + 0.25 * aged, 0, 1))
    over_85 = rng.binomial(over_75, 0.33)
    over_95 = rng.binomial(over_85, 0.09)
    foreign = rng.binomial(n, 0.014)
    return [
        n, children, adults, middle, adults - teens, adults - teens - nineteen, old, over_75,
        over_85, over_95, foreign,
    ]  # fmt: skip


def _households(rng: np.random.Generator, true: Ints) -> None:
    """Fill the household columns in place, each within the one it is part of."""
    n, old = true[:, TOTAL], true[:, AGED_65]
    aged = old / np.maximum(n, 1)
    private = np.maximum(np.rint(n / rng.uniform(2.1, 2.8, len(n))), 1).astype(np.int64)
    institutions = rng.binomial(n // 400, 0.4)
    extra = np.maximum(n - private, 0)  # people beyond the first of each household
    more = np.zeros((len(n), 6), dtype=np.int64)  # households of 2, 3 ... 7 and more
    left, rest = private.copy(), extra
    for size in range(6):
        part = rng.binomial(np.minimum(left, rest), (0.55, 0.45, 0.4, 0.3, 0.3, 0.3)[size])
        more[:, size] = part
        left, rest = left - part, np.maximum(rest - part * (size + 1), 0)
    single = left
    kin = private - single
    nuclear = rng.binomial(kin, 0.82)
    true[:, 33], true[:, 34] = private + institutions, private
    true[:, 35] = single
    true[:, 36:42] = more
    true[:, 42], true[:, 43], true[:, 44] = kin, nuclear, kin - nuclear
    true[:, 45] = np.minimum(rng.binomial(kin, 0.12 * (1 - aged)), true[:, 3])
    true[:, 46] = np.minimum(rng.binomial(private, np.clip(1.4 * aged, 0, 0.95)), old)
    true[:, 47] = rng.binomial(single, 0.14 * (1 - aged))
    true[:, 48] = np.minimum(rng.binomial(single - true[:, 47], np.clip(aged, 0, 1)), old)
    true[:, 49] = np.minimum(
        rng.binomial(more[:, 0], np.clip(0.9 * aged, 0, 1)), (old - true[:, 48]) // 2
    )


def _suppress(true: Ints, people: People) -> Census:
    """Move the details of small cells to the nearest other cell of the municipality."""
    few = (true[:, TOTAL] <= _SECRET_PEOPLE) | (true[:, 34] < _SECRET_HOUSEHOLDS)
    receiver = np.full(len(few), -1, dtype=np.int64)
    for muni in np.unique(people.muni):
        sources = np.flatnonzero(few & (people.muni == muni))
        takers = np.flatnonzero(~few & (people.muni == muni))
        if len(sources) and len(takers):
            tree = cKDTree(np.column_stack([people.x[takers], people.y[takers]]))
            nearest = tree.query(np.column_stack([people.x[sources], people.y[sources]]))[1]
            receiver[sources] = takers[nearest]
    sources = np.flatnonzero(receiver >= 0)
    detail = np.setdiff1d(np.arange(COLUMNS), PUBLIC)
    published = true.copy()
    moved = np.zeros_like(true)
    np.add.at(moved, receiver[sources], true[sources])
    published[:, detail] += moved[:, detail]
    published[np.ix_(sources, detail)] = 0
    state = np.zeros(len(few), dtype=np.int64)
    state[receiver[sources]] = RECEIVER
    state[sources] = SUPPRESSED
    return Census(true, published, state, receiver)
