"""Compiled: the inside of a block of a PBF file, as https://wiki.openstreetmap.org/wiki/PBF_Format.

A message is a run of fields: a varint that is eight times the field's number plus its wire
type (0 varint, 1 eight bytes, 2 a length and so many bytes, 5 four bytes), then its value.
All functions read bytes ``buffer[at:end]`` and never beyond ``end``. What breaks the format
raises ValueError; what is merely unusual (a packed list in several parts) does too, and is
left to libosmium.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from coverage_gis.network.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Ints = NDArray[np.int64]
    Nodes = NDArray[np.int32]

NODE, DENSE, WAY, RELATION = 1, 2, 3, 4
"""Kinds of entries: the field numbers of a PrimitiveGroup."""

_LON_MOST, _LAT_MOST = 1_800_000_000, 900_000_000

UNKNOWN_STRING: Final = "unknown string"
IN_PIECES: Final = "a way or relation in pieces"
DAMAGE: Final = (UNKNOWN_STRING, IN_PIECES)
"""A tag names a text that its block does not have; a list is no list, or there twice."""


@compiled
def varint(buffer: Bytes, at: int, end: int) -> tuple[int, int]:
    """Return an unsigned number (as int64) and where the next one begins."""
    value, shift = 0, 0
    while at < end and shift < 64:
        byte = int(buffer[at])
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError("number cut off")


@compiled
def field(buffer: Bytes, at: int, end: int) -> tuple[int, int, int, int]:
    """Return a field's number, its value (varint) or first byte, its end, and its wire type."""
    key, at = varint(buffer, at, end)
    kind = key & 7
    if kind == 0:
        value, at = varint(buffer, at, end)
        return key >> 3, value, at, kind
    if kind == 2:
        size, at = varint(buffer, at, end)
    elif kind == 1:
        size = 8
    elif kind == 5:
        size = 4
    else:
        raise ValueError("unknown wire type")
    if size < 0 or size > end - at:  # at + size could be more than an int64 holds
        raise ValueError("field cut off")
    return key >> 3, at, at + size, kind


@compiled
def packed(buffer: Bytes, at: int, end: int) -> Ints:
    """Return a packed list of unsigned numbers."""
    count = 0
    for i in range(at, end):
        if buffer[i] < 0x80:
            count += 1
    out = np.empty(count, np.int64)
    for i in range(count):
        out[i], at = varint(buffer, at, end)
    if at != end:
        raise ValueError("list cut off")
    return out


@compiled
def packed_deltas(buffer: Bytes, at: int, end: int) -> Ints:
    """Return a packed list of zigzag-coded differences, summed up."""
    out = packed(buffer, at, end)
    total = 0
    for i in range(len(out)):
        coded = out[i]
        total += ((coded >> 1) & 0x7FFFFFFFFFFFFFFF) ^ -(coded & 1)
        out[i] = total
    return out


@compiled
def extended(values: Ints, count: int, more: Ints) -> Ints:
    """Return ``values``, of which ``count`` are used, with ``more`` behind these; may be larger."""
    out = values
    if count + len(more) > len(values):
        out = np.empty(2 * (count + len(more)), np.int64)
        for i in range(count):
            out[i] = values[i]
    for i in range(len(more)):
        out[count + i] = more[i]
    return out


@compiled
def hashed(buffer: Bytes, at: int, end: int) -> int:
    """Return FNV-1a (64 bits) of some bytes."""
    value = np.uint64(0xCBF29CE484222325)
    for i in range(at, end):
        value = (value ^ np.uint64(buffer[i])) * np.uint64(0x100000001B3)
    return int(np.int64(value))


