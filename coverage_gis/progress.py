"""How long work reports how far it is, without knowing who listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called with work done so far and the total, both in any one unit."""

    def __call__(self, done: int, total: int) -> None:
        """Take note of ``done`` out of ``total``."""
