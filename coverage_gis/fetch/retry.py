"""Asking again: when, how often, and how long to wait before."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar

from coverage_gis.errors import DownloadError

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")

TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same request may succeed later (RFC 9110, RFC 6585)."""


_MOST_UNREACHED = 3  # an office without internet should hear of it soon


class PassingError(DownloadError):
    """A failure that may pass. ``wait_s`` is the server's own wish, None if it has none.

    Attributes
    ----------
    moved
        Whether the attempt brought new bytes that the next one will continue from.
    """

    def __init__(self, sentence: str, *, wait_s: float | None = None, moved: bool = False) -> None:
        super().__init__(sentence)
        self.wait_s = wait_s
        self.moved = moved


class Unreachable(PassingError):  # noqa: N818 - it is what the host is
    """No connection at all: name not found, refused, no route."""


@dataclass(frozen=True)
class Policy:
    """How to ask again.

    Attributes
    ----------
    attempts
        Attempts in a row that bring nothing new before giving up.
    first_wait_s, longest_wait_s
        Wait after the first failure; it doubles up to the longest, which is also the longest
        Retry-After that is heeded.
    sleep, chance, now
        Waiting, a number in [0, 1) for jitter, and the time of day.
    """

    attempts: int
    first_wait_s: float
    longest_wait_s: float
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = field(default=random.random)
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def run(self, attempt: Callable[[], _T]) -> _T:
        """Return what ``attempt`` returns, asking again after failures that may pass.

        Raises
        ------
        DownloadError
            The last failure, when it will not pass or the attempts are used up.
        """
        failures = 0
        while True:
            try:
                return attempt()
            except PassingError as error:
                failures = 1 if error.moved else failures + 1
                most = _MOST_UNREACHED if isinstance(error, Unreachable) else self.attempts
                if failures >= min(most, self.attempts):
                    raise
                self.sleep(self._wait(failures, error))

    def _wait(self, failures: int, error: PassingError) -> float:
        if error.wait_s is not None:
            if error.wait_s > self.longest_wait_s:
                raise DownloadError(
                    f"{error} Its server asks to come back after {error.wait_s:.0f} s."
                ) from error
            return error.wait_s
        longest = min(self.longest_wait_s, self.first_wait_s * 2.0 ** (failures - 1))
        return longest * (0.5 + 0.5 * self.chance())


def retry_after_s(value: str | None, now: datetime) -> float | None:
    """Return the seconds a Retry-After header asks for, given as seconds or a date (RFC 9110)."""
    if not value:
        return None
    text = value.strip()
    if text.isascii() and text.isdecimal():
        return float(text[:12])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
