"""Stages in processes of their own: the same results, one sentence on failure, nobody left over."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from published import state

from coverage_gis import errors
from coverage_gis.demo import generate
from pipelines import side_by_side
from pipelines.cli import main
from pipelines.stages import STAGES

if TYPE_CHECKING:
    from collections.abc import Callable

SMALL = {"cells": 100, "nodes": 8_000}
COMMAND = [sys.executable, "-m", "pipelines", "coverage", "--quiet"]
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raw")
    generate(folder / "00", **SMALL)
    return folder


@pytest.fixture(scope="module")
def alone(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one process gives."""
    out = tmp_path_factory.mktemp("alone")
    assert run(raw, out, workers=1) == 0
    return out


def run(raw: Path, out: Path, workers: int) -> int:
    options = ["--raw", str(raw), "--out", str(out), "--quiet", "--workers", str(workers)]
    return main(["coverage", *options])


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def children_of(pid: int) -> list[int]:
    """Processes that run stages for another; the interpreter's own helpers are left out."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    children = [int(c) for t in tasks for c in (t / "children").read_text("ascii").split()]
    return [c for c in children if "spawn_main" in _words(c)]


def _words(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")


def lives(pid: int) -> bool:
    try:
        text = Path(f"/proc/{pid}/stat").read_text("ascii")
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] != "Z"


def test_two_processes_give_the_bytes_of_one(
    raw: Path, alone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(raw, tmp_path, workers=2) == 0
    assert state(tmp_path) == state(alone)
    capsys.readouterr()
    assert main(["coverage", "--raw", str(raw), "--out", str(tmp_path), "--workers", "2"]) == 0
    words = capsys.readouterr().out
    assert "Nothing has changed" in words
    told = [
        line.split()[1 if line[1] == " " else 0] for line in words.splitlines() if "/" in line[:7]
    ]
    assert len(told) == len(STAGES), "a line for each stage, in the order of the table"


def test_a_bad_file_is_one_sentence_as_in_one_process(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "raw" / "00"
    bad.mkdir(parents=True)
    for path in (raw / "00").iterdir():
        (bad / path.name).symlink_to(path)
    # the demo's own data are left as they are: a file of the user's beside them is wrong
    (bad / "zones").mkdir(exist_ok=True)
    (bad / "zones" / "taxi.geojson").write_text('{"type": "FeatureCollection", "features": 5}')
    said = []
    for workers in (1, 2):
        out = tmp_path / str(workers)
        assert run(tmp_path / "raw", out, workers=workers) == 2
        said.append(capsys.readouterr().err)
        assert not (out / "00" / "run.json").exists()
    assert said[0] == said[1]
    assert "taxi.geojson" in said[0]
    assert "Traceback" not in said[0]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are seen in /proc")
def test_killed_one_of_them_or_all(raw: Path, alone: Path, tmp_path: Path) -> None:
    command = [*COMMAND, "--raw", str(raw), "--out", str(tmp_path), "--workers", "2"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as it:  # noqa: S603 - our own command
        until((tmp_path / "00" / ".work" / "origins.json").exists)
        workers = children_of(it.pid)
        assert len(workers) == 2
        os.kill(workers[0], signal.SIGKILL)
        _, words = it.communicate(timeout=PATIENCE_S)
    assert it.returncode == 2, words
    assert "ended from outside" in words
    assert "WORKERS=1" in words
    assert "Traceback" not in words
    assert not any(lives(pid) for pid in workers)

    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as it:  # noqa: S603 - our own command
        until((tmp_path / "00" / ".work" / "access.json").exists)
        workers = children_of(it.pid)
        assert len(workers) == 2
        it.kill()  # who waits for their results is gone
    until(lambda: not any(lives(pid) for pid in workers))

    assert run(raw, tmp_path, workers=2) == 0
    assert state(tmp_path) == state(alone)


def test_the_stages_that_most_wait_for_come_first() -> None:
    after = {s.name: side_by_side._after(s.name, STAGES) for s in STAGES}
    assert after["maps"] == set()
    assert {"osm", "destinations", "access", "vacuum", "maps"} <= after["origins"]
    assert "network" not in after["departures"]
    for stage in STAGES:
        for needed in stage.needs:
            assert after[stage.name] < after[needed]


def test_how_many_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(side_by_side.WORKERS_VARIABLE, "3")
    assert side_by_side.default_workers() == 3
    for nonsense in ("", "0", "many"):
        monkeypatch.setenv(side_by_side.WORKERS_VARIABLE, nonsense)
        assert 1 <= side_by_side.default_workers() <= 4
    if hasattr(os, "sched_getaffinity"):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))
        monkeypatch.setattr(
            os, "sysconf", lambda name: 4096 if "SIZE" in name else 8 * 1024**3 // 4096
        )
        assert side_by_side.default_workers() == 2, "8 GB have room for two"


@pytest.mark.parametrize("number", ["0", "-1", "two"])
def test_a_number_of_processes_that_is_none(
    number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["coverage", "--workers", number])
    told = capsys.readouterr().err
    assert told.startswith("coverage-gis: argument --workers")
    assert told.endswith("(coverage-gis coverage --help lists the options).\n")
    assert told.count("\n") == 1


def test_errors_travel_between_processes() -> None:
    kinds = [
        k for k in vars(errors).values()
        if isinstance(k, type) and issubclass(k, errors.CoverageGisError)
    ]  # fmt: skip
    assert len(kinds) > 5
    for kind in kinds:
        back = pickle.loads(pickle.dumps(kind("one sentence")))  # noqa: S301 - our own
        assert type(back) is kind
        assert str(back) == "one sentence"
