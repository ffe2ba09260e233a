"""The saved inputs of the fuzzer: seeds are read, and what once failed fails no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzz.targets import TARGETS, answer

CORPUS = Path(__file__).resolve().parents[1] / "fuzz/corpus"


@pytest.mark.parametrize("name", TARGETS)
def test_a_saved_input_is_read_or_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "16"
    folder.mkdir()
    seeds = sorted((CORPUS / name).iterdir())
    said = {seed.name: answer(name, seed.read_bytes(), folder) for seed in seeds}
    whole = {seed: sentence for seed, sentence in said.items() if seed.startswith("whole")}
    assert whole
    assert set(whole.values()) == {None}


def test_every_corpus_has_its_target_and_all_are_small() -> None:
    assert {p.name for p in CORPUS.iterdir()} == set(TARGETS)
    assert sum(p.stat().st_size for p in CORPUS.rglob("*") if p.is_file()) < 300_000
