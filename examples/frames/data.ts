import { Generator } from 'vicinal';
import type * as nn from 'vicinal/nn';
import type { Digits } from '../digits/data.ts';

/** Pixels along each side of a frame, and of a digit in it. */
export const side = 32;
const digitSide = 14;

/** A film: `frames` [1, T, 32, 32] of bytes. */
export type Films = nn.data.Dataset<{ readonly frames: nn.data.HostArray }>;

/**
 * Moving MNIST, half as large as usual: two digits that fly at a constant speed and bounce off the edges. Film i depends on
 * the seed and i alone.
 *
 * @source Srivastava et al., "Unsupervised Learning of Video Representations using LSTMs", arXiv 1502.04681, section 4
 */
export function movingDigits(
  digits: Digits,
  { size, length, seed }: { size: number; length: number; seed: number },
): Films {
  return {
    size,
    get(index) {
      const generator = new Generator(seed);
      generator.setState({ seed, counter: index * 64 });
      const data = new Uint8Array(length * side * side);
      for (let digit = 0; digit < 2; digit++) {
        const [which] = generator.integers(1, 0, digits.size);
        const { image } = digits.get(which!);
        fly(data, halved(image.data), generator);
      }
      return { frames: { shape: [1, length, side, side], data } };
    },
  };
}

/** Draws one digit into all frames. */
function fly(frames: Uint8Array, digit: Uint8Array, generator: Generator): void {
  const room = side - digitSide;
  const [x, y] = Array.from(generator.uniform(2), (u) => u * room) as [number, number];
  const angle = 2 * Math.PI * generator.uniform(1)[0]!;
  const speed = 1.5 + 1.5 * generator.uniform(1)[0]!; // pixels per frame
  for (let t = 0; t < frames.length / side ** 2; t++) {
    const left = Math.round(bounced(x + t * speed * Math.cos(angle), room));
    const top = Math.round(bounced(y + t * speed * Math.sin(angle), room));
    for (let i = 0; i < digitSide ** 2; i++) {
      const at = (t * side + top + Math.floor(i / digitSide)) * side + left + (i % digitSide);
      frames[at] = Math.max(frames[at]!, digit[i]!);
    }
  }
}

/** Where a ball is between 0 and `room` that would have flown to `place`. */
function bounced(place: number, room: number): number {
  const inTwoRooms = ((place % (2 * room)) + 2 * room) % (2 * room);
  return Math.min(inTwoRooms, 2 * room - inTwoRooms);
}

/** 28 × 28 pixels as 14 × 14 means. */
function halved(image: ArrayLike<number>): Uint8Array {
  return Uint8Array.from({ length: digitSide ** 2 }, (_, i) => {
    const first = 56 * Math.floor(i / digitSide) + 2 * (i % digitSide);
    return (image[first]! + image[first + 1]! + image[first + 28]! + image[first + 29]!) / 4;
  });
}
