"""All prefectures on a real Dask cluster of processes: faults, and the same bytes whatever happens.

Stages are those of ``coverage``; what they compute is tested elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import psutil
import pytest
from distributed import Client, LocalCluster

from coverage_gis.codes.prefecture import PREFECTURES
from coverage_gis.demo import Site, generate
from coverage_gis.errors import InputError, MissingInputError, OutputError
from coverage_gis.store.locks import locked
from pipelines.coverage_run import run_coverage
from pipelines.japan.options import JapanOptions, chosen
from pipelines.japan.run import DONE, FAILED, PARTIAL, run_japan
from pipelines.stage import Options
from pipelines.stages import STAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[1]
CODES = ("16", "17", "18", "19")
BROKEN = "20"
SHARED = "chubu.osm.pbf"
NATIONAL = ("N02-24_GML.zip", "mergeFromCity_1.csv")
USED = ("tbl*", "N03*", "*.osm.pbf")
"""Of the demo's files: little to read, and every stage has something to do."""
PATIENCE_S = 300


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four small prefectures side by side, and a fifth whose extract is cut in half."""
    top = tmp_path_factory.mktemp("japan")
    for i, code in enumerate((*CODES, BROKEN)):
        made = top / "made" / code
        site = Site(code, PREFECTURES[code].name_ja, east=2 * i - 4)
        generate(made, cells=100 + 5 * i, nodes=8000, seed=i, site=site)
        home = top / "raw" / code
        home.mkdir(parents=True)
        for pattern in USED:
            for path in made.glob(pattern):
                path.rename(home / path.name)
    # One extract is not in its prefecture's folder but where all look, as files of the country are:
    # they are decoded once for all.
    (top / "raw" / CODES[0] / "kakuu-ken.osm.pbf").rename(top / "raw" / SHARED)
    for name in NATIONAL:
        (top / "made" / CODES[0] / name).rename(top / "raw" / name)
    extract = next((top / "raw" / BROKEN).glob("*.osm.pbf"))
    extract.write_bytes(extract.read_bytes()[: extract.stat().st_size // 2])
    return top / "raw"


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        scheduler_kwargs={"dashboard": False},
        memory_limit=0,
        silence_logs=50,
        env={"NUMBA_NUM_THREADS": "1"},
    ) as made:
        yield made


@pytest.fixture(scope="module")
def undisturbed(
    raw: Path, cluster: LocalCluster, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, int, str]:
    """All five prefectures in one run that nothing happened to: folder, exit code, what it said."""
    out = tmp_path_factory.mktemp("undisturbed")
    said = out / "said.txt"
    with said.open("w", encoding="utf-8") as file, redirected(file):
        code = run_japan(options(raw, out, cluster))
    return out, code, said.read_text(encoding="utf-8")


class redirected:  # noqa: N801 - used like contextlib.redirect_stdout
    """Standard output into a file, for fixtures that outlive capsys."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def __enter__(self) -> None:
        self._was, sys.stdout = sys.stdout, self._file

    def __exit__(self, *_: object) -> None:
        sys.stdout = self._was


def options(raw: Path, out: Path, cluster: LocalCluster, *prefs: str) -> JapanOptions:
    one = Options(PREFECTURES["00"], raw, out, out / "maps")
    return JapanOptions(one, prefs, scheduler=cluster.scheduler_address)


def results(out: Path, *codes: str) -> dict[str, str]:
    """sha256 of every published file; of run.json without the two fields that tell of time."""
    found = {}
    for code in codes:
        for top in (out / code, out / "maps" / code):
            for path in sorted(p for p in top.rglob("*") if p.is_file()):
                name = path.relative_to(out).as_posix()
                if "/.work/" in name:
                    continue
                data = path.read_bytes()
                if path.name == "run.json":
                    record = json.loads(data)
                    del record["created"]
                    for stage in record["stages"]:
                        del stage["duration_s"]
                    data = json.dumps(record, sort_keys=True).encode()
                found[name] = hashlib.sha256(data).hexdigest()
    return found


