"""What a run says: lines on standard output, bars on a terminal, nothing when asked to be quiet."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

from tqdm import tqdm

if TYPE_CHECKING:
    from coverage_gis.progress import Progress


class Console:
    """Where a run's words go.

    Parameters
    ----------
    quiet
        Say only warnings and the final summary.
    silent
        Say nothing at all: somebody else speaks for this process.
    """

    def __init__(self, *, quiet: bool = False, silent: bool = False) -> None:
        self._quiet = quiet or silent
        self._silent = silent

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
        bars: list[tqdm[NoReturn]] = []  # made at the first report, when there is a total

        def update(done: int, total: int) -> None:
            if self._quiet or not sys.stderr.isatty():
                return
            if not bars:
                bars.append(tqdm(total=total, desc=label, leave=False, unit_scale=True))
            bar = bars[0]
            bar.total = total
            bar.update(done - bar.n)
            if done >= total:
                bar.close()

        return update
