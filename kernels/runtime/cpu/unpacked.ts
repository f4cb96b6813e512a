/**
 * The bytes that scripts/pack.mjs packed: a fourth less to download than what gzip makes of the module, whose copies of one
 * another lie further apart than it looks back.
 *
 * First how many bytes there are. Then, again and again, whether a byte follows or a copy of bytes that came before, and that byte,
 * or the copy's length and how far back it begins, which may be as far as the last time. Each bit is coded by the odds that it had
 * so far in its place (arithmetic coding); both sides count them. A character is six bits of the code.
 *
 * @source Igor Pavlov's LZMA for the scheme, Matt Mahoney's lpaq for the coder, both in simpler form
 */
export function unpacked(text: string): Uint8Array<ArrayBuffer> {
  const bits = new Decoder(text);
  const bytes = new Uint8Array(bits.number(place.size) - 1);
  let distance = 1;
  let state = 0; // 2 after a copy, 1 a byte later, then 0
  for (let at = 0; at < bytes.length;) {
    if (!bits.bit(place.isCopy + state)) {
      const before = (bytes[at - 1] ?? 0) >> 4;
      bytes[at++] = bits.tree(place.byte + 256 * before, 8);
      state >>= 1;
      continue;
    }
    const isFar = !bits.bit(place.isRepeated + state);
    const length = bits.number(place.length + (isFar ? each : 0)) + 1;
    if (isFar) distance = bits.number(place.distance + each * Math.min(length - 2, 3));
    for (const end = at + length; at < end; at++) bytes[at] = bytes[at - distance]!;
    state = 2;
  }
  return bytes;
}

/** Places of a number: 32 for its exponent, 8 for the highest bits below each exponent, 32 for the other bits. */
const each = 320;
/** Where the odds of what lie; of a length 2 numbers, of a distance 4, of a byte 16 trees. */
const place = {
  isCopy: 0,
  isRepeated: 3,
  size: 8,
  length: 8 + each,
  distance: 8 + 3 * each,
  byte: 8 + 7 * each,
  end: 8 + 7 * each + 16 * 256,
};

const most = 2 ** 30 - 1;

/** Numbers of 30 bits, which engines keep in registers. The code of the bits so far lies from `low` to `high`. */
class Decoder {
  readonly #text: string;
  /** Of 4096, that a bit is 1. */
  readonly #odds = new Uint16Array(place.end).fill(2048);
  #at = 0;
  #code = 0;
  #low = 0;
  #high = most;

  constructor(text: string) {
    this.#text = text;
    for (let i = 0; i < 5; i++) this.#code = this.#next();
  }

  bit(place: number): number {
    const odds = this.#odds[place]!;
    const middle = this.#low + ((this.#high - this.#low) >> 12) * odds;
    const bit = this.#code <= middle ? 1 : 0;
    if (bit) this.#high = middle;
    else this.#low = middle + 1;
    this.#odds[place] = odds + (bit ? (4096 - odds) >> 5 : -(odds >> 5));
    while ((this.#low ^ this.#high) >> 24 === 0) {
      this.#low = (this.#low << 6) & most;
      this.#high = ((this.#high << 6) & most) | 63;
      this.#code = this.#next();
    }
    return bit;
  }

  /** With the next digit: a printable ASCII character from ( on, without \. Zeros follow the last one. */
  #next(): number {
    const character = this.#at < this.#text.length ? this.#text.charCodeAt(this.#at++) : 40;
    return ((this.#code << 6) & most) | (character - 40 - Number(character > 92));
  }

  /** The highest bit first, each at a place of its own for those before it. */
  tree(from: number, count: number): number {
    let node = 1;
    for (let i = 0; i < count; i++) node = 2 * node + this.bit(from + node);
    return node - (1 << count);
  }

  /** From 1 on. */
  number(from: number): number {
    const exponent = this.tree(from, 5);
    let value = 1;
    for (let i = exponent - 1; i >= 0; i--)
      value = 2 * value + this.bit(from + 32 + (i > exponent - 4 ? 8 * exponent + value : 256 + i));
    return value;
  }
}
