"""Which task waits for which, which goes first, and how much memory each claims."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from pipelines.japan import tasks
from pipelines.japan.cluster import MEMORY
from pipelines.shared import forget_others, inode, keys_of, shared_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from distributed import Client, Future

    from coverage_gis.settings import Settings
    from coverage_gis.sources.found import Found
    from pipelines.input_hashes import Known
    from pipelines.japan.tasks import Job
    from pipelines.stage import Options

    Shared = dict[tuple[str, str, str, str], Future[Any]]
    """A data set's sort key -> the task that decodes it."""

_BASE = 500_000_000
"""Bytes of a worker that has loaded everything and holds a small prefecture."""
_PER_ROAD_BYTE = 7
"""Bytes in memory per byte of an OpenStreetMap extract: 0.91 GB at 103 MB (docs/performance.md)."""
_UNPACKED = 10
"""Bytes of tables per byte of a zip: those of KSJ and MHLW hold six to fifteen."""
_ROADS_IN = ("osm", "network", "access", "vacuum", "shelters", "catchments", "measures")
"""Stages that hold roads in memory."""


@dataclass(frozen=True)
class Planned:
    """The tasks of a prefecture: its stages' in order, and the one that publishes."""

    job: Job
    stages: dict[str, Future[Any]]
    published: Future[Any]


class Schedule:
    """Submits tasks. The first submitted do not matter: the longest prefectures go first.

    Parameters
    ----------
    client
        Of the cluster.
    limit
        Memory of a worker where workers declare it; None where they do not, and claim nothing.
    """

    def __init__(self, client: Client, limit: float | None) -> None:
        self._client = client
        self._limit = limit
        self._run = uuid4().hex[:8]  # another run's keys are another run's tasks

    def prepare(self, options: Sequence[Options], settings: Settings, *, force: bool) -> list[Any]:
        """Return the tasks that look at each prefecture's inputs."""
        return [
            self._submit("prepare", o.pref.code, tasks.prepare, o, settings, force=force)
            for o in options
        ]

    def hashes(self, jobs: Sequence[Job], remembered: Known) -> dict[Path, Future[Any]]:
        """Return a task for each input file: one that several prefectures use is read once."""
        names: dict[tuple[int, int], list[Path]] = {}
        for path in sorted({path for job in jobs for path in tasks.inputs_of(job)}):
            names.setdefault(inode(path), []).append(path)
        out: dict[Path, Future[Any]] = {}
        for i, paths in enumerate(names.values()):
            known = {k: v for k, v in remembered.items() if k == str(paths[0].resolve())}
            task = self._submit("hash", str(i), tasks.hash_file, paths, known)
            out |= dict.fromkeys(paths, task)
        return out

    def stages(
        self,
        job: Job,
        prepared: Future[Any],
        hashes: dict[Path, Future[Any]],
        shared: Shared,
        *,
        rank: int,
    ) -> Planned:
        """Submit all tasks of a prefecture.

        Parameters
        ----------
        job, prepared
            What :func:`tasks.prepare` gave, and its task.
        hashes
            Of all files.
        shared
            Of what several prefectures read: decoded before any takes its part.
        rank
            Higher goes first.
        """
        code = job.options.pref.code
        mine = list(dict.fromkeys(hashes[path] for path in sorted(tasks.inputs_of(job))))
        ready = self._submit("complete", code, tasks.complete, prepared, *mine, priority=rank)
        done: dict[str, Future[Any]] = {}
        for stage in job.stages:
            before = [done[n] for n in stage.needs if n in done]
            kept = (shared.get(f.sort_key) for f in job.found if f.kind in stage.reads)
            before += dict.fromkeys(task for task in kept if task is not None)
            done[stage.name] = self._submit(
                stage.name,
                code,
                tasks.run_stage,
                ready,
                stage.name,
                *before,
                priority=rank,
                claim=memory_of(job, stage.name),
            )
        published = self._submit(
            "publish", code, tasks.publish_results, ready, *done.values(), priority=rank
        )
        return Planned(job, done, published)

    def shared(self, jobs: Sequence[Job], settings: Settings, folder: Path) -> Shared:
        """Return a task that decodes each data set that several prefectures read."""
        users: dict[tuple[int, int, str], list[Found]] = {}
        for job in jobs:
            mine = {shared_key(f): f for f in reversed(job.found)}
            for key, found in mine.items():
                if key is not None:
                    users.setdefault(key, []).append(found)
        several = [same for same in users.values() if len(same) > 1]
        forget_others(keys_of([same[0] for same in several], settings), folder)
        out: Shared = {}
        for i, same in enumerate(several):
            task = self._submit(
                "decode",
                str(i),
                tasks.decode,
                same[0],
                settings,
                folder,
                priority=len(jobs),  # many wait for it
                claim=_decoding(same[0]),
            )
            out |= {f.sort_key: task for f in same}
        return out

    def _submit(
        self,
        name: str,
        of: str,
        function: Any,
        *args: Any,
        priority: int = 0,
        claim: float = 0.0,
        **kwargs: Any,
    ) -> Future[Any]:
        resources = {MEMORY: min(claim, self._limit)} if self._limit and claim else None
        return self._client.submit(
            function,
            *args,
            key=f"{name}-{of}-{self._run}",
            priority=priority,
            resources=resources,
            pure=False,
            **kwargs,
        )


def longest_first(jobs: Sequence[Job]) -> dict[str, int]:
    """Return a rank by prefecture code: the higher, the more there is to read."""
    order = sorted(jobs, key=lambda job: (_weight(job), job.options.pref.code))
    return {job.options.pref.code: i for i, job in enumerate(order)}


def memory_of(job: Job, stage: str) -> float:
    """Return the bytes a stage of a prefecture is expected to hold."""
    if stage not in _ROADS_IN:
        return float(_BASE)
    return float(_BASE + _PER_ROAD_BYTE * sum(_sizes(job, "osm")))


def _decoding(found: Found) -> float:
    """Return the bytes that decoding a data set is expected to take."""
    packed = _UNPACKED if found.path.suffix.lower() == ".zip" else 1
    return float(_BASE + _PER_ROAD_BYTE * packed * found.path.stat().st_size)


def _weight(job: Job) -> int:
    """Return the bytes of a prefecture's own input files; those shared by all say nothing."""
    home = job.options.raw / job.options.pref.code
    return sum(p.stat().st_size for p in tasks.inputs_of(job) if p.is_relative_to(home))


def _sizes(job: Job, kind: str) -> list[int]:
    return [f.path.stat().st_size for f in job.found if f.kind == kind]
