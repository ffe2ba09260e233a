// Packs made by coverage_gis/maps/packing.py, read back. Synchronous and without
// DecompressionStream, so that every browser takes the same path.
var CoverageGis = window.CoverageGis || {};
(function (G) {
  "use strict";

  // --- inflate (RFC 1951), table-driven ----------------------------------------------------
  const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59,
    67, 83, 99, 115, 131, 163, 195, 227, 258];
  const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3,
    4, 4, 4, 4, 5, 5, 5, 5, 0];
  const DIST_BASE = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769,
    1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
  const DIST_BITS = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8,
    9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
  const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

  // Table from the next bits of the stream to (symbol << 4 | bits used).
  function huffman(lengths) {
    const count = new Uint16Array(16), next = new Uint16Array(16);
    let max = 1, code = 0;
    for (const length of lengths) {
      if (length) { count[length]++; if (length > max) max = length; }
    }
    for (let bits = 1; bits <= max; bits++) {
      code = (code + count[bits - 1]) << 1;
      next[bits] = code;
    }
    const size = 1 << max, table = new Uint16Array(size);
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      const length = lengths[symbol];
      if (!length) continue;
      let value = next[length]++, reversed = 0;
      for (let i = 0; i < length; i++) { reversed = (reversed << 1) | (value & 1); value >>= 1; }
      for (let at = reversed; at < size; at += 1 << length) table[at] = (symbol << 4) | length;
    }
    return table;
  }

  function fixedTables() {
    const lengths = new Uint8Array(288);
    for (let i = 0; i < 288; i++) lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    return [huffman(lengths), huffman(new Uint8Array(30).fill(5))];
  }

  G.inflate = function (src, start, size) {
    const out = new Uint8Array(size);
    let pos = start, hold = 0, have = 0, at = 0;

    function bits(n) {
      while (have < n) { hold |= src[pos++] << have; have += 8; }
      const value = hold & ((1 << n) - 1);
      hold >>>= n; have -= n;
      return value;
    }
    function symbol(table) {
      while (have < 15) { hold |= (src[pos++] | 0) << have; have += 8; }
      const entry = table[hold & (table.length - 1)], used = entry & 15;
      hold >>>= used; have -= used;
      return entry >> 4;
    }
    function dynamicTables() {
      const literals = bits(5) + 257, distances = bits(5) + 1, codes = bits(4) + 4;
      const order = new Uint8Array(19), lengths = new Uint8Array(literals + distances);
      for (let i = 0; i < codes; i++) order[CODE_ORDER[i]] = bits(3);
      const table = huffman(order);
      for (let i = 0; i < lengths.length;) {
        const s = symbol(table);
        if (s < 16) { lengths[i++] = s; continue; }
        const value = s === 16 ? lengths[i - 1] : 0;
        let repeat = s === 16 ? 3 + bits(2) : s === 17 ? 3 + bits(3) : 11 + bits(7);
        while (repeat--) lengths[i++] = value;
      }
      return [huffman(lengths.subarray(0, literals)), huffman(lengths.subarray(literals))];
    }
    // Nearly all the time goes here: the state is in local variables, which are faster.
    function block([literals, distances]) {
      const literalMask = literals.length - 1, distanceMask = distances.length - 1;
      let p = pos, h = hold, n = have, o = at;
      for (;;) {
        while (n < 15) { h |= (src[p++] | 0) << n; n += 8; }
        let entry = literals[h & literalMask];
        h >>>= entry & 15; n -= entry & 15;
        const s = entry >> 4;
        if (s < 256) { out[o++] = s; continue; }
        if (s === 256) break;
        let extra = LENGTH_BITS[s - 257];
        while (n < extra) { h |= (src[p++] | 0) << n; n += 8; }
        const length = LENGTH_BASE[s - 257] + (h & ((1 << extra) - 1));
        h >>>= extra; n -= extra;
        while (n < 15) { h |= (src[p++] | 0) << n; n += 8; }
        entry = distances[h & distanceMask];
        h >>>= entry & 15; n -= entry & 15;
        extra = DIST_BITS[entry >> 4];
        while (n < extra) { h |= (src[p++] | 0) << n; n += 8; }
        const back = DIST_BASE[entry >> 4] + (h & ((1 << extra) - 1));
        h >>>= extra; n -= extra;
        const end = o + length;
        if (back === 1) { out.fill(out[o - 1], o, end); o = end; }
        else for (; o < end; o++) out[o] = out[o - back];
      }
      pos = p; hold = h; have = n; at = o;
    }
    function stored() {
      pos -= have >> 3; hold = 0; have = 0;
      const length = src[pos] | (src[pos + 1] << 8);
      out.set(src.subarray(pos + 4, pos + 4 + length), at);
      pos += 4 + length; at += length;
    }

    for (let last = 0; !last;) {
      last = bits(1);
      const type = bits(2);
      if (type === 0) stored();
      else block(type === 1 ? fixedTables() : dynamicTables());
    }
    if (at !== size) throw new Error("coverage_gis: the data of this page are damaged.");
    return out;
  };

  // --- packs -------------------------------------------------------------------------------
  const HEAD = 9; // bytes of the two sizes

  // Bytes of a pack, read from their own piece of its text: parts begin at multiples of three.
  function piece(text, at, size) {
    const from = (at / 3) * 4, binary = atob(text.slice(from, from + 4 * Math.ceil(size / 3)));
    const bytes = new Uint8Array(size);
    for (let i = 0; i < size; i++) bytes[i] = binary.charCodeAt(i);
    return bytes;
  }

  function u32(bytes, at) {
    return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
  }

  // Integers in as few bytes each as hold them: a page may have fifty columns of a million.
  function integers(bytes, { n, planes, delta }) {
    if (planes === 1 && !delta) return bytes;
    const wide = new Uint32Array(n);
    for (let p = 0; p < planes; p++) {
      const shift = 8 * p, from = p * n;
      for (let i = 0; i < n; i++) wide[i] |= bytes[from + i] << shift;
    }
    if (delta) {
      let value = 0;
      for (let i = 0; i < n; i++) {
        const z = wide[i];
        value += (z >>> 1) ^ -(z & 1);
        wide[i] = value;
      }
    }
    let most = 0;
    for (let i = 0; i < n; i++) if (wide[i] > most) most = wide[i];
    return most < 256 ? Uint8Array.from(wide) : most < 65536 ? Uint16Array.from(wide) : wide;
  }

  // Returns get(name): a typed array or what the JSON says; inflated at first use.
  G.unpack = function (text) {
    const sizes = piece(text, 0, 8), packed = u32(sizes, 4), done = new Map();
    const base = HEAD + 3 * Math.ceil(packed / 3), decoder = new TextDecoder();
    const inflated = (at, length, size) => G.inflate(piece(text, at, length), 2, size); // 2: zlib's header
    const json = (bytes) => JSON.parse(decoder.decode(bytes));
    const entries = json(inflated(HEAD, packed, u32(sizes, 0)));
    const directory = new Map(entries.map((entry) => [entry.name, entry]));
    return function (name) {
      if (!done.has(name)) {
        const entry = directory.get(name), whole = "n" in entry;
        const bytes = inflated(base + entry.at, entry.packed, whole ? entry.n * entry.planes : entry.bytes);
        done.set(name, whole ? integers(bytes, entry) : json(bytes));
      }
      return done.get(name);
    };
  };
})(CoverageGis);
