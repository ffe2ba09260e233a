"""Stages side by side: those that do not wait for each other run in processes of their own.

What a stage gives depends on its inputs alone, so results are the same however many processes
there are; ``japan`` does the same for many prefectures on Dask.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait as wait_for
from typing import TYPE_CHECKING, NamedTuple

from coverage_gis.errors import WorkerError
from pipelines.console import Console
from pipelines.runner import Runner
from pipelines.stages import STAGES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from coverage_gis.settings import Settings
    from coverage_gis.sources.inventory import Found
    from pipelines.console import Relay
    from pipelines.stage import Options, Stage, StageRecord

WORKERS_VARIABLE = "COVERAGE_GIS_WORKERS"
_MOST = 4
"""Processes that the table of stages can keep busy."""
_GB_EACH = 4
"""Memory of the machine for each process: a prefecture of a million road nodes takes 2 GB."""


class _Work(NamedTuple):
    """What a process needs to know to run stages of one prefecture."""

    options: Options
    settings: Settings
    found: tuple[Found, ...]
    relay: Relay | None


_work: _Work | None = None


def default_workers() -> int:
    """Return how many processes this machine has room for, or COVERAGE_GIS_WORKERS."""
    asked = os.environ.get(WORKERS_VARIABLE, "")
    if asked.isdigit() and int(asked):
        return int(asked)
    has_affinity = hasattr(os, "sched_getaffinity")
    cores = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
    room = _MOST
    if "SC_PHYS_PAGES" in getattr(os, "sysconf_names", {}):
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        room = round(memory / 1024**3 / _GB_EACH)
    return max(1, min(cores, room, _MOST))


def run_stages(
    runner: Runner,
    stages: Sequence[Stage],
    work: tuple[Options, Settings, Sequence[Found]],
    *,
    workers: int,
    console: Console,
) -> Iterator[Stage]:
    """Run stages, as many at once as there are workers, and yield each when it is done.

    What has not changed is found so here, and no process is started for it.

    Parameters
    ----------
    runner
        Of the run: it takes each stage's record.
    stages
        In an order in which they could run one after the other.
    work
        Options, settings and input files of the run.
    workers
        Processes; with one, stages run in this process.
    console
        Where bars of long work show.

    Raises
    ------
    CoverageGisError
        What a stage raised; the others are stopped.
    WorkerError
        If a process was killed.
    """
    if workers == 1:
        for stage in stages:
            runner.run(stage)
            yield stage
        return
    options, settings, found = work
    with console.relay() as relay:
        job = _Work(options, settings, tuple(found), relay)
        try:
            yield from _scheduled(runner, stages, workers, job)
        except BrokenProcessPool:
            raise WorkerError(
                "A process that computed stages was ended from outside, most likely because memory "
                "ran out. Run again with WORKERS=1 (--workers 1): it needs less memory and goes on "
                "where this run was."
            ) from None
    # In the order of the table, whoever was faster: records are listed and reported.
    runner.records = {s.name: runner.records[s.name] for s in stages}


def _scheduled(
    runner: Runner, stages: Sequence[Stage], workers: int, job: _Work
) -> Iterator[Stage]:
    names = {s.name for s in stages}
    waiting = sorted(stages, key=lambda s: -len(_after(s.name, stages)))  # stable: table's order
    running: dict[Future[tuple[StageRecord, bool]], Stage] = {}
    pool: ProcessPoolExecutor | None = None
    before = set(multiprocessing.active_children())
    try:
        while waiting or running:
            ready = [s for s in waiting if names.intersection(s.needs) <= runner.records.keys()]
            for stage in ready[: workers - len(running)]:
                waiting.remove(stage)
                record = runner.recall(stage)
                if record is not None:
                    runner.adopt(record, reused=True)
                    yield stage
                    break  # others may be ready now
                pool = pool or _pool(workers, job)
                needed = {n: runner.records[n] for n in stage.needs if n in names}
                running[pool.submit(_run, stage.name, needed)] = stage
            else:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    stage = running.pop(future)
                    record, reused = future.result()
                    runner.adopt(record, reused=reused)
                    yield stage
    except BaseException:
        # Nobody waits for what the others compute: what they had not finished is computed again.
        for child in set(multiprocessing.active_children()) - before:
            child.kill()
        raise
    finally:
        if pool is not None:
            pool.shutdown(cancel_futures=True)


def _after(name: str, stages: Sequence[Stage]) -> set[str]:
    """Return the stages that wait for one, however many steps later."""
    out: set[str] = set()
    for stage in stages:
        if name in stage.needs or out.intersection(stage.needs):
            out.add(stage.name)
    return out


def _pool(workers: int, job: _Work) -> ProcessPoolExecutor:
    # spawn: the same on Linux and macOS, and threads of this process are nobody's trouble.
    return ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(job,),
    )


def _begin(job: _Work) -> None:
    """Prepare a process: Ctrl-C is its parent's to answer, and it ends when its parent does."""
    global _work  # noqa: PLW0603 - once in the life of a process
    _work = job
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    """End this process when its parent has ended, killed or not: nobody waits for the result."""
    wait_for([sentinel])
    os._exit(1)


def _run(name: str, needed: Mapping[str, StageRecord]) -> tuple[StageRecord, bool]:
    """Run a stage in a process of the pool."""
    if _work is None:  # pragma: no cover - the pool's initializer has set it
        raise RuntimeError(name)
    console = Console(silent=True, relay=_work.relay)
    runner = Runner(
        _work.options, _work.settings, _work.found, console, records=needed, alone=False
    )
    record = runner.run(next(s for s in STAGES if s.name == name))
    return record, bool(runner.reused)
