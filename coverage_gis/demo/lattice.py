"""Street nets of the plain: a bent lattice, denser where more people live.

Blocks of 500 m are crossed by 1, 2, 4 or 8 streets each way. A finer block's streets end at
its border with a coarser one, whose own street runs along it, so that nets of different
density join. Between crossings the lattice's points remain as bends of the road. Links (from
crossing to crossing) are then taken out at random as long as everything stays connected.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Place = Callable[[Array, Array], tuple[Array, Array]]

BLOCK_M = 500.0
_MAIN_EVERY = 4  # blocks between lines that may carry main roads
ALLEY, LANE, MAIN = 0, 1, 2
"""Kinds of lines: inside blocks, along blocks, and every fourth of those."""
_DROP_LINK = (0.24, 0.30, 0.04)  # by kind of line
_DROP_IN_TOWN = 0.10  # instead, for links along blocks in built-up places
_SMALL_PART = 0.02


@dataclass(frozen=True)
class Lattice:
    """Nodes in plane metres, segments in order along their lines, and the links they make.

    Segment ``k`` joins nodes ``a[k]`` and ``b[k]`` (both numbered along the line) and belongs
    to ``link[k]``. Per link: its end nodes, length, kind of line and streets per block.
    """

    x: Array
    y: Array
    a: Ints
    b: Ints
    line: Ints
    link: Ints
    link_a: Ints
    link_b: Ints
    link_m: Array
    link_kind: Ints
    link_level: Ints


def make_lattice(
    rng: np.random.Generator, level: NDArray[np.int64], divisions: int, place: Place
) -> Lattice:
    """Build the streets of blocks.

    Parameters
    ----------
    rng
        Decides which links are missing and how far each point is off its place.
    level
        ``(rows, cols)`` streets per block each way: 0, 1, 2, 4, 8 ... up to ``divisions``.
    divisions
        Lattice points along a block's side.
    place
        Function of lattice coordinates u, v in metres to plane x, y.
    """
    a, b, line, kind, density = _segments(level, divisions)
    used, inverse = np.unique(np.concatenate([a, b]), return_inverse=True)
    a, b = inverse[: len(a)], inverse[len(a) :]
    across = level.shape[1] * divisions + 1
    pitch = BLOCK_M / divisions
    x, y = place((used % across) * pitch, (used // across) * pitch)
    jitter = 0.055 * pitch
    x = x + rng.uniform(-jitter, jitter, len(x))
    y = y + rng.uniform(-jitter, jitter, len(y))
    full = _with_links((x, y), (a, b), line, kind, density)
    return _pick(full, _kept(rng, full)[full.link])


def _segments(level: NDArray[np.int64], divisions: int) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Return end points (numbered row by row), line, kind of line and level of all segments."""
    rows, cols = level.shape
    across = cols * divisions + 1
    start_h, line_h, kind_h, dense_h = _lines(level, divisions)
    position_h = start_h
    h_a = line_h * across + position_h
    start_v, line_v, kind_v, dense_v = _lines(level.T, divisions)
    v_a = start_v * across + line_v
    offset = rows * divisions + 1
    return (
        np.concatenate([h_a, v_a]),
        np.concatenate([h_a + 1, v_a + across]),
        np.concatenate([line_h, line_v + offset]),
        np.concatenate([kind_h, kind_v]),
        np.concatenate([dense_h, dense_v]),
    )


def _lines(level: NDArray[np.int64], divisions: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Return position, line number, kind and level of the segments along the rows of blocks."""
    parts: list[tuple[Ints, Ints, Ints, Ints]] = []
    zero = np.zeros((1, level.shape[1]), dtype=np.int64)
    along = np.maximum(np.vstack([zero, level]), np.vstack([level, zero]))
    for step in range(divisions):
        if step == 0:
            dense = along
        else:
            runs = (level > 0) & ((step * np.maximum(level, 1)) % divisions == 0)
            dense = np.where(runs, level, 0)
        row, col = np.nonzero(dense)
        line = np.repeat(row * divisions + step, divisions)
        position = (col[:, None] * divisions + np.arange(divisions)).ravel()
        kind = (
            np.where(row % _MAIN_EVERY == 0, MAIN, LANE) if step == 0 else np.full(len(row), ALLEY)
        )
        parts.append(
            (position, line, np.repeat(kind, divisions), np.repeat(dense[row, col], divisions))
        )
    position, line, kind, dense = (np.concatenate(p) for p in zip(*parts, strict=True))
    order = np.lexsort((position, line))
    return position[order], line[order], kind[order], dense[order]


def _with_links(
    xy: tuple[Array, Array], pairs: tuple[Ints, Ints], line: Ints, kind: Ints, dense: Ints
) -> Lattice:
    """Join segments through bends (points of two segments of one line) into links."""
    (x, y), (a, b) = xy, pairs
    degree = np.bincount(np.concatenate([a, b]), minlength=len(x))
    goes_on = (line[1:] == line[:-1]) & (a[1:] == b[:-1]) & (degree[a[1:]] == 2)
    first = np.concatenate([[True], ~goes_on])
    link = np.cumsum(first) - 1
    starts = np.flatnonzero(first)
    ends = np.append(starts[1:], len(a)) - 1
    length = np.hypot(x[b] - x[a], y[b] - y[a])
    return Lattice(
        x, y, a, b, line, link,
        a[starts], b[ends], np.add.reduceat(length, starts), kind[starts],
        np.maximum.reduceat(dense, starts),
    )  # fmt: skip


def _kept(rng: np.random.Generator, lattice: Lattice) -> NDArray[np.bool_]:
    """Tell which links stay: a random spanning tree and most of the others, big parts only."""
    n, nodes = len(lattice.link_a), len(lattice.x)
    drop = np.take(_DROP_LINK, lattice.link_kind)
    in_town = (lattice.link_level > 1) & (lattice.link_kind == LANE)
    drop[in_town] = _DROP_IN_TOWN
    keep = rng.random(n) >= drop
    weight = rng.random(n) + 1 + (lattice.link_kind == ALLEY)
    graph = coo_matrix((weight, (lattice.link_a, lattice.link_b)), shape=(nodes, nodes)).tocsr()
    keep |= np.isin(weight, minimum_spanning_tree(graph).data)
    _, part = connected_components(graph, directed=False)
    size = np.bincount(part[lattice.link_a], minlength=part.max() + 1)
    return np.asarray(keep & (size[part[lattice.link_a]] >= _SMALL_PART * n))


def _pick(lattice: Lattice, keep: NDArray[np.bool_]) -> Lattice:
    """Return the lattice of the kept segments alone, renumbered."""
    a, b = lattice.a[keep], lattice.b[keep]
    nodes = np.unique(np.concatenate([a, b]))
    number = np.full(len(lattice.x), -1, dtype=np.int64)
    number[nodes] = np.arange(len(nodes))
    old_link = lattice.link[keep]
    kind, level = lattice.link_kind[old_link], lattice.link_level[old_link]
    x, y = lattice.x[nodes], lattice.y[nodes]
    return _with_links((x, y), (number[a], number[b]), lattice.line[keep], kind, level)
