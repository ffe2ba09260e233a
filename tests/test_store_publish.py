"""A run's files are put in place together, whatever kills it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from coverage_gis.errors import OutputError
from coverage_gis.store.locks import locked
from coverage_gis.store.publish import PUBLISHED, publishing, recover

ROOT = Path(__file__).resolve().parents[1]
OLD = {
    "out/run.json": "old run",
    "out/cells.csv": "old cells",
    "out/keep.csv": "kept",
    "out/vacuum/a.shp": "old a",
    "out/vacuum/gone.shp": "gone",
    "out/only/old.txt": "gone with its folder",
    "maps/index.html": "old map",
    "maps/old.js": "gone",
}
NEW = {
    "out/run.json": "new run",
    "out/cells.csv": "new cells",
    "out/vacuum/a.shp": "new a",
    "out/vacuum/b.shp": "new b",
    "maps/index.html": "new map",
    "maps/layer.js": "new",
}
AFTER = {**NEW, "out/keep.csv": "kept"}

CHILD = """
import os, signal, sys
from pathlib import Path
from coverage_gis.store.locks import locked
from coverage_gis.store.publish import publishing
top, at, new = Path(sys.argv[1]), int(sys.argv[2]), eval(sys.argv[3])
events = 0
def hook(event, args):
    global events
    changes = event in {"os.rename", "os.remove", "os.rmdir", "os.mkdir"}
    if changes or (event == "open" and args[2] & (os.O_WRONLY | os.O_RDWR)):
        events += 1
        if events == at:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
