"""``japan``: all prefectures, each to its own results, and then the national ones."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from distributed import KilledWorker, as_completed

from coverage_gis.errors import CoverageGisError
from coverage_gis.sources.settings_file import load_settings
from coverage_gis.store.atomic import write_text
from coverage_gis.store.locks import locked
from coverage_gis.store.publish import recover
from coverage_gis.store.remote import send
from pipelines.complaints import sentence
from pipelines.console import Console
from pipelines.japan.cluster import connected, memory_limit
from pipelines.japan.options import NAME, chosen
from pipelines.japan.results import write_results
from pipelines.japan.schedule import Schedule, longest_first
from pipelines.japan.tasks import INPUTS, Failure, Job, Published
from pipelines.publication import MAPS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from distributed import Client, Future

    from coverage_gis.codes.prefecture import Prefecture
    from coverage_gis.settings import Settings
    from pipelines.input_hashes import Known
    from pipelines.japan.options import JapanOptions
    from pipelines.japan.schedule import Planned

DONE, FAILED, PARTIAL = 0, 2, 4
"""Exit codes: all prefectures done, none, some."""
_WORK, _HASHES = ".work", "input_hashes.json"


def run_japan(options: JapanOptions, *, quiet: bool = False, debug: bool = False) -> int:
    """Run the prefectures and put the national results in place.

    Parameters
    ----------
    options
        What to run, and on what.
    quiet
        Print only failures and the summary.
    debug
        Print the traceback of a failure too.

    Returns
    -------
    int
        0 all prefectures are done; 4 some failed, each with its line; 2 all failed.

    Raises
    ------
    CoverageGisError
        If nothing can be run at all, in one sentence.
    """
    console = Console(quiet=quiet)
    settings = load_settings(options.one.settings_file)
    prefs = chosen(options)
    console.say(f"{len(prefs)} prefectures: {' '.join(p.code for p in prefs)}")
    with ExitStack() as held:
        held.enter_context(locked(options.out_dir))
        recover(options.out_dir, options.maps_dir)
        failures = _hold(held, options, prefs)
        free = [p for p in prefs if p.code not in {f.pref.code for f in failures}]
        with connected(options, console) as client:
            run = _Run(client, options, settings, console, len(prefs), debug=debug)
            for failure in failures:
                run.tell(failure)
            run.all(free)
        said, refused = [], None
        if run.published:
            try:
                said = write_results(options, settings, run.published, run.failures)
                said += _send(options, run.published)
            except CoverageGisError as error:
                refused = error  # said after how the prefectures ended
    failed = run.failures
    console.tell("")
    for line in said:
        console.tell(line)
    console.tell(f"{len(run.published)} of {len(prefs)} prefectures done, {len(failed)} failed.")
    for failure in failed:
        who = f"{failure.pref.code} {failure.pref.name_ja}"
        console.tell(f"  {who} failed at {failure.where}: {failure.sentence}")
    if refused:
        raise refused
    if not failed:
        return DONE
    return PARTIAL if run.published else FAILED


def _send(options: JapanOptions, published: Sequence[Published]) -> list[str]:
    """Send what is in place to a storage, if one was named."""
    if options.send_to is None:
        return []
    folders = {NAME: options.out_dir, f"{MAPS}/{NAME}": options.maps_dir}
    for one in published:
        run = options.of(one.pref)
        folders |= {one.pref.code: run.out_dir, f"{MAPS}/{one.pref.code}": run.maps_dir}
    sent, total = send(options.send_to, folders)
    return [f"  {options.send_to}: {total:,} files, {sent:,} of them sent now"]


def _hold(held: ExitStack, options: JapanOptions, prefs: Sequence[Prefecture]) -> list[Failure]:
    """Take each prefecture's lock for the whole run; those that another run has are failures."""
    out = []
    for pref in prefs:
        try:
            held.enter_context(locked(options.of(pref).out_dir))
        except CoverageGisError as error:
            out.append(Failure(pref, INPUTS, str(error)))
    return out


