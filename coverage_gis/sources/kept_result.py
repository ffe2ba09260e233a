"""What a reader returned, kept for many prefectures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis.sources.result import ReadResult
from coverage_gis.store import artifacts, mapped

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

_TABLE, _ABOUT = "result", "about"


def keep_result(result: ReadResult[pd.DataFrame], folder: Path) -> None:
    """Write a reader's table and its account into an existing folder.

    Raises
    ------
    ValueError, TypeError
        If a column cannot be kept as it is.
    """
    mapped.save(folder, _TABLE, result.table)
    about = {
        "read": result.read,
        "dropped": list(result.dropped.items()),  # in their order
        "notes": list(result.notes),
    }
    artifacts.save(folder, _ABOUT, about)


def kept_result(folder: Path) -> ReadResult[pd.DataFrame]:
    """Return what :func:`keep_result` wrote."""
    about = artifacts.load(folder, _ABOUT)
    dropped = dict(map(tuple, about["dropped"]))
    return ReadResult(mapped.load(folder, _TABLE), about["read"], dropped, tuple(about["notes"]))
