"""``verify`` finds every changed file; ``doctor`` finds what is broken and says so."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from coverage_gis.errors import InputError, MissingInputError
from coverage_gis.store.hashing import sha256_bytes
from pipelines import doctor_run, self_test
from pipelines.cli import main
from pipelines.verify_run import read_record, verify_inputs, verify_outputs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TABLES = {"coverage.csv": b"a,b\n1,2\n", "vacuum/vacuum_16.shp": b"\0\1"}
MAPS = {"index.html": b"<html>"}


@pytest.fixture
def result(tmp_path: Path) -> Path:
    """A small result with its record, and the input it was made from."""
    out, maps = tmp_path / "out/16", tmp_path / "out/maps/16"
    outputs = {}
    for home, files, label in ((out, TABLES, "tables"), (maps, MAPS, "maps")):
        for name, content in files.items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_bytes(content)
            outputs[name] = {"sha256": sha256_bytes(content), "folder": label}
    (tmp_path / "raw/16").mkdir(parents=True)
    (tmp_path / "raw/16/m.csv").write_bytes(b"x")
    sources = [
        {"path": "16/m.csv", "sha256": sha256_bytes(b"x")},
        {"path": "16/gone.zip!a.txt", "sha256": sha256_bytes(b"y")},
    ]
    record = {"outputs": outputs, "sources": sources}
    (out / "run.json").write_text(json.dumps(record), encoding="utf-8")
    return out


class TestVerify:
    def test_untouched_files_are_as_stated(
        self, result: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["verify", str(result)]) == 0
        assert "3 output files" in capsys.readouterr().out
        assert main(["verify", str(result / "run.json")]) == 0

    @pytest.mark.parametrize("name", [*TABLES, *MAPS])
    def test_one_changed_byte_or_a_missing_file_is_named(
        self, result: Path, capsys: pytest.CaptureFixture[str], name: str
    ) -> None:
        path = (result if name in TABLES else result.parent / "maps/16") / name
        content = path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        assert main(["verify", str(result)]) == 1
        assert name in capsys.readouterr().out
        path.unlink()
        assert main(["verify", str(result)]) == 1
        assert "missing" in capsys.readouterr().out

    def test_inputs_are_compared_when_their_folder_is_named(self, result: Path) -> None:
        raw = result.parents[1] / "raw"
        record = read_record(result)
        found = verify_inputs(record, raw)
        assert (found.same, found.unread) == (1, ("16/gone.zip",))
        assert main(["verify", str(result), "--raw", str(raw)]) == 0
        (raw / "16/m.csv").write_bytes(b"z")
        assert verify_inputs(record, raw).changed == (str(raw / "16/m.csv"),)
        assert main(["verify", str(result), "--raw", str(raw)]) == 1

    def test_a_damaged_record_is_one_sentence(
        self, result: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        record = result / "run.json"
        for text in ("{", "[]", '"x"', "[" * 100_000, '{"outputs": {"a": 1}}', "{}"):
            record.write_text(text, encoding="utf-8")
            assert main(["verify", str(result)]) == 2
            assert capsys.readouterr().err.count("\n") == 1
        with pytest.raises(MissingInputError, match=r"finished run.*OUT="):
            read_record(result.parent)

    def test_the_folder_may_be_named_after_its_prefecture(self, result: Path) -> None:
        for name in ("富山", "富山県", "Toyama"):
            assert main(["verify", str(result.parent / name)]) == 0
        assert main(["verify", str(result.parent / "Atlantis")]) == 2

    def test_a_record_cannot_point_outside_its_folders(self, result: Path) -> None:
        record = {"outputs": {"../../../etc/hostname": {"sha256": "0", "folder": "tables"}}}
        with pytest.raises(InputError, match="outside"):
            verify_outputs(record, result, result)


class TestDoctor:
    def test_this_machine_is_fit(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["doctor", "--out", str(tmp_path / "new/folder")]) == 0
        told = capsys.readouterr().out
        assert "FAULT" not in told
        assert "144 distances" in told

    @pytest.mark.parametrize(
        ("broken", "name"),
        [
            (lambda m: m.setattr(self_test.mesh, "bounds", lambda _: np.zeros((1, 4))), "mesh"),
            (lambda m: m.setattr(self_test.crs, "GRS80_A", 6378160.0), "equator"),
            (lambda m: m.setattr(self_test.crs, "plane_crs", lambda _: "EPSG:6669"), "zone IX"),
            (lambda m: m.setattr(self_test, "_city_distances", lambda: np.ones(144)), "blocks"),
            (lambda m: m.setattr(doctor_run, "LIBRARIES", ("no-such-package",)), "no-such"),
        ],
    )
    def test_what_is_broken_is_a_fault_not_a_traceback(
        self,
        broken: Callable[[pytest.MonkeyPatch], None],
        name: str,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        broken(monkeypatch)
        assert main(["doctor", "--out", str(tmp_path)]) == 1
        faults = [line for line in capsys.readouterr().out.splitlines() if "FAULT" in line]
        assert name in faults[0]


@pytest.mark.parametrize("command", ["doctor", "sources"])
def test_whoever_has_read_enough_is_told_nothing_more(tmp_path: Path, command: str) -> None:
    """`... | head -1`: neither a sentence nor Python's own complaint at its end."""
    more = {"doctor": ["--out", str(tmp_path)], "sources": ["--pref", "16", "--raw", str(tmp_path)]}
    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "pipelines", command, *more[command]],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_a_pipe_that_broke_elsewhere_is_told(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    monkeypatch.setattr(doctor_run, "run_doctor", broken)
    assert main(["doctor"]) not in (0, 141)
    assert "Broken pipe" in capfd.readouterr().err
