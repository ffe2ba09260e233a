"""What runs on a worker. Every task may run twice: a stage that was done is found done.

A task that fails gives a :class:`Failure` instead of raising; those after it pass it on, so that
one prefecture's trouble is one line, and no other prefecture's.
"""

from __future__ import annotations

import shutil
import traceback
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from coverage_gis.errors import CoverageGisError
from coverage_gis.store.locks import locked
from coverage_gis.store.publish import recover
from pipelines.complaints import sentence
from pipelines.console import Console
from pipelines.coverage_run import ROADS, check_inputs
from pipelines.input_hashes import Known, files_of, hashed
from pipelines.inputs import inventory_of
from pipelines.publication import publish
from pipelines.runner import PEOPLE, WORK, Runner
from pipelines.shared import keep_extract, keep_file, with_kept
from pipelines.stages import STAGES, stages_for
from pipelines.stages.osm import OSM

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from coverage_gis.codes.prefecture import Prefecture
    from coverage_gis.settings import Settings
    from coverage_gis.sources.inventory import Found
    from pipelines.stage import Options, Stage, StageRecord

    T = TypeVar("T")

INPUTS, PUBLICATION = "inputs", "publication"
"""Where a prefecture can fail, beside its stages."""


@dataclass(frozen=True)
class Failure:
    """Why a prefecture has no result: in which stage, in one sentence; the traceback for DEBUG."""

    pref: Prefecture
    where: str
    sentence: str
    trace: str = ""


@dataclass(frozen=True)
class Job:
    """One prefecture's run, as every task of it needs to know it."""

    options: Options
    settings: Settings
    found: tuple[Found, ...]
    hashes: Known

    @property
    def stages(self) -> list[Stage]:
        """The stages of the run, in order."""
        return stages_for(self.options, osm_present=any(f.kind in ROADS for f in self.found))


@dataclass(frozen=True)
class Done:
    """A stage that has run, and whether it had been before."""

    record: StageRecord
    reused: bool


@dataclass(frozen=True)
class Published:
    """A prefecture whose results are in place."""

    pref: Prefecture
    people: float
    cells: int
    stages: int
    reused: int
    seconds: float
    written: bool


def prepare(options: Options, settings: Settings, *, force: bool) -> Job | Failure:
    """Look at a prefecture's input files, and clear away what a killed run left."""

    def work() -> Job:
        with locked(options.out_dir / WORK / PUBLICATION, wait=True):
            recover(options.out_dir, options.maps_dir)
        if force:
            _forget(options.out_dir / WORK)
        inventory = inventory_of(options)
        check_inputs(inventory.found, options)
        told = replace(options, unread=inventory.problems)
        return Job(told, settings, inventory.found, {})

    return _attempt(options.pref, INPUTS, work)


def hash_file(paths: Sequence[Path], remembered: Known) -> Known | str:
    """Return the hash of an input file that one or more prefectures use, or why there is none."""
    try:
        return hashed(paths, remembered)
    except OSError as error:
        return sentence(error)


def complete(job: Job | Failure, *hashes: Known | str) -> Job | Failure:
    """Return a job with the hashes of its inputs."""
    if isinstance(job, Failure):
        return job
    known: Known = {}
    for one in hashes:
        if isinstance(one, str):
            return Failure(job.options.pref, INPUTS, one)
        known |= one
    return replace(job, hashes=known)


def inputs_of(job: Job) -> set[Path]:
    """Return all files that are input of a stage."""
    return {path for found in job.found for path in files_of(found.path)}


def decode(found: Found, settings: Settings, shared: Path) -> str:
    """Decode a data set that several prefectures use; the stage itself tells of a broken one."""
    try:
        if found.kind == OSM:
            return str(keep_extract(found.path, settings, shared))
        return str(keep_file(found, shared))
    except (CoverageGisError, ValueError, TypeError) as error:
        return sentence(error)


def run_stage(job: Job | Failure, name: str, *before: Done | Failure | str) -> Done | Failure:
    """Run a stage, given what those it needs gave."""
    if isinstance(job, Failure):
        return job
    failed = next((b for b in before if isinstance(b, Failure)), None)
    if failed is not None:
        return failed
    stage = next(s for s in STAGES if s.name == name)

    def work() -> Done:
        mine = [f for f in job.found if f.kind in stage.reads]
        kept = replace(job, found=tuple(with_kept(mine, job.options.shared)))
        runner = _runner(kept, [b for b in before if isinstance(b, Done)])
        record = runner.run(stage)
        return Done(record, name in runner.reused)

    return _attempt(job.options.pref, name, work)


def publish_results(job: Job | Failure, *before: Done | Failure) -> Published | Failure:
    """Put a prefecture's results in place, as ``coverage`` does."""
    if isinstance(job, Failure):
        return job
    failed = next((b for b in before if isinstance(b, Failure)), None)
    if failed is not None:
        return failed
    done = [b for b in before if isinstance(b, Done)]

    def work() -> Published:
        runner = _runner(job, done)
        runner.reused += [d.record.name for d in done if d.reused]
        with locked(job.options.out_dir / WORK / PUBLICATION, wait=True):
            written = publish(runner, job.options, job.settings, job.found)
        origins = runner.records["origins"]
        return Published(
            job.options.pref,
            origins.totals[PEOPLE],
            int(origins.counts["cells"]),
            len(done),
            len(runner.reused),
            sum(d.record.duration_s for d in done if not d.reused),
            written,
        )

    return _attempt(job.options.pref, PUBLICATION, work)


def _runner(job: Job, done: Sequence[Done]) -> Runner:
    return Runner(
        job.options,
        job.settings,
        job.found,
        Console(silent=True),
        records={d.record.name: d.record for d in done},
        hashes=job.hashes,
        alone=False,
    )


def _forget(work: Path) -> None:
    """Remove what stages kept, but not the locks, which another process may hold."""
    for path in work.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.suffix == ".json":
            path.unlink(missing_ok=True)


def _attempt(pref: Prefecture, where: str, work: Callable[[], T]) -> T | Failure:
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - whatever it is, the other prefectures go on
        return Failure(pref, where, sentence(error), traceback.format_exc())
