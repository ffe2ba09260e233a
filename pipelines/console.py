"""What a run says: lines on standard output, bars on a terminal, nothing when asked to be quiet."""

from __future__ import annotations

import multiprocessing
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from tqdm import tqdm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coverage_gis.progress import Progress

Relay = Any
"""A queue of (label, done, total) between processes; None ends it."""
_OFTEN_S = 0.1


class Console:
    """Where a run's words go.

    Parameters
    ----------
    quiet
        Say only warnings and the final summary.
    silent
        Say nothing at all: somebody else speaks for this process.
    relay
        Where the process that speaks hears how far this one is.
    """

    def __init__(
        self, *, quiet: bool = False, silent: bool = False, relay: Relay | None = None
    ) -> None:
        self._quiet = quiet or silent
        self._silent = silent
        self._relay = relay

    def say(self, line: str = "") -> None:
        """Print a line of the run's story."""
        if not self._quiet:
            tqdm.write(line, file=sys.stdout)
            sys.stdout.flush()

    def tell(self, line: str = "") -> None:
        """Print a line the user must see, quiet or not."""
        if self._silent:
            return
        tqdm.write(line, file=sys.stdout)
        sys.stdout.flush()

    def progress(self, label: str) -> Progress:
        """Return a bar for one piece of long work; it shows only on a terminal."""
        if self._relay is not None:
            return _told(self._relay, label)
        bars: list[tqdm[NoReturn]] = []  # made at the first report, when there is a total

        def update(done: int, total: int) -> None:
            if not self._has_bars():
                return
            if not bars:
                bars.append(tqdm(total=total, desc=label, leave=False, unit_scale=True))
            bar = bars[0]
            bar.total = total
            bar.update(done - bar.n)
            if done >= total:
                bar.close()

        return update

    @contextmanager
    def relay(self) -> Iterator[Relay | None]:
        """Give what other processes need to show bars here, or None where none show."""
        if not self._has_bars():
            yield None
            return
        queue: Any = multiprocessing.get_context("spawn").Queue()
        listener = threading.Thread(target=self._listen, args=(queue,), daemon=True)
        listener.start()
        try:
            yield queue
        finally:
            queue.put(None)
            listener.join()

    def _listen(self, queue: Any) -> None:
        bars: dict[str, Progress] = {}
        while (message := queue.get()) is not None:
            label, done, total = message
            bars.setdefault(label, self.progress(label))(done, total)
            if done >= total:
                del bars[label]  # the next piece of work of this name has a bar of its own

    def _has_bars(self) -> bool:
        return not self._quiet and sys.stderr.isatty()


def _told(relay: Relay, label: str) -> Progress:
    last = [0.0]

    def update(done: int, total: int) -> None:
        now = time.monotonic()
        if done >= total or now - last[0] >= _OFTEN_S:
            last[0] = now
            relay.put((label, done, total))

    return update