finals = (top / "out", top / "maps")
with locked(finals[0]), publishing(*finals) as stage:
    stage.keep(finals[0], "keep.csv")
    for name, text in new.items():
        folder, _, rest = name.partition("/")
        path = stage.folder(top / folder) / rest
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
print("done", events)
"""


def publish(top: Path, files: dict[str, str]) -> None:
    with publishing(top / "out", top / "maps") as stage:
        for name, text in files.items():
            folder, _, rest = name.partition("/")
            path = stage.folder(top / folder) / rest
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def visible(top: Path) -> dict[str, str]:
    """Files a planner sees: all but the hidden ones."""
    out = {}
    for path in sorted(top.rglob("*")):
        name = path.relative_to(top)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            out[name.as_posix()] = path.read_text(encoding="utf-8")
    return out


def hidden(top: Path) -> list[str]:
    return [p.name for p in top.iterdir() if p.name.startswith(".") and p.suffix != ".lock"]


def run_child(top: Path, kill_at: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", CHILD, str(top), str(kill_at), repr(NEW)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_first_and_second_publication(tmp_path: Path) -> None:
    publish(tmp_path, OLD)
    assert visible(tmp_path) == OLD
    publish(tmp_path, NEW)
    assert visible(tmp_path) == NEW
    assert hidden(tmp_path) == []
    assert not (tmp_path / "out" / "only").exists()


def test_files_of_others_stay(tmp_path: Path) -> None:
    publish(tmp_path, OLD)
    mine = tmp_path / "out" / "vacuum" / "my_project.qgz"
    mine.write_text("a planner's", encoding="utf-8")
    publish(tmp_path, NEW)
    assert visible(tmp_path) == {**NEW, "out/vacuum/my_project.qgz": "a planner's"}


def test_a_listing_that_points_outside_removes_nothing_there(tmp_path: Path) -> None:
    publish(tmp_path, OLD)
    outside = tmp_path / "precious.txt"
    outside.write_text("x", encoding="utf-8")
    with (tmp_path / "out" / PUBLISHED).open("a", encoding="utf-8") as listing:
        listing.write(f"../precious.txt\n{outside}\n")
    publish(tmp_path, NEW)
    assert outside.exists()


def test_kept_files_stay_and_must_exist(tmp_path: Path) -> None:
    publish(tmp_path, OLD)
    out, maps = tmp_path / "out", tmp_path / "maps"
    with publishing(out, maps) as stage:
        stage.keep(out, "keep.csv")
        (stage.folder(out) / "run.json").write_text("r", encoding="utf-8")
    assert visible(tmp_path) == {"out/run.json": "r", "out/keep.csv": "kept"}
    with pytest.raises(OutputError, match="no longer there"), publishing(out) as stage:
        stage.keep(out, "nothing.csv")
    assert visible(tmp_path) == {"out/run.json": "r", "out/keep.csv": "kept"}


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt()])
def test_an_error_changes_nothing(tmp_path: Path, error: BaseException) -> None:
    publish(tmp_path, OLD)

    def body() -> None:
        with publishing(tmp_path / "out", tmp_path / "maps") as stage:
            (stage.folder(tmp_path / "out") / "run.json").write_text("half", encoding="utf-8")
            raise error

    with pytest.raises(type(error)):
        body()
    assert visible(tmp_path) == OLD
    assert hidden(tmp_path) == []


def test_run_json_is_the_last_to_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(tmp_path, OLD)
    order: list[str] = []
    replace = os.replace

    def watch(source: Path, target: Path) -> None:
        if ".staging" not in str(target):
            order.append(Path(target).relative_to(tmp_path).as_posix())
        replace(source, target)

    monkeypatch.setattr(os, "replace", watch)
    publish(tmp_path, NEW)
    assert order[-1] == "out/run.json"
    assert sorted(order) == sorted([*NEW, f"out/{PUBLISHED}", f"maps/{PUBLISHED}"])


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
def test_killed_at_every_step_the_result_is_the_old_or_the_new(tmp_path: Path) -> None:
    """Kill at the first, second, third ... file operation until a run survives."""
    outcomes = {"old": 0, "new": 0}
    for at in range(1, 1000):
        top = tmp_path / str(at)
        publish(top, OLD)
        child = run_child(top, at)
        if child.returncode == 0:
            assert visible(top) == AFTER
            break
        assert child.returncode == -signal.SIGKILL, child.stderr
        begun = (top / ".out.staging" / "journal.json").exists()
        if not begun:  # whole without any help, old or (in the last steps) new
            assert visible(top) in (OLD, AFTER)
        with locked(top / "out"):  # the dead run's lock is free
            recover(top / "out", top / "maps")
        outcomes["new" if visible(top) == AFTER else "old"] += 1
        assert visible(top) in (OLD, AFTER)
        assert visible(top) == AFTER or not begun
        assert hidden(top) == []
    else:
        pytest.fail("the run never came to its end")
    assert min(outcomes.values()) > 10, outcomes  # kills fell on both sides of the journal


def test_a_file_that_cannot_be_replaced_is_finished_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where Excel has cells.csv open."""
    publish(tmp_path, OLD)
    replace = os.replace

    def busy(source: Path, target: Path) -> None:
        if Path(target) == tmp_path / "out" / "cells.csv":
            raise PermissionError(13, "open in another program")
        replace(source, target)

    monkeypatch.setattr(os, "replace", busy)
    with pytest.raises(OutputError, match=r"cells\.csv cannot be written.*close it"):
        publish(tmp_path, NEW)
    monkeypatch.undo()
    assert visible(tmp_path)["out/run.json"] == "old run"
    assert recover(tmp_path / "out", tmp_path / "maps")
    assert visible(tmp_path) == NEW


def test_the_second_run_for_one_folder_stops_with_a_sentence(tmp_path: Path) -> None:
    out = tmp_path / "16"
    code = (
        "import sys\nfrom pathlib import Path\nfrom coverage_gis.store.locks import locked\n"
        "with locked(Path(sys.argv[1])):\n    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    with subprocess.Popen(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", code, str(out)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        with pytest.raises(OutputError, match=rf"process {first.pid}.*wait until"), locked(out):
            pass
        with locked(tmp_path / "17"):  # another prefecture is free
            pass
        first.kill()
    deadline = time.monotonic() + 5
    while True:  # the system has dropped the dead run's lock
        try:
            with locked(out):
                break
        except OutputError:
            assert time.monotonic() < deadline


def test_one_process_cannot_hold_a_folder_twice(tmp_path: Path) -> None:
    with (
        locked(tmp_path / "a"),
        pytest.raises(OutputError, match="Another run"),
        locked(tmp_path / "a"),
    ):
        pass
    with locked(tmp_path / "a"):
        pass
