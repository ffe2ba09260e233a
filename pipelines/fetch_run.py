"""``fetch`` and ``sources``: bringing a prefecture's files, and saying what is there."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coverage_gis.codes import prefecture
from coverage_gis.errors import InputError
from coverage_gis.fetch.batch import FAILED, Outcome
from coverage_gis.fetch.download import BY_HAND, NEW, UNCHANGED
from coverage_gis.fetch.entries import Downloads, load_downloads
from coverage_gis.fetch.everything import fetch_all
from coverage_gis.fetch.opening import open_transport
from coverage_gis.fetch.plan import Wanted
from coverage_gis.fetch.record import Records
from coverage_gis.fetch.retry import Policy
from coverage_gis.fetch.session import Download, Session
from coverage_gis.fetch.survey import survey
from coverage_gis.sources.settings_file import load_settings
from coverage_gis.store.locks import locked
from pipelines.console import Console
from pipelines.fetch_report import failure_lines, size_text, table_lines

if TYPE_CHECKING:
    from pathlib import Path

    from coverage_gis.codes.prefecture import Prefecture
    from coverage_gis.progress import Progress

SOME_FAILED = 3
"""Exit code when some files could not be had."""
_JST = dt.timezone(dt.timedelta(hours=9))
_WORDS = {NEW: "new", UNCHANGED: "unchanged", BY_HAND: "put there by hand, left alone"}


@dataclass(frozen=True)
class FetchOptions:
    """What the user asked for.

    Attributes
    ----------
    pref, raw
        The prefecture, and the raw-data folder.
    level
        Mesh level; None takes the settings'.
    day
        Service date (基準日) for timetables; None takes today's.
    mirror, allow_hosts
        URL or folder to fetch from instead; further hosts that may be asked.
    only
        Names of catalogue entries; empty for all that are not optional.
    settings_file
        The user's settings over the shipped ones, or None.
    force
        Fetch again what is there, even files put there by hand.
    """

    pref: Prefecture
    raw: Path
    level: str | None = None
    day: dt.date | None = None
    mirror: str = ""
    allow_hosts: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    settings_file: Path | None = None
    force: bool = False


def run_fetch(options: FetchOptions, *, quiet: bool = False, policy: Policy | None = None) -> int:
    """Fetch a prefecture's files; return 0, or ``SOME_FAILED``.

    Parameters
    ----------
    options
        What to fetch.
    quiet
        Print only failures and the summary.
    policy
        How to ask again; by default as the settings say.

    Raises
    ------
    CoverageGisError
        If nothing can be fetched at all; one sentence says why.
    """
    downloads, wanted, margin_m = _prepared(options)
    transport = open_transport(downloads, mirror=options.mirror, allow_hosts=options.allow_hosts)
    how = downloads.fetch
    listener = _Teller(Console(quiet=quiet))
    with locked(options.raw / "fetch"):
        session = Session(
            raw=options.raw,
            transport=transport,
            records=Records(options.raw),
            policy=policy or Policy(how.attempts, how.first_wait_s, how.longest_wait_s),
            largest_bytes=how.largest_bytes,
            slowest_bytes_per_s=how.slowest_bytes_per_s,
            force=options.force,
        )
        listener.note(f"{options.pref.name_ja} ({options.pref.code}): fetching into {options.raw}")
        outcomes = fetch_all(session, downloads, wanted, listener, margin_m=margin_m)
    for line in _summary(outcomes, downloads, options):
        listener.console.tell(line)
    return SOME_FAILED if any(o.status == FAILED for o in outcomes) else 0


def run_sources(options: FetchOptions, *, dry_run: bool = False) -> int:
    """Print what is there, what is missing and where it comes from; ask nobody. Returns 0.

    Parameters
    ----------
    options
        For which prefecture.
    dry_run
        Say what ``fetch`` would do rather than what is there.
    """
    downloads, wanted, margin_m = _prepared(options)
    rows = survey(options.raw, downloads, wanted, Records(options.raw), margin_m=margin_m)
    console = Console()
    for line in table_lines(rows, wanted, options.raw, dry_run=dry_run):
        console.tell(line)
    return 0


def _prepared(options: FetchOptions) -> tuple[Downloads, Wanted, float]:
    if options.pref.code == prefecture.DEMO:
        raise InputError(
            "The demo prefecture is generated, not fetched; name a real one, such as PREF=16."
        )
    downloads = load_downloads(options.settings_file)
    settings = load_settings(options.settings_file)
    level = options.level or downloads.fetch.level
    day = options.day or dt.datetime.now(_JST).date()
    return downloads, Wanted(options.pref, level, day, options.only), settings.run.margin_m


class _Teller:
    """Tells the user how downloads go: a bar each on a terminal, a line each when done."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._bars: dict[str, Progress] = {}
        self._lock = threading.Lock()

    def progress(self, download: Download) -> Progress:
        bar = self.console.progress(download.path.name)
        with self._lock:
            self._bars[download.url] = bar

        def update(done: int, total: int) -> None:
            if total > 0:
                bar(done, total)

        return update

    def done(self, outcome: Outcome) -> None:
        with self._lock:
            bar = self._bars.pop(outcome.url, None)
        if bar:
            bar(1, 1)  # closes what a failure left open
        if outcome.status == FAILED:
            self.console.say(f"  FAILED     {outcome.place}: {outcome.why}")
        else:
            size = size_text(outcome.size)
            self.console.say(f"  {size:>9}  {outcome.place}  ({_WORDS[outcome.status]})")

    def note(self, sentence: str) -> None:
        self.console.say(sentence)


def _summary(outcomes: list[Outcome], downloads: Downloads, options: FetchOptions) -> list[str]:
    counts = Counter(o.status for o in outcomes)
    words = {NEW: "new", UNCHANGED: "unchanged", BY_HAND: "put there by hand", FAILED: "failed"}
    said = ", ".join(f"{counts[s]} {word}" for s, word in words.items() if counts[s])
    failed = [o for o in outcomes if o.status == FAILED]
    first = f"{options.pref.name_ja}: {said or 'nothing to fetch'}."
    return [first, *failure_lines(failed, downloads, options.raw)]
