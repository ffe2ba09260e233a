"""What a reader returns: its table, and what became of every row it read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

T = TypeVar("T")

SPACE_COLUMNS: Final = ("source_id", "capacity", "area_m2")
"""Columns of ``ReadResult.space``: an id as in ``source_ids``, people, square metres."""

REJECTED_COLUMNS: Final = ("file", "row", "reason", "name")
"""Columns of ``ReadResult.rejected``: where a row stands, and why it could not be used."""


@dataclass(frozen=True)
class ReadResult(Generic[T]):
    """A table and the account of its rows.

    Attributes
    ----------
    table
        What was read.
    read
        Rows in the file (features, stops ...).
    dropped
        Reason -> rows left out for it. Reasons are short English phrases.
    notes
        Sentences a user should see (expired feed, edition guessed ...).
    rejected
        Rows a user can repair, one by one (``REJECTED_COLUMNS``); they are counted in
        ``dropped`` too. None for readers that keep no such list.
    space
        Capacity and floor area of shelters (``SPACE_COLUMNS``), one row per row of the file that
        has either. None for readers of files that have neither.
    """

    table: T
    read: int
    dropped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    rejected: pd.DataFrame | None = None
    space: pd.DataFrame | None = None

    @property
    def used(self) -> int:
        """Rows that were not dropped."""
        return self.read - sum(self.dropped.values())