def until(ready: Callable[[], Any], what: str) -> Any:
    """Wait for something to be so, and return it."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if found := ready():
            return found
        time.sleep(0.02)
    raise AssertionError(f"{what} has not happened in {PATIENCE_S} s")


def test_one_corrupt_prefecture_is_one_clear_line_and_the_others_have_results(
    undisturbed: tuple[Path, int, str],
) -> None:
    out, code, said = undisturbed
    assert code == PARTIAL
    assert [c for c in (*CODES, BROKEN) if (out / c / "run.json").exists()] == list(CODES)
    assert "4 of 5 prefectures done, 1 failed." in said
    reports = [line for line in said.splitlines() if "is damaged or incomplete" in line]
    assert len(reports) == 1
    assert (
        reports[0].strip().startswith("20 長野県 failed at osm: kakuu-ken.osm.pbf cannot be read")
    )
    assert "Traceback" not in said
    for number, pref in enumerate(CODES, start=1):
        assert f"{pref} {PREFECTURES[pref].name_ja}" in said, number


def test_the_country_is_what_its_prefectures_are(undisturbed: tuple[Path, int, str]) -> None:
    out, _, said = undisturbed
    record = json.loads((out / "japan" / "run.json").read_text("utf-8"))
    assert list(record["prefectures"]) == list(CODES)
    assert record["failed"][BROKEN]["stage"] == "osm"
    people = sum(p["population"] for p in record["prefectures"].values())
    assert record["totals"]["population"] == people
    assert f"{people:,.0f} people in 4 prefectures" in said
    areas = pd.read_csv(out / "japan" / "areas.csv", dtype={"area_code": "str"})
    assert areas.loc[areas["area_level"] == "prefecture", "area_code"].tolist() == list(CODES)
    national = pd.read_csv(out / "japan" / "national.csv")
    everybody = national[national["age_group"] == "total"]
    # A service that one of them has no data of is a sum over the others, and says so.
    whole = everybody["prefectures_n"] == len(CODES)
    assert whole.any()
    assert (everybody.loc[whole, "population"] == people).all()
    assert (everybody.loc[~whole, "population"] < people).all()
    made = {f"pref={c}" for c in CODES}
    for table in ("areas", "coverage"):
        assert {p.name for p in (out / "japan" / table).iterdir()} == made
    for name, sha256 in record["outputs"].items():
        folder, _, rest = name.partition("/")
        path = out / "maps" / "japan" / rest if folder == "maps" else out / "japan" / name
        assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256, name
    decoded = [p for p in (out / "japan" / ".work" / "shared").iterdir() if p.is_dir()]
    # What lies at the top of the raw data, and boundaries, at which neighbours look too.
    assert len(decoded) == 1 + len(NATIONAL) + len((*CODES, BROKEN))
    cells = sorted(p.name for p in (out / "maps" / "japan" / "cells").iterdir())
    assert cells == [f"{c}.js" for c in CODES]


def test_the_same_bytes_as_coverage_alone(
    raw: Path, undisturbed: tuple[Path, int, str], tmp_path: Path
) -> None:
    out, _, _ = undisturbed
    one = Options(PREFECTURES["16"], raw, tmp_path, tmp_path / "maps")
    run_coverage(one, quiet=True)
    alone = results(tmp_path, "16")
    assert len(alone) > 20
    assert alone == results(out, "16")


def test_a_worker_killed_in_the_middle_of_a_stage_changes_nothing(
    raw: Path, cluster: LocalCluster, undisturbed: tuple[Path, int, str], tmp_path: Path
) -> None:
    some = ("17", "18")
    ended: list[int] = []
    with Client(cluster) as client:
        pids = client.run(os.getpid)
        run = threading.Thread(
            target=lambda: ended.append(run_japan(options(raw, tmp_path, cluster, *some)))
        )
        run.start()
        names = {s.name for s in STAGES}

        def busy() -> str | None:
            processing = client.processing()
            begun = any((tmp_path / p / ".work" / "origins.json").exists() for p in some)
            at_work = [
                w
                for w, keys in processing.items()
                if any(str(k).split("-")[0] in names for k in keys)
            ]
            return at_work[0] if at_work and begun else None

        victim = until(busy, "a stage at work")
        os.kill(pids[victim], signal.SIGKILL)
        run.join(PATIENCE_S)
        assert not run.is_alive()
        assert pids[victim] not in client.run(os.getpid).values()
    assert ended == [DONE]
    assert results(tmp_path, *some) == results(undisturbed[0], *some)


def test_a_killed_run_is_continued_where_it_was(
    raw: Path,
    cluster: LocalCluster,
    undisturbed: tuple[Path, int, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "pipelines", "japan", "--raw", str(raw), "--out", str(out)]
    command += ["--prefs", "19", "--workers", "1", "--dashboard", "none", "--quiet"]
    first = subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until((out / "19" / ".work" / "osm.json").exists, "the stage osm")
        workers = psutil.Process(first.pid).children(recursive=True)
    finally:
        first.kill()
        first.wait(PATIENCE_S)
    left = psutil.wait_procs(workers, timeout=PATIENCE_S)[1]
    for process in left:
        process.kill()
    assert not left, "workers outlive the client that started them"
    assert not (out / "19" / "run.json").exists()
    capsys.readouterr()
    assert run_japan(options(raw, out, cluster, "19")) == DONE
    said = capsys.readouterr().out
    assert "stages as before" in said
    assert results(out, "19") == results(undisturbed[0], "19")
    assert run_japan(options(raw, out, cluster, "19")) == DONE
    assert "unchanged" in capsys.readouterr().out


def test_a_prefecture_that_another_run_holds_is_that_ones(
    raw: Path, cluster: LocalCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with locked(tmp_path / "16"):
        assert run_japan(options(raw, tmp_path, cluster, "16")) == FAILED
    assert "Another run" in capsys.readouterr().out


def test_two_runs_of_the_country_do_not_share_a_folder(
    raw: Path, cluster: LocalCluster, tmp_path: Path
) -> None:
    asked = options(raw, tmp_path, cluster, "16")
    with locked(asked.out_dir), pytest.raises(OutputError, match="Another run"):
        run_japan(asked)


def test_which_prefectures(raw: Path, cluster: LocalCluster, tmp_path: Path) -> None:
    every = options(raw, tmp_path, cluster)
    assert [p.code for p in chosen(every)] == [*CODES, BROKEN]
    assert [p.code for p in chosen(replace(every, prefs=("石川", "16", "Toyama")))] == ["16", "17"]
    with pytest.raises(MissingInputError, match="13"):
        chosen(replace(every, prefs=("13",)))
    with pytest.raises(InputError, match="demo"):
        chosen(replace(every, prefs=("00",)))
    with pytest.raises(MissingInputError, match="no prefecture's raw data"):
        chosen(replace(every, one=replace(every.one, raw=tmp_path)))


def test_no_scheduler_at_the_address_is_one_sentence(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.japan.cluster._WAIT_S", 1)
    one = Options(PREFECTURES["00"], raw, tmp_path, tmp_path / "maps")
    with pytest.raises(InputError, match="No Dask scheduler answers"):
        run_japan(JapanOptions(one, ("16",), scheduler="tcp://127.0.0.1:9"))
