"""Whole runs that are killed, starved or set back: the old result or the new one, never a mixture.

A child process is forked from this one, so that it need not import anything, and kills itself
with SIGKILL at its n-th change of the file system (a file opened for writing, renamed, removed, a
folder made), or is killed by this one at a moment of time. Between two such changes nothing on disk
differs, so these are all the moments there are.
"""

from __future__ import annotations

import dataclasses
import math
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from published import state

from coverage_gis.demo import generate
from coverage_gis.errors import InputError
from coverage_gis.routing import threads
from pipelines import stages
from pipelines.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SMALL = {"cells": 100, "nodes": 8_000}
EVENTS = frozenset({"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate"})
KILLS = 60
OTHER = "[run]\nsubpoint_spacing_m = 250\n[choice]\ncutoffs_m = [400, 800]\n"

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked (POSIX)")


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raw")
    generate(folder / "00", **SMALL)
    return folder


@pytest.fixture(scope="module")
def undisturbed(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What two kinds of runs give when nobody disturbs them."""
    out = {}
    for kind in ("plain", "other"):
        out[kind] = tmp_path_factory.mktemp(kind)
        assert run(raw, out[kind], kind) == 0
    assert state(out["plain"]) != state(out["other"])
    return out


def run(raw: Path, out: Path, kind: str = "plain") -> int:
    more = ["--encoding", "cp932"] if kind == "other" else []
    return main(["coverage", "--raw", str(raw), "--out", str(out), "--quiet", *more])


def in_child(work: Callable[[], int], kill_at: int | None = None, after_s: float = 0.0) -> int:
    """Do it in a process of its own; return its exit code, negative for a signal."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        code = 99
        try:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
            if kill_at is not None:
                sys.addaudithook(_killer(kill_at))
            code = work()
        finally:
            os._exit(code)
    if after_s:
        time.sleep(after_s)
        os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _killer(kill_at: int) -> Callable[[str, tuple[object, ...]], None]:
    seen = 0

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal seen
        writes = (
            event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
        )
        if event in EVENTS or writes:
            seen += 1
            if seen == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    return hook


def test_killed_at_random_moments_the_result_is_the_old_or_the_new(
    raw: Path, undisturbed: dict[str, Path], tmp_path: Path
) -> None:
    """Each run goes on where the last one died, until one lives; then the other kind of run."""
    whole = {kind: state(folder) for kind, folder in undisturbed.items()}
    out = tmp_path / "out"
    shutil.copytree(undisturbed["plain"], out)
    dice = random.Random(20261127)
    kills, finished, now = 0, 0, "plain"
    while kills < KILLS or finished < 2:
        wanted = "other" if now == "plain" else "plain"
        by_clock = kills % 8 == 7
        code = in_child(
            lambda wanted=wanted: run(raw, out, wanted),  # type: ignore[misc]
            kill_at=None if by_clock else _moment(dice),
            after_s=dice.uniform(0.05, 1.5) if by_clock else 0.0,
        )
        assert code in (0, -signal.SIGKILL)
        begun = (out / ".00.staging" / "journal.json").exists()
        if not begun:  # whole without any help; else the next run finishes the exchange first
            seen = state(out)
            assert seen in (whole[now], whole[wanted])
            if code == 0:
                assert seen == whole[wanted]
        if code == 0:
            finished, now = finished + 1, wanted
        else:
            kills += 1
    assert run(raw, out, now) == 0
    assert state(out) == whole[now]
    leftovers = [p.name for p in out.rglob(".tmp-*")] + [p.name for p in out.glob(".*.staging")]
    assert leftovers == []


def test_killed_in_every_stage_the_first_result_appears_whole(
    raw: Path, undisturbed: dict[str, Path], tmp_path: Path
) -> None:
    """From nothing, killed ever later; nothing is seen before all is."""
    out = tmp_path / "out"
    kills, code = 0, 1
    while code != 0:
        code = in_child(lambda: run(raw, out), kill_at=8 + 60 * kills)
        assert code in (0, -signal.SIGKILL)
        kills += code != 0
        begun = (out / ".00.staging" / "journal.json").exists()
        assert begun or code == 0 or not (out / "00/run.json").exists()
    assert kills > 4
    assert state(out) == state(undisturbed["plain"])


def _moment(dice: random.Random) -> int:
    """A number of changes, small ones more often: 1 to 900, of some 800 in such a run."""
    return int(math.exp(dice.uniform(0, math.log(900))))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Folders on file systems of a few megabytes, where mounting is allowed."""
    mounted: list[Path] = []
    mount = shutil.which("mount")

    def make(megabytes: int) -> Path:
        folder = tmp_path / f"disk{megabytes}"
        folder.mkdir()
        size = f"size={megabytes}m"
        command = [mount or "", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)]
        if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:  # noqa: S603 - a fixed command
            pytest.skip("a small tmpfs cannot be mounted here (not root)")
        mounted.append(folder)
        return folder

    yield make
    for folder in mounted:
        subprocess.run([shutil.which("umount") or "umount", str(folder)], check=True)  # noqa: S603 - a fixed command


def test_a_full_disk_leaves_the_old_result_and_says_so(
    raw: Path,
    undisturbed: dict[str, Path],
    small_disk: Callable[[int], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    size = sum(p.stat().st_size for p in undisturbed["plain"].rglob("*") if p.is_file())
    tried = 0
    for share in (0.2, 0.5, 0.8, 0.95):
        disk = small_disk(max(1, int(size * share / 1e6)))
        out = disk / "out"
        code = run(raw, out)
        told = capsys.readouterr().err
        if code == 0:
            continue
        tried += 1
        assert code == 2
        assert told.count("\n") == 1, told
        assert "full" in told or "No space" in told, told
        assert not (out / "00/run.json").exists()
    assert tried >= 2
    # with an old result on the disk, that one stays whole
    disk = small_disk(int(size * 1.6 / 1e6))
    shutil.copytree(undisturbed["plain"], disk / "out")
    if run(raw, disk / "out", "other") != 0:
        assert state(disk / "out") == state(undisturbed["plain"])
    else:
        assert state(disk / "out") == state(undisturbed["other"])


def test_a_read_only_folder_is_one_sentence(
    raw: Path, small_disk: Callable[[int], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    disk = small_disk(1)
    mount = shutil.which("mount") or "mount"
    subprocess.run([mount, "-o", "remount,ro", str(disk)], check=True)  # noqa: S603 - a fixed command
    assert run(raw, disk / "out") == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "read-only" in told


@pytest.mark.parametrize("name", [s.name for s in stages.STAGES])
def test_out_of_memory_in_a_stage_is_one_sentence_and_the_old_result_stays(  # noqa: PLR0917 - fixtures
    name: str,
    raw: Path,
    undisturbed: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    shutil.copytree(undisturbed["plain"], out)
    before = state(out)
    # its record gone, the stage runs again; so does no other
    (out / "00/.work" / f"{name}.json").unlink()

    def starve(_: object) -> None:
        raise MemoryError

    starved = tuple(
        dataclasses.replace(s, run=starve) if s.name == name else s for s in stages.STAGES
    )
    monkeypatch.setattr(stages, "STAGES", starved)
    assert run(raw, out) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "Out of memory" in told
    assert state(out) == before
    monkeypatch.undo()
    assert run(raw, out) == 0
    assert state(out) == before


def test_really_out_of_memory(raw: Path, undisturbed: dict[str, Path], tmp_path: Path) -> None:
    """Little more address space than the process has: whatever fails, nothing is half-written."""
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc").is_dir() else 0
    if not pages:
        pytest.skip("how much a process uses is read from /proc (Linux)")
    out = tmp_path / "out"

    def starved() -> int:
        limit = pages * resource.getpagesize() + 24 * 1024**2
        signal.alarm(90)  # a library that waits for a thread it could not start
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        return run(raw, out)

    code = in_child(starved)
    # room that this process had taken already may be enough; then the result is whole
    assert (out / "00/run.json").exists() == (code == 0)
    assert run(raw, out) == 0
    assert state(out) == state(undisturbed["plain"])


def test_a_clock_that_goes_backwards_changes_nothing(
    raw: Path, undisturbed: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files from the future, a date from the past: the same bytes; changed input is seen."""
    out = tmp_path / "out"
    shutil.copytree(undisturbed["plain"], out)
    for path in out.rglob("*"):
        os.utime(path, (4e9, 4e9))

    class Past(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # noqa: ARG003 - its signature
            return datetime(1999, 12, 31, tzinfo=UTC)

    monkeypatch.setattr("pipelines.publication.datetime", Past)
    monkeypatch.setattr("time.time", lambda: 9e8)
    assert run(raw, out, "other") == 0
    assert state(out) == state(undisturbed["other"])


@pytest.mark.parametrize("count", [1, 4])
def test_the_number_of_threads_shows_in_no_byte(
    count: int,
    raw: Path,
    undisturbed: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As many as asked for, and shares of a few rows, so that each has something to do."""
    monkeypatch.setattr(threads, "_SMALL", 10)
    asked = []
    monkeypatch.setattr(threads, "thread_count", lambda: asked.append(count) or count)
    assert run(raw, tmp_path) == 0
    assert asked
    assert state(tmp_path) == state(undisturbed["plain"])


def test_an_input_changed_behind_its_dates_is_read_anew(raw: Path, tmp_path: Path) -> None:
    """Same size, same time of modification, other content."""
    mine = tmp_path / "raw"
    shutil.copytree(raw, mine)
    out = tmp_path / "out"
    assert run(mine, out) == 0
    before = state(out)
    census = next((mine / "00").glob("tbl*.txt"))
    times = census.stat()
    text = census.read_bytes()
    # the last row's total, one digit: another number of people in that cell
    head, last = text.rstrip(b"\r\n").rsplit(b"\n", 1)
    fields = last.split(b",")
    fields[4] = fields[4][:-1] + (b"1" if fields[4][-1:] != b"1" else b"2")
    census.write_bytes(head + b"\n" + b",".join(fields) + text[len(text.rstrip(b"\r\n")) :])
    os.utime(census, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert census.stat().st_size == times.st_size
    assert run(mine, out) == 0
    assert state(out)["00/cells.parquet"] != before["00/cells.parquet"]


def test_unknown_faults_are_a_sentence_too(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise InputError("x.csv, row 3: seven columns where six were expected; mend it.")

    monkeypatch.setattr("pipelines.coverage_run.inventory_of", fails)
    assert run(raw, tmp_path) == 2
    assert capsys.readouterr().err == (
        "coverage-gis: x.csv, row 3: seven columns where six were expected; mend it.\n"
    )
    monkeypatch.setattr("pipelines.coverage_run.inventory_of", lambda *_: 1 / 0)
    assert run(raw, tmp_path) == 70
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "ZeroDivisionError" in told