class _Run:
    """Follows the tasks of a run."""

    def __init__(
        self,
        client: Client,
        options: JapanOptions,
        settings: Settings,
        console: Console,
        total: int,
        *,
        debug: bool,
    ) -> None:
        self._client = client
        self._options = options
        self._settings = settings
        self._console = console
        self._total = total
        self._debug = debug
        self.published: list[Published] = []
        self.failures: list[Failure] = []

    def all(self, prefs: Sequence[Prefecture]) -> None:
        """Run the prefectures to their end."""
        schedule = Schedule(self._client, memory_limit(self._client))
        each = [self._options.of(pref) for pref in prefs]
        asked = schedule.prepare(each, self._settings, force=self._options.force)
        jobs: list[tuple[Job, Future[Any]]] = []
        for pref, future in zip(prefs, asked, strict=True):
            result = _result(future, pref, INPUTS)
            if isinstance(result, Failure):
                self.tell(result)
                continue
            for problem in result.options.unread:
                self._console.tell(f"  {pref.code} {pref.name_ja}: ignored: {problem}")
            jobs.append((result, future))
        hashes = schedule.hashes([job for job, _ in jobs], self._remembered())
        shared = schedule.shared([job for job, _ in jobs], self._settings, self._options.shared)
        ranks = longest_first([job for job, _ in jobs])
        planned = [
            schedule.stages(job, future, hashes, shared, rank=ranks[job.options.pref.code])
            for job, future in jobs
        ]
        self._follow(planned)
        self._remember(hashes)

    def _follow(self, planned: Sequence[Planned]) -> None:
        """Wait for all tasks, telling of each prefecture when its last is done."""
        last = {p.published.key: p for p in planned}
        every = [f for p in planned for f in (*p.stages.values(), p.published)]
        bar = self._console.progress("japan")
        for number, future in enumerate(as_completed(every), start=1):
            bar(number, len(every))
            if (plan := last.get(future.key)) is None:
                continue
            self.tell(_outcome(plan))

    def tell(self, outcome: Published | Failure) -> None:
        """Take note of how a prefecture ended, and print its line."""
        if isinstance(outcome, Failure):
            self.failures.append(outcome)
        else:
            self.published.append(outcome)
        number = len(self.published) + len(self.failures)
        line = f"[{number:2d}/{self._total}] {_line(outcome)}"
        self._console.say(line)
        if isinstance(outcome, Failure) and self._debug:
            self._console.tell(outcome.trace)

    def _remembered(self) -> Known:
        path = self._options.out_dir / _WORK / _HASHES
        try:
            known: Known = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return known

    def _remember(self, hashes: Mapping[Any, Future[Any]]) -> None:
        known: Known = {}
        for future in hashes.values():
            if future.status == "finished" and isinstance(one := future.result(), dict):
                known |= one
        path = self._options.out_dir / _WORK / _HASHES
        write_text(path, json.dumps(known, indent=1, sort_keys=True))


def _outcome(plan: Planned) -> Published | Failure:
    """Return how a prefecture ended; of a stage whose worker died, say which stage."""
    pref = plan.job.options.pref
    for name, future in plan.stages.items():
        if future.status == "error":
            failure: Failure = _result(future, pref, name)
            return failure
    out: Published | Failure = _result(plan.published, pref, "publication")
    return out


def _result(future: Future[Any], pref: Prefecture, where: str) -> Any:
    """Return a task's result, a :class:`Failure` where it has none."""
    try:
        return future.result()
    except KilledWorker as error:
        return Failure(
            pref,
            where,
            f"a worker died {error.allowed_failures + 1} times at it, as one does that takes more "
            "memory than it may; give workers more with MEMORY= or fewer WORKERS=.",
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, the other prefectures go on
        return Failure(pref, where, sentence(error))


def _line(outcome: Published | Failure) -> str:
    """Return how a prefecture ended; why one failed is said once, at the end of the run."""
    who = f"{outcome.pref.code} {outcome.pref.name_ja}"
    if isinstance(outcome, Failure):
        return f"{who}  failed at {outcome.where}, see below"
    took = f"{outcome.seconds:.1f} s"
    if outcome.reused == outcome.stages:
        took = "unchanged"
    elif outcome.reused:
        took += f", {outcome.reused} of {outcome.stages} stages as before"
    return f"{who}  {outcome.people:,.0f} people, {outcome.cells:,} cells  {took}"
