/**
 * Packs bytes into the text that kernels/runtime/cpu/unpacked.ts reads; there the format is told. Which bytes are copied from
 * where is chosen by what the bits cost at the odds of the choice before, in a few rounds.
 */

/** As there. */
const each = 320;
const place = { isCopy: 0, isRepeated: 3, size: 8, length: 8 + each, distance: 8 + 3 * each, byte: 8 + 7 * each };
const places = place.byte + 16 * 256;
const most = 2 ** 30 - 1;

const rounds = 4;
const longest = 300;
/** How many places with the same three bytes are compared. */
const mostTries = 400;

/** Says of each bit of a choice its place, in the order in which they are read. */
const bitsOf = {
  tree(from, count, value, say) {
    for (let i = count - 1, node = 1; i >= 0; i--) {
      const bit = (value >> i) & 1;
      say(from + node, bit);
      node = 2 * node + bit;
    }
  },
  number(from, value, say) {
    const exponent = 31 - Math.clz32(value);
    bitsOf.tree(from, 5, exponent, say);
    for (let i = exponent - 1, known = 1; i >= 0; i--) {
      const bit = (value >> i) & 1;
      say(from + 32 + (i > exponent - 4 ? 8 * exponent + known : 256 + i), bit);
      known = 2 * known + bit;
    }
  },
  byte(bytes, at, say) {
    bitsOf.tree(place.byte + 256 * ((bytes[at - 1] ?? 0) >> 4), 8, bytes[at], say);
  },
  length(length, isFar, say) {
    bitsOf.number(place.length + (isFar ? each : 0), length - 1, say);
  },
  distance(length, distance, say) {
    bitsOf.number(place.distance + each * Math.min(length - 2, 3), distance, say);
  },
};

class Encoder {
  odds = new Uint16Array(places).fill(2048);
  text = '';
  #low = 0;
  #high = most;

  bit = (at, bit) => {
    const odds = this.odds[at];
    const middle = this.#low + ((this.#high - this.#low) >> 12) * odds;
    if (bit) this.#high = middle;
    else this.#low = middle + 1;
    this.odds[at] = odds + (bit ? (4096 - odds) >> 5 : -(odds >> 5));
    while ((this.#low ^ this.#high) >> 24 === 0) {
      this.#write(this.#high >> 24);
      this.#low = (this.#low << 6) & most;
      this.#high = ((this.#high << 6) & most) | 63;
    }
  };

  #write(digit) {
    this.text += String.fromCharCode(40 + digit + (digit > 51));
  }

  /** A code between the bounds, whose first digits differ: zeros follow. */
  end() {
    this.#write(this.#high >> 24);
  }
}

/** `steps` are copies [length, distance] and single bytes [1, 0]. */
function encode(bytes, steps) {
  const encoder = new Encoder();
  const say = encoder.bit;
  bitsOf.number(place.size, bytes.length + 1, say);
  let [at, last, state] = [0, 1, 0];
  for (const [length, distance] of steps) {
    say(place.isCopy + state, Number(distance > 0));
    if (distance === 0) bitsOf.byte(bytes, at, say);
    else {
      const isFar = distance !== last;
      say(place.isRepeated + state, Number(!isFar));
      bitsOf.length(length, isFar, say);
      if (isFar) bitsOf.distance(length, distance, say);
      last = distance;
    }
    state = distance > 0 ? 2 : state >> 1;
    at += length;
  }
  encoder.end();
  return encoder;
}

/** For each place the copies that could begin there, [length, distance], longer ones further back. */
function findCopies(bytes) {
  const latest = new Map();
  const before = new Int32Array(bytes.length).fill(-1);
  return Array.from(bytes, (_, at) => {
    const found = [];
    const key = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
    let best = 2;
    let from = latest.get(key) ?? -1;
    before[at] = from;
    latest.set(key, at);
    for (let tries = 0; from >= 0 && tries < mostTries && best < longest; tries++, from = before[from]) {
      const length = shared(bytes, from, at);
      if (length > best) found.push([(best = length), at - from]);
    }
    return found;
  });
}

function shared(bytes, from, at) {
  let length = 0;
  while (length < longest && at + length < bytes.length && bytes[from + length] === bytes[at + length]) length++;
  return length;
}

/** What `tell` would cost in bits, kept by `key`. */
function costs(odds) {
  const known = new Map();
  const of = (at, bit) => -Math.log2((bit ? odds[at] : 4096 - odds[at]) / 4096);
  const sum = (tell) => {
    let total = 0;
    tell((at, bit) => void (total += of(at, bit)));
    return total;
  };
  const kept = (key, tell) => {
    if (!known.has(key)) known.set(key, sum(tell));
    return known.get(key);
  };
  return {
    of,
    byte: (bytes, at) => sum((say) => bitsOf.byte(bytes, at, say)),
    length: (length, isFar) => kept(-2 * length - Number(isFar), (say) => bitsOf.length(length, isFar, say)),
    distance: (length, distance) =>
      kept(4 * distance + Math.min(length - 2, 3), (say) => bitsOf.distance(length, distance, say)),
  };
}

/** The cheapest steps: to each place from those before it. */
function cheapest(bytes, copies, odds) {
  const cost = costs(odds);
  const way = Array.from({ length: bytes.length + 1 }, () => ({ total: Infinity, step: null, last: 1, state: 0 }));
  way[0].total = 0;
  const offer = (at, [length, distance], total, { last, state }) => {
    if (total < way[at + length].total)
      way[at + length] = { total, step: [length, distance], last: distance || last, state: distance ? 2 : state >> 1 };
  };
  for (let at = 0; at < bytes.length; at++) {
    const here = way[at];
    offer(at, [1, 0], here.total + cost.of(place.isCopy + here.state, 0) + cost.byte(bytes, at), here);
    const copied = here.total + cost.of(place.isCopy + here.state, 1);
    const repeated = copied + cost.of(place.isRepeated + here.state, 1);
    const most = at < here.last ? 0 : shared(bytes, at - here.last, at);
    for (let length = 2; length <= most; length++)
      offer(at, [length, here.last], repeated + cost.length(length, false), here);
    const far = copied + cost.of(place.isRepeated + here.state, 0);
    let length = 3;
    for (const [end, distance] of copies[at])
      for (; length <= end; length++)
        offer(at, [length, distance], far + cost.distance(length, distance) + cost.length(length, true), here);
  }
  const steps = [];
  for (let at = bytes.length; at > 0; at -= steps.at(-1)[0]) steps.push(way[at].step);
  return steps.toReversed();
}

/** @returns printable ASCII without ' and \ */
export function packed(bytes) {
  const copies = findCopies(bytes);
  let best = encode(bytes, cheapest(bytes, copies, new Encoder().odds));
  for (let round = 1; round < rounds; round++) {
    const next = encode(bytes, cheapest(bytes, copies, best.odds));
    if (next.text.length < best.text.length) best = next;
  }
  return best.text;
}
