"""What the compiled functions of this package pass to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Arcs(NamedTuple):
    """Junctions as a graph in the direction of the search.

    Attributes
    ----------
    first
        Arcs out of node i are ``first[i]:first[i + 1]``, (n + 1,).
    to
        Where each leads; ``~v`` where the search need not go on from junction v: nothing but
        the way back leads out of it.
    cost
        Primary (what is minimised) and secondary cost of each, (A, 2).
    through
        Four times the chain it is, 2 more where that is open both ways, 1 more where it is
        entered at its end.
    longest
        The greatest primary cost.
    width
        Width of a bucket of the queue, in primary cost.
    """

    first: NDArray[np.int64]
    to: NDArray[np.int32]
    cost: NDArray[np.float64]
    through: NDArray[np.int32]
    longest: float
    width: float


class Chains(NamedTuple):
    """Chains in the direction of the search, which runs *up* from their start or *down*.

    Attributes
    ----------
    low, high
        Junctions at the start and end of each chain, (C,).
    up_open, down_open
        Whether the search may run up and down, (C,).
    total
        Metres, seconds up, seconds down, (C, 3).
    by_time
        Whether seconds are primary, or metres.
    """

    low: NDArray[np.int32]
    high: NDArray[np.int32]
    up_open: NDArray[np.bool_]
    down_open: NDArray[np.bool_]
    total: NDArray[np.float64]
    by_time: bool


class Places(NamedTuple):
    """Places on chains.

    Attributes
    ----------
    chain
        Chain of each, -1 for none, (P,).
    junction
        Junction that it is, -1 for one along its chain, (P,).
    measure
        Metres, seconds up and seconds down from the chain's start, (P, 3).
    leg
        Access leg as (primary, secondary), (P, 2).
    """

    chain: NDArray[np.int64]
    junction: NDArray[np.int64]
    measure: NDArray[np.float64]
    leg: NDArray[np.float64]


class Beside(NamedTuple):
    """Targets along chains: those of chain c are ``which[first[c]:first[c + 1]]``."""

    first: NDArray[np.int32]
    which: NDArray[np.int32]


class Seeds(NamedTuple):
    """Where a search starts: a node, (primary, secondary) cost, and the target it is for."""

    node: NDArray[np.int32]
    cost: NDArray[np.float64]
    name: NDArray[np.int32]


class Reached(NamedTuple):
    """Primary cost (inf where unreached), secondary cost, and target (-1), per node."""

    primary: NDArray[np.float64]
    secondary: NDArray[np.float64]
    label: NDArray[np.int32]


class Out(NamedTuple):
    """Results to be filled in: primary cost, secondary cost, target."""

    primary: NDArray[np.float64]
    secondary: NDArray[np.float64]
    label: NDArray[np.int64]


class Asked(NamedTuple):
    """What is asked, and of whom.

    Attributes
    ----------
    member
        Targets, (M,).
    cutoffs
        Ascending, in primary cost with both legs, inclusive, (J,).
    member_weight, place_weight
        What a member counts at places, (M,), and a place at members, (P,).
    pairs
        Whether pairs are wanted, or sums.
    """

    member: NDArray[np.int64]
    cutoffs: NDArray[np.float64]
    member_weight: NDArray[np.float64]
    place_weight: NDArray[np.float64]
    pairs: bool


class Groups(NamedTuple):
    """Places in groups: one for those inside each chain, then one for those at each junction.

    Attributes
    ----------
    first
        Those inside chain c are rows ``first[c]`` to ``first[c + 1]``, those at junction j rows
        ``first[C + j]`` to ``first[C + j + 1]``, (C + n + 1,).
    least_leg, greatest_leg
        Of the legs of each group in primary cost, (C + n,).
    weight
        What each group counts at members, (C + n,).
    look_first, look
        Where places are about junction j: ``look[look_first[j]:look_first[j + 1]]`` are the
        arcs out of it whose chain has some, after -1 if there are some at j itself.
    """

    first: NDArray[np.int32]
    least_leg: NDArray[np.float64]
    greatest_leg: NDArray[np.float64]
    weight: NDArray[np.float64]
    look_first: NDArray[np.int32]
    look: NDArray[np.int32]


class Answer(NamedTuple):
    """Sums and pairs.

    Attributes
    ----------
    place_sum, member_sum
        Weights by the first cutoff that holds them, (P, J) and (M, J): column j has what is
        within cutoff j and not j - 1.
    group_sum
        The same for all places of a group at once, (C + n, J), to be added to ``place_sum``.
    row, which, cost
        Of each pair the row of the place, the position of the member, and (primary,
        secondary) cost.
    """

    place_sum: NDArray[np.float64]
    member_sum: NDArray[np.float64]
    group_sum: NDArray[np.float64]
    row: NDArray[np.int32]
    which: NDArray[np.int32]
    cost: NDArray[np.float64]