@compiled
def block_entries(buffer: Bytes) -> tuple[Ints, Ints, Ints]:  # noqa: C901 - one walk
    """Return strings, entries and scale of a block.

    Returns
    -------
    tuple of arrays
        First and last byte of each string, (S, 2); kind, first and last byte of each node,
        way and relation and of each run of dense nodes, (E, 3); granularity, lat offset, lon
        offset in nanodegrees, (3,).
    """
    end = len(buffer)
    scale = np.empty(3, np.int64)
    scale[0], scale[1], scale[2] = 100, 0, 0
    n_strings, n_entries = 0, 0
    strings, entries = np.empty((0, 2), np.int64), np.empty((0, 3), np.int64)
    # Twice the same walk: count, then write.
    for turn in range(2):
        if turn == 1:
            strings = np.empty((n_strings, 2), np.int64)
            entries = np.empty((n_entries, 3), np.int64)
        n_strings, n_entries, at = 0, 0, 0
        while at < end:
            number, value, at, kind = field(buffer, at, end)
            if kind == 0:
                if number in (17, 19, 20):
                    scale[0 if number == 17 else number - 18] = value
            elif kind == 2 and number in (1, 2):
                inner = value
                while inner < at:
                    sub, low, inner, sub_kind = field(buffer, inner, at)
                    if sub_kind != 2:
                        continue
                    if number == 1 and sub == 1:
                        if turn == 1:
                            strings[n_strings, 0], strings[n_strings, 1] = low, inner
                        n_strings += 1
                    elif number == 2 and 1 <= sub <= 4:
                        if turn == 1:
                            entries[n_entries, 0] = sub
                            entries[n_entries, 1], entries[n_entries, 2] = low, inner
                        n_entries += 1
    return strings, entries, scale


@compiled
def string_hashes(buffer: Bytes, strings: Ints, known: Ints) -> tuple[Ints, Nodes]:
    """Return each string's hash, and its place among the ``known`` (sorted) ones, else -1."""
    out = np.empty(len(strings), np.int64)
    which = np.full(len(strings), -1, np.int32)
    for s in range(len(strings)):
        out[s] = hashed(buffer, strings[s, 0], strings[s, 1])
        at = np.searchsorted(known, out[s])
        if at < len(known) and known[at] == out[s]:
            which[s] = at
    return out, which


@compiled
def dense_nodes(buffer: Bytes, at: int, end: int, scale: Ints) -> tuple[Ints, Nodes, Nodes, Ints]:
    """Return ids, longitudes and latitudes (1e-7 degrees) and keys_vals of dense nodes."""
    ids, lat, lon = np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64)
    tags = np.empty(0, np.int64)
    seen = 0
    while at < end:
        number, value, at, kind = field(buffer, at, end)
        if number not in (1, 8, 9, 10):
            continue
        bit = 1 << number
        if kind != 2 or seen & bit:
            raise ValueError("unusual dense nodes")
        seen |= bit
        if number == 1:
            ids = packed_deltas(buffer, value, at)
        elif number == 8:
            lat = packed_deltas(buffer, value, at)
        elif number == 9:
            lon = packed_deltas(buffer, value, at)
        else:
            tags = packed(buffer, value, at)
    if len(lat) != len(ids) or len(lon) != len(ids):
        raise ValueError("dense nodes of unlike lengths")
    x, y = np.empty(len(ids), np.int32), np.empty(len(ids), np.int32)
    for i in range(len(ids)):
        east, north = fixed(lon[i], scale[0], scale[2]), fixed(lat[i], scale[0], scale[1])
        if abs(east) > _LON_MOST or abs(north) > _LAT_MOST:
            raise ValueError("a node off the earth")
        x[i], y[i] = east, north
    return ids, x, y, tags


@compiled
def fixed(value: int, granularity: int, offset: int) -> int:
    """Return a coordinate in 1e-7 degrees, rounded towards zero as libosmium does."""
    nano = value * granularity + offset
    return nano // 100 if nano >= 0 else -(-nano // 100)


