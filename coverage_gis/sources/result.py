"""What a reader returns: its table, and what became of every row it read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

T = TypeVar("T")

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
    """

    table: T
    read: int
    dropped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    rejected: pd.DataFrame | None = None

    @property
    def used(self) -> int:
        """Rows that were not dropped."""
        return self.read - sum(self.dropped.values())
