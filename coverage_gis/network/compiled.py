"""The one door to numba, so that compiled functions keep their types.

Compilation happens at the first call, never at import, and is cached on disk. Arguments of
compiled functions always come in the same dtypes, so each is compiled once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

import numba

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Return ``function`` compiled by numba: strict floating point, no GIL, cached on disk."""
    jit = numba.njit(cache=True, nogil=True, error_model="numpy")
    return cast("Callable[P, R]", jit(function))
