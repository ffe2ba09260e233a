"""What a reader returns: its table, and what became of every row it read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")


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
    """

    table: T
    read: int
    dropped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def used(self) -> int:
        """Rows that were not dropped."""
        return self.read - sum(self.dropped.values())
