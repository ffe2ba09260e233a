"""Errors as the one sentence a user reads."""

from __future__ import annotations

from coverage_gis.errors import CoverageGisError

MENDABLE = (CoverageGisError, MemoryError, OSError)
"""Errors that say something about input, settings or the machine; others are our faults."""


def sentence(error: BaseException) -> str:
    """Return the sentence for an error, without a traceback."""
    if isinstance(error, MemoryError):
        return "Out of memory; close other programs, or use a coarser mesh level (LEVEL=500m)."
    if isinstance(error, OSError) and error.filename and not isinstance(error, CoverageGisError):
        return f"{error.filename}: {error.strerror or error}."
    if isinstance(error, MENDABLE):
        return str(error)
    return (
        f"A fault in coverage_gis, not in your data as far as it can tell "
        f"({type(error).__name__}: {error}). Run again with DEBUG=1 (--debug) and report "
        "what it prints."
    )
