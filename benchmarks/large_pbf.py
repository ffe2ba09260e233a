"""Write a large PBF file: an extract copied side by side until it has the size wanted.

.venv-bench/bin/python benchmarks/large_pbf.py 500 results/large.osm.pbf

Ids, positions and references are differences within a block, so that a copy's block is the
first one with a few numbers changed: fast enough for files of any size.
"""

from __future__ import annotations

import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from coverage_gis.sources import osm_pbf_decode as decode
from coverage_gis.sources.osm_pbf_blocks import blobs, contents

if TYPE_CHECKING:
    from typing import BinaryIO

ROOT = Path(__file__).resolve().parents[1]
PORTO = ROOT.parent / "shared" / "data" / "elsewhere" / "porto-roads.osm.pbf"
SIDE = 20
DEGREE = 10_000_000


def varint(value: int) -> bytes:
    """Return a number of the format, seven bits a byte."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def zigzag(value: int) -> bytes:
    """Return a signed number of the format."""
    return varint(value << 1 if value >= 0 else (-value << 1) - 1)


def part(number: int, payload: bytes) -> bytes:
    """Return a field that holds bytes."""
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def differences(values: np.ndarray) -> tuple[int, bytes]:
    """Return the first value, and all further ones as they are in the file."""
    steps = np.diff(values.astype(np.int64)).tolist()
    return int(values[0]), b"".join(map(zigzag, steps))


@dataclass
class NodeBlock:
    """Dense nodes: first id, latitude and longitude, and what follows each."""

    strings: bytes
    columns: tuple[tuple[int, bytes], ...]
    tags: bytes

    def copy(self, node: int, _: int, east: int, north: int) -> bytes:
        """Return the block with ids moved by ``node``, and places by degrees."""
        numbers, moves = (1, 8, 9), (node, north * DEGREE, east * DEGREE)
        dense = b"".join(
            part(n, zigzag(first + move) + rest)
            for n, (first, rest), move in zip(numbers, self.columns, moves, strict=True)
        )
        return self.strings + part(2, part(2, dense + self.tags))


@dataclass
class WayBlock:
    """Ways: id, tags, first reference and what follows it."""

    strings: bytes
    ways: list[tuple[int, bytes, int, bytes]]

    def copy(self, node: int, way: int, *_: int) -> bytes:
        """Return the block with references moved by ``node`` and ids by ``way``."""
        group = b"".join(
            part(3, b"\x08" + varint(i + way) + tags + part(8, zigzag(first + node) + rest))
            for i, tags, first, rest in self.ways
        )
        return self.strings + part(2, group)


def blocks_of(source: Path) -> tuple[bytes, list[NodeBlock], list[WayBlock]]:
    """Return the header of a file, and its blocks of nodes and of ways."""
    nodes, ways = [], []
    with source.open("rb") as file:
        header, data = blobs(file, source.stat().st_size)

        def raw(blob: object) -> bytes:
            file.seek(blob.start)
            return contents(file.read(blob.size))

        head = raw(header)
        for blob in data:
            block = raw(blob)
            buffer = np.frombuffer(block, dtype=np.uint8)
            strings, entries, scale = decode.block_entries(buffer)
            table = part(1, b"".join(part(1, block[a:b]) for a, b in strings.tolist()))
            group = []
            for kind, low, high in entries.tolist():
                if kind == decode.DENSE:
                    ids, x, y, tags = decode.dense_nodes(buffer, low, high, scale)
                    text = part(10, b"".join(map(varint, tags.tolist()))) if len(tags) else b""
                    columns = tuple(differences(v) for v in (ids, y, x))
                    nodes.append(NodeBlock(table, columns, text))
                elif kind == decode.WAY:
                    ref, parts = decode.way_parts(buffer, low, high)
                    at = parts.tolist()
                    keys, values = (block[slice(*at[n])] for n in (2, 3))
                    line = decode.packed_deltas(buffer, *at[8])
                    group.append((int(ref), part(2, keys) + part(3, values), *differences(line)))
            if group:
                ways.append(WayBlock(table, group))
    return head, nodes, ways


def put(file: BinaryIO, kind: bytes, block: bytes) -> None:
    """Write a block."""
    blob = b"\x10" + varint(len(block)) + part(3, zlib.compress(block))
    header = part(1, kind) + b"\x18" + varint(len(blob))
    file.write(len(header).to_bytes(4, "big") + header + blob)


def write(target: Path, megabytes: float, source: Path = PORTO) -> int:
    """Write copies of ``source`` one degree apart, nodes first, and return how many."""
    head, nodes, ways = blocks_of(source)
    count = max(1, round(megabytes * 1e6 / source.stat().st_size))
    ids = [b.columns[0][0] for b in nodes]
    # a block's last id is below the next one's first; the last block's is not known, so leave room
    node_shift = max(ids) + (1 << 34)
    way_shift = max(w[0] for b in ways for w in b.ways) + 1
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        put(file, b"OSMHeader", head)
        for blocks in (nodes, ways):
            for i in range(count):
                for block in blocks:
                    moved = block.copy(i * node_shift, i * way_shift, i % SIDE, i // SIDE)
                    put(file, b"OSMData", moved)
    return count


if __name__ == "__main__":
    path = Path(sys.argv[2])
    copies = write(path, float(sys.argv[1]))
    print(f"{path}: {copies} copies, {path.stat().st_size / 1e6:.0f} MB")