@compiled
def tagged_nodes(
    tags: Ints, is_pair_key: NDArray[np.bool_], is_pair_value: NDArray[np.bool_]
) -> Ints:
    """Return the dense nodes that may carry a wanted tag: index, first and last of keys_vals.

    Parameters
    ----------
    tags
        keys_vals: key, value, key, value ... 0 for each node.
    is_pair_key, is_pair_value
        Per string, whether it is the key and the value of a wanted tag.
    """
    out = np.empty((0, 3), np.int64)
    n_strings = len(is_pair_key)
    for turn in range(2):  # count, then write
        count, node, at = 0, 0, 0
        while at < len(tags):
            begin, hit = at, False
            while at < len(tags) and tags[at] != 0:
                if at + 1 >= len(tags):
                    raise ValueError("key without value")
                if min(tags[at], tags[at + 1]) < 0 or max(tags[at], tags[at + 1]) >= n_strings:
                    raise ValueError(UNKNOWN_STRING)
                hit |= is_pair_key[tags[at]] and is_pair_value[tags[at + 1]]
                at += 2
            if hit:
                if turn == 1:
                    out[count, 0], out[count, 1], out[count, 2] = node, begin, at
                count += 1
            at += 1
            node += 1
        if turn == 0:
            out = np.empty((count, 3), np.int64)
    return out


@compiled
def way_parts(buffer: Bytes, at: int, end: int) -> tuple[int, Ints]:
    """Return a way's or relation's id, and the first and last bytes of fields 2, 3, 8, 9, 10.

    These are keys, values, and a way's refs or a relation's roles, members and their types.
    """
    parts = np.zeros((11, 2), np.int64)
    ref = 0
    while at < end:
        number, value, at, kind = field(buffer, at, end)
        if number == 1 and kind == 0:
            ref = value
        elif number in (2, 3, 8, 9, 10):
            if kind != 2 or parts[number, 1]:
                raise ValueError(IN_PIECES)
            parts[number, 0], parts[number, 1] = value, at
    return ref, parts


@compiled
def wanted_ways(  # noqa: PLR0917 - compiled functions know no keyword-only arguments
    buffer: Bytes,
    entries: Ints,
    hashes: Ints,
    slot: Nodes,
    is_road: NDArray[np.bool_],
    is_pair_key: NDArray[np.bool_],
    is_pair_value: NDArray[np.bool_],
    special: Ints,
) -> tuple[Ints, Ints, Nodes, Ints, Ints, NDArray[np.bool_]]:
    """Return the ways that are roads, or may carry a wanted tag.

    Parameters
    ----------
    entries
        Kind, first and last byte of each way, (W, 3).
    hashes
        Hash of each string of the block.
    slot
        Number of each string among the kept keys, else -1.
    is_road
        Whether each string is a class of road.
    is_pair_key, is_pair_value
        Whether it is the key and the value of a wanted tag.
    special
        Numbers of the keys "highway" and "route", number of kept keys, hash of "ferry".

    Returns
    -------
    tuple of arrays
        Of each way kept: id, entry, and 1 for a road or 0; hash of its tag set; string of each
        kept key's value, -1 without; first ref; the refs; whether it may be a place.
    """
    n, n_keys = len(entries), special[2]
    ways = np.empty((n, 3), np.int64)
    tagset = np.empty(n, np.int64)
    values = np.full((n + 1, n_keys), -1, np.int32)
    first = np.zeros(n + 1, np.int64)
    refs = np.empty(1024, np.int64)
    places = np.empty(n, np.bool_)
    count = 0
    for w in range(n):
        ref, parts = way_parts(buffer, entries[w, 1], entries[w, 2])
        key_at, key_end, value_at, value_end = parts[2, 0], parts[2, 1], parts[3, 0], parts[3, 1]
        place = False
        while key_at < key_end and value_at < value_end:
            k, key_at = varint(buffer, key_at, key_end)
            v, value_at = varint(buffer, value_at, value_end)
            if min(k, v) < 0 or max(k, v) >= len(hashes):
                raise ValueError(UNKNOWN_STRING)
            place |= is_pair_key[k] and is_pair_value[v]
            if slot[k] >= 0:
                values[count, slot[k]] = v
        highway, route = values[count, special[0]], values[count, special[1]]
        road = is_road[highway] if highway >= 0 else route >= 0 and hashes[route] == special[3]
        if not (road or place):
            for i in range(n_keys):
                values[count, i] = -1
            continue
        line = packed_deltas(buffer, parts[8, 0], parts[8, 1])
        refs = extended(refs, first[count], line)
        mixed = np.uint64(0)
        for i in range(n_keys):
            v = values[count, i]
            part = np.uint64(hashes[v]) if v >= 0 else np.uint64(1)
            mixed = (mixed ^ part) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
        ways[count, 0], ways[count, 1], ways[count, 2] = ref, w, 1 if road else 0
        tagset[count] = np.int64(mixed)
        places[count] = place
        first[count + 1] = first[count] + len(line)
        count += 1
    return ways[:count], tagset[:count], values[:count], first[: count + 1], refs, places[:count]


