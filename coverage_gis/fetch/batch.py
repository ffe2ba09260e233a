"""Many files: one connection per host, a few hosts at once, no failure stops the others."""

from __future__ import annotations

import queue
import threading
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from coverage_gis.errors import CoverageGisError
from coverage_gis.fetch.download import fetch_file
from coverage_gis.fetch.retry import Unreachable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coverage_gis.fetch.session import Download, Session
    from coverage_gis.progress import Progress

FAILED = "failed"


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    Attributes
    ----------
    entry
        Name of its catalogue entry.
    url
        Where it is published.
    place
        Where it is, or should go, below the raw-data folder.
    status
        "new", "unchanged", "by hand" or "failed".
    size
        Bytes on disk, 0 if it is not there.
    why
        The sentence of a failure.
    """

    entry: str
    url: str
    place: str
    status: str
    size: int = 0
    why: str = ""


class Listener(Protocol):
    """Who is told how it goes; called from several threads."""

    def progress(self, download: Download) -> Progress:
        """Return what is told of a file's bytes as they come."""

    def done(self, outcome: Outcome) -> None:
        """Take note of a file that is done with."""

    def note(self, sentence: str) -> None:
        """Take note of a sentence for the user."""


def run_batch(
    session: Session, downloads: Sequence[Download], listener: Listener, *, hosts_at_once: int
) -> list[Outcome]:
    """Fetch files and return what became of each, in the order given.

    The files of one host are fetched one after the other. When a host cannot be reached at all,
    the rest of its files is given up at once.
    """
    hosts: dict[str, deque[tuple[int, Download]]] = defaultdict(deque)
    for number, download in enumerate(downloads):
        hosts[urlsplit(download.url).netloc].append((number, download))
    waiting = deque(hosts.values())
    results: queue.SimpleQueue[tuple[int, Outcome] | BaseException] = queue.SimpleQueue()

    def work() -> None:
        try:
            while True:
                try:
                    files = waiting.popleft()
                except IndexError:
                    return
                _one_host(session, files, listener, results)
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            results.put(error)

    # Daemons: a user's Ctrl-C ends the program; what has come so far is continued next time.
    for _ in range(min(hosts_at_once, len(hosts))):
        threading.Thread(target=work, daemon=True).start()
    outcomes: dict[int, Outcome] = {}
    while len(outcomes) < len(downloads):
        try:
            result = results.get(timeout=1)  # without one, Ctrl-C would not be heard on Windows
        except queue.Empty:
            continue
        if isinstance(result, BaseException):
            raise result
        outcomes[result[0]] = result[1]
    return [outcomes[k] for k in range(len(downloads))]


def _one_host(
    session: Session,
    files: deque[tuple[int, Download]],
    listener: Listener,
    results: queue.SimpleQueue[tuple[int, Outcome] | BaseException],
) -> None:
    unreachable = ""
    while files:
        number, download = files.popleft()
        outcome, gone = _one_file(session, download, listener, unreachable)
        unreachable = gone or unreachable
        listener.done(outcome)
        results.put((number, outcome))


def _one_file(
    session: Session, download: Download, listener: Listener, unreachable: str
) -> tuple[Outcome, str]:
    """Return what became of a file, and why its host cannot be reached ("" if it can)."""
    place = download.link or download.path

    def failed(why: str) -> Outcome:
        return Outcome(download.entry, download.url, str(place), FAILED, why=why)

    if unreachable:
        host = urlsplit(download.url).hostname
        return failed(f"{download.url} was not asked: {host} could not be reached."), ""
    try:
        status = fetch_file(session, download, listener.progress(download))
        size = (session.raw / place).stat().st_size
        return Outcome(download.entry, download.url, str(place), status, size), ""
    except Unreachable as error:
        return failed(str(error)), str(error)
    except CoverageGisError as error:
        return failed(str(error)), ""
