"""Packs: what goes in comes out; checked with a reader written from the description alone."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gis.errors import OutputError
from coverage_gis.maps.packing import Pack


def read(text: str) -> dict[str, Any]:
    """Inflate each entry from its own piece of the text alone."""
    size, packed = struct.unpack("<II", piece(text, 0, 8))
    directory = zlib.decompress(piece(text, 9, packed))
    assert len(directory) == size
    base = 9 + packed + -packed % 3
    out: dict[str, Any] = {}
    for entry in json.loads(directory):
        raw = zlib.decompress(piece(text, base + entry["at"], entry["packed"]))
        if "bytes" in entry:
            out[entry["name"]] = json.loads(raw)
            assert len(raw) == entry["bytes"]
            continue
        n, planes = entry["n"], entry["planes"]
        places = np.frombuffer(raw, np.uint8).reshape(planes, n).astype(np.int64)
        values = sum(places[p] << (8 * p) for p in range(planes))
        if entry["delta"]:
            values = np.cumsum((values >> 1) ^ -(values & 1))
        out[entry["name"]] = values.tolist()
    return out


def piece(text: str, at: int, size: int) -> bytes:
    """Return bytes of a pack, read from no more of its text than they need."""
    assert at % 3 == 0
    letters = at // 3 * 4, -(-size // 3) * 4
    return base64.b64decode(text[letters[0] : sum(letters)])[:size]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 2**31 - 1), max_size=40), st.lists(st.integers(0, 300), max_size=40))
def test_integers_come_out_as_they_went_in(large: list[int], small: list[int]) -> None:
    pack = Pack()
    pack.ints("large", large)
    pack.json("between", {"名": ["</script>", None, 0.1]})
    pack.ints("small", small)
    out = read(pack.text())
    assert out["large"] == large
    assert out["small"] == small
    assert out["between"] == {"名": ["</script>", None, 0.1]}


def test_a_smooth_column_is_written_as_differences_and_a_rough_one_is_not() -> None:
    rough = np.random.default_rng(1).integers(0, 200, 4000)
    smooth = np.arange(4000) * 3 + 70_000
    alone = Pack()
    alone.ints("smooth", smooth)
    assert len(alone.text()) < 400
    both = Pack()
    both.ints("rough", rough)
    # 200 values need 7.6 bits each; differences would need about 8.4.
    assert len(both.text()) < 4000 * 8 / 8 * 4 / 3 + 400
    assert read(both.text())["rough"] == rough.tolist()


@pytest.mark.parametrize("bad", [[-1], [2**31]])
def test_what_does_not_fit_is_refused(bad: list[int]) -> None:
    with pytest.raises(OutputError, match="column c has a value outside"):
        Pack().ints("c", bad)
