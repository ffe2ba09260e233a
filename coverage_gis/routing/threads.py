"""Work shared among threads: compiled functions run without the interpreter's lock."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

import numba

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    T = TypeVar("T")
    R = TypeVar("R")

_SMALL = 50_000
"""Rows that one thread does faster than it starts another."""


def thread_count() -> int:
    """Return how many threads may run: the processors this process has, or NUMBA_NUM_THREADS."""
    return int(numba.get_num_threads())


def in_threads(function: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Return the function's results in the order of the items; their number shows in nothing."""
    workers = min(thread_count(), len(items))
    if workers <= 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(function, items))


def by_slices(function: Callable[[tuple[int, int]], None], n: int) -> None:
    """Call ``function((start, stop))`` so that every row from 0 to ``n`` is done once."""
    parts = thread_count() if n >= _SMALL else 1
    edges = [n * i // parts for i in range(parts + 1)]
    in_threads(function, list(pairwise(edges)))
