"""Hashes, and files that are either the old one or the new one."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gis.errors import InputError, OutputError
from coverage_gis.store import atomic, hashing

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@dataclasses.dataclass(frozen=True)
class Rule:
    name: str
    tags: frozenset[str]


def test_sha256_of_bytes_and_files_is_the_published_one(tmp_path: Path) -> None:
    # FIPS 180-2, appendix B.1
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    (tmp_path / "abc").write_bytes(b"abc")
    assert hashing.sha256_bytes(b"abc") == expected
    assert hashing.sha256_file(tmp_path / "abc") == expected


def test_canonical_json_is_what_it_says() -> None:
    obj = {"b": (1, 2.5), "a": Rule("徒歩", frozenset({"y", "x"})), "c": Path("d/e")}
    text = '{"a":{"name":"徒歩","tags":["x","y"]},"b":[1,2.5],"c":"d/e"}'
    assert hashing.canonical_json(obj) == text
    assert hashing.sha256_json(obj) == hashlib.sha256(text.encode()).hexdigest()


@given(st.dictionaries(st.text(), JSON, max_size=6), st.randoms())
@settings(deadline=None, max_examples=50)
def test_order_of_keys_changes_no_hash(obj: dict[str, object], random: object) -> None:
    keys = list(obj)
    random.shuffle(keys)  # type: ignore[attr-defined] # hypothesis types it as object
    assert hashing.sha256_json({k: obj[k] for k in keys}) == hashing.sha256_json(obj)


def test_numpy_numbers_hash_as_python_numbers() -> None:
    assert hashing.canonical_json({"n": np.int64(3), "x": np.float64(0.1)}) == '{"n":3,"x":0.1}'


@pytest.mark.parametrize("bad", [{1: "a"}, {"a": object()}, {"a": b"x"}])
def test_what_has_no_stable_text_is_refused(bad: object) -> None:
    with pytest.raises(TypeError):
        hashing.canonical_json(bad)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), np.float64("nan")])
def test_json_without_nan(bad: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        hashing.sha256_json({"x": bad})


def test_replacing_puts_the_new_file_in_place_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "cells.gpkg"
    atomic.write_bytes(path, b"old")
    with atomic.replacing(path) as temp:
        assert temp.name == path.name
        temp.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt()])
def test_an_error_in_between_leaves_the_old_file(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"old")

    def body() -> None:
        with atomic.replacing(path) as temp:
            temp.write_bytes(b"half")
            raise error

    with pytest.raises(type(error)):
        body()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_our_own_errors_pass_as_they_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^row 3$"), atomic.replacing(tmp_path / "a"):
        raise InputError("row 3")


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EFBIG, "disk is full"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "read-only"),
        (errno.EISDIR, "file where a folder"),
        (errno.ENAMETOOLONG, "too long a path"),
        (errno.EIO, os.strerror(errno.EIO)),
    ],
)
def test_system_errors_become_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, says: str
) -> None:
    path = tmp_path / "coverage.csv"
    path.write_bytes(b"old")

    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutputError) as caught:
        atomic.write_bytes(path, b"new")
    message = str(caught.value)
    assert says in message
    assert str(path) in message
    assert message.endswith(".")
    assert "\n" not in message
    assert caught.value.errno == number
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_device_that_is_really_full() -> None:
    with pytest.raises(OutputError, match="disk is full"), atomic.explained(Path("x.csv")):
        Path("/dev/full").write_bytes(b"x" * 100_000)


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"")
    with pytest.raises(OutputError, match="file where a folder is needed"):
        atomic.write_bytes(tmp_path / "out" / "a.csv", b"")


def test_a_body_that_writes_nothing_is_an_error_and_not_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with pytest.raises(OutputError), atomic.replacing(path):
        pass
    assert not path.exists()


def test_leftovers_of_killed_writes_are_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "sub" / ".tmp-abc").mkdir(parents=True)
    (tmp_path / "sub" / ".tmp-abc" / "x").write_bytes(b"")
    (tmp_path / "sub" / "kept").write_bytes(b"")
    atomic.remove_leftovers(tmp_path)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["kept", "sub"]
