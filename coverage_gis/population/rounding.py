"""Shares of whole people that add up: the largest-remainder method (Hare-Niemeyer)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coverage_gis.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_REMAINDER_DECIMALS = 9
"""Remainders are compared to this many decimals, so that ties are ties on every machine."""


def largest_remainder(
    weights: ArrayLike,
    totals: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    ceiling: ArrayLike | None = None,
) -> NDArray[np.int64]:
    """Share out whole totals in proportion to weights, group by group.

    Every row gets its quota rounded down; what is left goes, one each, to the largest
    remainders of the group, and among equal ones to the earlier row.

    Parameters
    ----------
    weights
        ``(n,)`` weights, not negative. A group whose weights are all zero is shared equally.
    totals
        ``(g,)`` whole numbers, not negative; a scalar for one group.
    groups
        ``(n,)`` group of each row, 0 to g - 1; all rows are group 0 by default.
    ceiling
        ``(n,)`` whole numbers that no row exceeds; what a row may not take goes to the next.

    Returns
    -------
    array of int64
        ``(n,)``; sums by group are ``totals`` wherever a group has rows.

    Raises
    ------
    InputError
        If a weight or total is negative, or a group's ceilings are below its total.
    """
    total = np.atleast_1d(np.asarray(totals)).astype(np.int64)
    weight = np.asarray(weights, dtype=np.float64)
    group = np.zeros(weight.shape, np.int64) if groups is None else np.asarray(groups, np.int64)
    if not (weight >= 0).all() or (total < 0).any():
        raise InputError("Weights and totals to share out must not be negative.")
    limit = (
        np.full(weight.shape, np.iinfo(np.int64).max)
        if ceiling is None
        else np.asarray(ceiling).astype(np.int64)
    )
    quota = _quotas(weight, total, group)
    out = np.minimum(np.floor(quota).astype(np.int64), limit)
    remainder = np.round(quota - np.floor(quota), _REMAINDER_DECIMALS)
    missing = total - _sums(out, group, len(total))
    missing[np.bincount(group, minlength=len(total)) == 0] = 0
    while missing.any():
        given = _one_each(remainder, group, missing, out < limit)
        if not given.any():
            raise InputError("Ceilings leave no room for the total that is to be shared out.")
        out += given
        missing -= _sums(given, group, len(total))
    return np.asarray(out, dtype=np.int64)


def _quotas(
    weight: NDArray[np.float64], total: NDArray[np.int64], group: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return each row's exact share of its group's total."""
    sums = np.bincount(group, weight, minlength=len(total))
    even = sums[group] == 0
    weight = np.where(even, 1.0, weight)
    sums = np.bincount(group, weight, minlength=len(total))
    return np.asarray(total[group] * weight / sums[group], dtype=np.float64)


def _one_each(
    remainder: NDArray[np.float64],
    group: NDArray[np.int64],
    missing: NDArray[np.int64],
    has_room: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Return 1 for the rows that get one more, 0 for the others."""
    order = np.lexsort((-remainder, ~has_room, group))
    ordered = group[order]
    first = np.searchsorted(ordered, ordered, side="left")
    place = np.arange(len(order)) - first
    given = np.zeros(len(order), dtype=np.int64)
    given[order] = (place < missing[ordered]) & has_room[order]
    return given


def _sums(values: NDArray[np.int64], group: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    sums = np.zeros(n, dtype=np.int64)
    np.add.at(sums, group, values)
    return sums