@compiled
def wanted_relations(
    buffer: Bytes,
    entries: Ints,
    is_pair_key: NDArray[np.bool_],
    is_pair_value: NDArray[np.bool_],
) -> Ints:
    """Return which relations may carry a wanted tag."""
    out = np.empty(len(entries), np.int64)
    count = 0
    for r in range(len(entries)):
        _, parts = way_parts(buffer, entries[r, 1], entries[r, 2])
        keys = packed(buffer, parts[2, 0], parts[2, 1])
        values = packed(buffer, parts[3, 0], parts[3, 1])
        for i in range(min(len(keys), len(values))):
            if min(keys[i], values[i]) < 0 or max(keys[i], values[i]) >= len(is_pair_key):
                raise ValueError(UNKNOWN_STRING)
            if is_pair_key[keys[i]] and is_pair_value[values[i]]:
                out[count] = r
                count += 1
                break
    return out[:count]


@compiled
def ways_by_id(buffer: Bytes, entries: Ints, ids: Ints) -> tuple[Ints, Ints, Ints]:
    """Return id, first ref and refs of the ways among ``ids`` (sorted)."""
    found = np.empty(len(entries), np.int64)
    first = np.zeros(len(entries) + 1, np.int64)
    refs = np.empty(1024, np.int64)
    count = 0
    for w in range(len(entries)):
        ref, parts = way_parts(buffer, entries[w, 1], entries[w, 2])
        at = np.searchsorted(ids, ref)
        if at == len(ids) or ids[at] != ref:
            continue
        line = packed_deltas(buffer, parts[8, 0], parts[8, 1])
        refs = extended(refs, first[count], line)
        found[count] = ref
        first[count + 1] = first[count] + len(line)
        count += 1
    return found[:count], first[: count + 1], refs


@compiled
def look_up(ids: Ints, wanted: Ints) -> Ints:
    """Return where each wanted id is among ``ids`` (ascending), -1 where it is not.

    Each search starts where the last one ended: neighbours on a way have neighbouring ids.
    """
    out = np.empty(len(wanted), np.int64)
    n = len(ids)
    hint = 0
    for i in range(len(wanted)):
        key = wanted[i]
        low, high, step = hint, hint, 1
        if n == 0:
            out[i] = -1
            continue
        if ids[hint] <= key:
            while high < n and ids[high] <= key:
                low = high
                high = high + step
                step *= 2
            high = min(high, n)
        else:
            while low > 0 and ids[low] > key:
                high = low
                low = max(low - step, 0)
                step *= 2
        # ids[low] <= key < ids[high], or key is before the first
        while high - low > 1:
            middle = (low + high) >> 1
            if ids[middle] <= key:
                low = middle
            else:
                high = middle
        out[i] = low if ids[low] == key else -1
        hint = low
    return out
