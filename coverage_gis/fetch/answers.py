"""What an answer's status, headers and speed say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis.errors import DownloadError
from coverage_gis.fetch.retry import TRY_AGAIN, PassingError, Policy, retry_after_s

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from coverage_gis.fetch.transport import Answer

OK, PARTIAL = 200, 206
_WINDOW_S = 60.0


class Speed:
    """Tells a connection that only trickles from one that is slow."""

    def __init__(self, clock: Callable[[], float], slowest_bytes_per_s: float) -> None:
        self._clock = clock
        self._slowest = slowest_bytes_per_s
        self._since = clock()
        self._got = 0

    def check(self, size: int, url: str) -> None:
        """Count bytes; raise PassingError after a minute that brought too few."""
        self._got += size
        passed = self._clock() - self._since
        if passed > _WINDOW_S:
            if self._got < passed * self._slowest:
                raise PassingError(f"{url} was too slow ({self._got / passed:.0f} bytes/s).")
            self._since, self._got = self._clock(), 0


def check_status(answer: Answer, url: str, policy: Policy) -> None:
    """Raise what a status means: PassingError if it may pass, else DownloadError."""
    if answer.status in (OK, PARTIAL):
        return
    sentence = f"{url} answered with status {answer.status}{_meaning(answer.status)}."
    if answer.status in TRY_AGAIN:
        wait_s = retry_after_s(answer.headers.get("retry-after"), policy.now())
        raise PassingError(sentence, wait_s=wait_s)
    raise DownloadError(sentence)


def _meaning(status: int) -> str:
    meanings = {
        401: "a password is needed",
        403: "refused",
        404: "not there",
        407: "the proxy wants a password",
        410: "gone",
        429: "too many requests",
        500: "a fault of the server",
        503: "the server is overloaded or being mended",
    }
    return f" ({meanings[status]})" if status in meanings else ""


def length_of(headers: Mapping[str, str]) -> int | None:
    """Return the Content-Length, None if there is none that makes sense."""
    text = headers.get("content-length", "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None


def validator_of(headers: Mapping[str, str]) -> str:
    """Return what If-Range may carry: a strong ETag, else the date (RFC 9110, 13.1.5)."""
    tag = headers.get("etag", "")
    return tag if tag and not tag.startswith("W/") else headers.get("last-modified", "")
