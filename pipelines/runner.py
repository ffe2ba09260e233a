"""The runner: takes the stages in order, reuses what has not changed, keeps the account."""

from __future__ import annotations

import dataclasses
import json
import shutil
import time
from typing import TYPE_CHECKING, Any

from coverage_gis.errors import ConservationError
from coverage_gis.store import artifacts
from coverage_gis.store.atomic import explained, remove_leftovers, replacing
from coverage_gis.store.locks import locked
from pipelines.input_hashes import InputHashes
from pipelines.keys import plain, stage_key
from pipelines.stage import (
    Options,
    SourceUse,
    Stage,
    StageContext,
    StageRecord,
    StageResult,
    source_path,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from coverage_gis.settings import Settings
    from coverage_gis.sources.inventory import Found
    from pipelines.console import Console

WORK = ".work"
"""Folder in a prefecture's results that holds what stages hand to each other."""
FILES = "files"
"""Folder in a stage's results that holds the files to be published."""
_HASHES = "input_hashes.json"
PEOPLE = "population"
"""The total that every stage states and that must never change."""


class Runner:
    """Runs stages for one prefecture.

    Parameters
    ----------
    options, settings
        Of the run.
    found
        All input files.
    console
        Where bars of long work show.
    records
        Of stages that have run elsewhere, in the order of the stages.
    hashes
        Of input files that are known already, as :class:`~pipelines.input_hashes.InputHashes`
        keeps them.
    alone
        Whether no other process works on this prefecture: what killed runs left is then removed.
    """

    def __init__(
        self,
        options: Options,
        settings: Settings,
        found: Sequence[Found],
        console: Console,
        *,
        records: Mapping[str, StageRecord] | None = None,
        hashes: Mapping[str, Sequence[Any]] | None = None,
        alone: bool = True,
    ) -> None:
        self._options = options
        self._settings = settings
        self._found = found
        self._console = console
        self._work = options.out_dir / WORK
        self._work.mkdir(parents=True, exist_ok=True)
        if alone:
            remove_leftovers(self._work)  # of a run that was killed: this one holds the lock
        self._hashes = InputHashes(self._work / _HASHES, options.raw, hashes or {})
        self.records: dict[str, StageRecord] = dict(records or {})
        self.reused: list[str] = []

    def run(self, stage: Stage) -> StageRecord:
        """Run a stage, or find that nothing it depends on has changed.

        Raises
        ------
        ConservationError
            If people went missing or appeared in it.
        """
        found = [f for f in self._found if f.kind in stage.reads]
        key = self._key(stage, found)
        # Of two processes at one stage (a worker given up for lost that was not), one waits and
        # then finds the work done.
        with locked(self._work / stage.name, wait=True):
            record = self._remembered(stage.name, key)
            reused = record is not None
            if record is None:
                record = self._compute(stage, key, found)
        self.adopt(record, reused=reused)
        return record

    def recall(self, stage: Stage) -> StageRecord | None:
        """Return what is remembered of a stage if nothing it depends on has changed."""
        found = [f for f in self._found if f.kind in stage.reads]
        return self._remembered(stage.name, self._key(stage, found))

    def adopt(self, record: StageRecord, *, reused: bool) -> None:
        """Take a stage's record into this run, wherever the stage has run.

        Raises
        ------
        ConservationError
            If people went missing or appeared in it.
        """
        if reused:
            self.reused.append(record.name)
        self.records[record.name] = record
        self._check_people(record)

    def get(self, stage: str, name: str) -> Any:
        """Return an artifact of a stage that has run."""
        return artifacts.load(self._work / stage, name)

    def has(self, stage: str) -> bool:
        """Tell whether a stage is part of this run."""
        return stage in self.records

    def files(self, stage: str) -> dict[str, Path]:
        """Return the files a stage wrote to be published, by their names there."""
        top = self._work / stage / FILES
        found = sorted(p for p in top.rglob("*") if p.is_file())
        return {p.relative_to(top).as_posix(): p for p in found}

    def input_name(self, found: Found) -> str:
        """Return an input file's path below the raw folder."""
        return source_path(found, self._options.raw)

    def input_sha256(self, found: Found) -> str:
        """Return the sha256 of an input file."""
        return self._hashes.of(found)[1]

    def _key(self, stage: Stage, found: Sequence[Found]) -> str:
        uses = stage.uses(self._settings, self._options)
        upstream = {n: self.records[n].digest for n in stage.needs if n in self.records}
        key = stage_key(stage, uses, [self._hashes.of(f) for f in found], upstream)
        self._hashes.save()
        return key

    def _compute(self, stage: Stage, key: str, found: Sequence[Found]) -> StageRecord:
        context = StageContext(
            self._options,
            self._settings,
            found,
            self._only_of(stage),
            # Those it needs alone: what else has run by now depends on who was faster.
            {n: self.records[n] for n in stage.needs if n in self.records},
            self._console.progress,
        )
        started = time.perf_counter()
        result = stage.run(context)
        scratch = self._work / f".{stage.name}.tmp"
        with explained(scratch):
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir()
            for name, value in sorted(result.artifacts.items()):
                artifacts.save(scratch, name, value)
            if result.write:
                (scratch / FILES).mkdir()
                result.write(scratch / FILES)
        record = self._record(stage, key, result, scratch, time.perf_counter() - started)
        # The record goes first and comes last: a run killed in between computes the stage again.
        self._record_path(stage.name).unlink(missing_ok=True)
        home = self._work / stage.name
        shutil.rmtree(home, ignore_errors=True)
        scratch.rename(home)
        with replacing(self._record_path(stage.name)) as path:
            path.write_text(_to_json(record), encoding="utf-8")
        return record

    def _only_of(self, stage: Stage) -> Callable[[str, str], Any]:
        """Return the getter of a stage: what it does not need may be old, or not there yet."""

        def get(name: str, artifact: str) -> Any:
            if name not in stage.needs:
                raise RuntimeError(f"the stage {stage.name} does not say that it needs {name}")
            return self.get(name, artifact)

        return get

    def _record(
        self, stage: Stage, key: str, result: StageResult, folder: Path, duration_s: float
    ) -> StageRecord:
        return StageRecord(
            stage.name,
            key,
            artifacts.digest(folder),
            round(duration_s, 3),
            _sizes(folder),
            dict(result.totals),
            dict(result.counts),
            tuple(result.sources),
            tuple(result.notes),
        )

    def _remembered(self, name: str, key: str) -> StageRecord | None:
        """Return the record of an earlier run if it is of this key and its files are there."""
        try:
            data = json.loads(self._record_path(name).read_text(encoding="utf-8"))
            record = _from_json(data)
        except (OSError, ValueError, TypeError, KeyError):
            return None  # no record, or one of another version: compute again
        if record.key != key or _sizes(self._work / name) != record.files:
            return None
        return record

    def _record_path(self, name: str) -> Path:
        return self._work / f"{name}.json"

    def _check_people(self, record: StageRecord) -> None:
        stated = [r for r in self.records.values() if PEOPLE in r.totals]
        if PEOPLE not in record.totals or not stated:
            return
        first = stated[0]
        difference = record.totals[PEOPLE] - first.totals[PEOPLE]
        if abs(difference) > 1e-6 * max(1.0, first.totals[PEOPLE]):
            raise ConservationError(
                f"{difference:+,.3f} people between the stages {first.name} "
                f"({first.totals[PEOPLE]:,.0f}) and {record.name} "
                f"({record.totals[PEOPLE]:,.0f}); nothing was written. This is a fault of "
                "coverage_gis: please report it with the file run.json."
            )


def _sizes(folder: Path) -> dict[str, int]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): p.stat().st_size for p in files}


def _to_json(record: StageRecord) -> str:
    return json.dumps(plain(record), ensure_ascii=False, indent=1, sort_keys=True)


def _from_json(data: dict[str, Any]) -> StageRecord:
    sources = tuple(SourceUse(**{**s, "notes": tuple(s["notes"])}) for s in data.pop("sources"))
    fields = {f.name for f in dataclasses.fields(StageRecord)} - {"sources"}
    return StageRecord(sources=sources, **{name: data[name] for name in fields})
