/**
 * What is done for two neighbouring owners and the rows that they see, in each mode. Owner 0 sees rows
 * [0, n0) of the list, owner 1 [b1, n). Scores are in base 2: packed queries and logsumexp carry the factor log₂ e.
 */

import * as here from './frame.as';
import * as field from './plan.as';
import { madd, max4, sum4 } from '../../runtime/cpu/simd.as';
import { addNumbers, multiplyNumbers } from './biases.as';
import { get } from './frame.as';
import { addWeightedPair, dotsPair } from './rows.as';

/** Lets two owners see their rows, in the way of the plan's mode. */
export function seePair(
  plan: usize, frame: usize, owner0: usize, owner1: usize, box: usize, n0: i32, b1: i32, n: i32,
): void {
  const mode = get(plan, field.mode);
  const scores = frame + get(plan, field.scores), list = frame + get(plan, field.list);
  if (mode === field.sumMode || mode === field.spreadMode) {
    const sum = get(plan, field.ownerSum), scores1 = scores + get(plan, field.scoreBytes);
    addWeightedPair(owner0 + sum, owner1 + sum, scores, scores1, box, list, n0, b1, n, get(plan, field.dimBytes));
    return;
  }
  const scores1 = scores + get(plan, field.scoreBytes);
  dotsPair(scores, scores1, owner0, owner1, box, list, n0, b1, n, get(plan, field.dimBytes));
  if (get(frame, here.hasBias)) {
    const biases = frame + get(plan, field.biases), from = <usize>b1 << 2;
    addNumbers(scores, biases, n0);
    addNumbers(scores1 + from, biases + get(plan, field.scoreBytes) + from, n - b1);
  }
  if (mode === field.forwardMode) {
    forwardPair(plan, frame, scores, owner0, owner1, box, list, n0, b1, n);
  } else if (mode === field.backwardQueryMode) {
    backwardQueryPair(plan, frame, scores, owner0, owner1, box, list, n0, b1, n);
  } else if (mode === field.backwardKeyMode) {
    backwardKeyPair(plan, frame, scores, owner0, owner1, box, list, n0, b1, n);
  }
}

/** Multiplies the numbers of two owners by their keeps, where weights are dropped. */
function keepPair(plan: usize, frame: usize, numbers: usize, n0: i32, b1: i32, n: i32): void {
  if (!get(plan, field.hasDropout)) return;
  const keeps = frame + get(plan, field.keeps), step = get(plan, field.scoreBytes), from = <usize>b1 << 2;
  multiplyNumbers(numbers, keeps, n0);
  multiplyNumbers(numbers + step + from, keeps + step + from, n - b1);
}

/**
 * Output, one chunk: O = 2^(m' − m) O + Σ p v and l = 2^(m' − m) l + Σ p with p = 2^(s − m), where m is the largest
 * score so far and m' was it before.
 */
function forwardPair(
  plan: usize, frame: usize, scores: usize, owner0: usize, owner1: usize, box: usize, list: usize,
  n0: i32, b1: i32, n: i32,
): void {
  const scores1 = scores + get(plan, field.scoreBytes), bytes = get(plan, field.dimValueBytes);
  // The owners take turns, so that one's chains of dependent steps hide behind the other's.
  const stats = get(plan, field.ownerStats), stats0 = owner0 + stats, stats1 = owner1 + stats;
  const first1 = scores1 + (<usize>b1 << 2), n1 = n - b1;
  const m0 = largestOf(scores, n0, load<f32>(stats0)), m1 = largestOf(first1, n1, load<f32>(stats1));
  const l0 = powersOf(plan, scores, n0, m0), l1 = powersOf(plan, first1, n1, m1);
  const sum0 = owner0 + get(plan, field.ownerSum), sum1 = owner1 + get(plan, field.ownerSum);
  addTotal(plan, stats0, m0, l0, sum0, bytes);
  addTotal(plan, stats1, m1, l1, sum1, bytes);
  keepPair(plan, frame, scores, n0, b1, n);
  addWeightedPair(sum0, sum1, scores, scores1, box + get(plan, field.boxSecond), list, n0, b1, n, bytes);
}

/** The largest of `count` scores and `before`. Pads the scores with −∞ to a multiple of eight. */
@inline
function largestOf(scores: usize, count: i32, before: f32): f32 {
  const end = scores + (<usize>count << 2);
  v128.store(end, f32x4.splat(-Infinity));
  v128.store(end, f32x4.splat(-Infinity), 16);
  let largest = f32x4.splat(before), other = largest;
  // A NaN is left out here; as a power it reaches the sums all the same.
  for (let at = scores; at < end; at += 32) {
    largest = f32x4.pmax(largest, v128.load(at));
    other = f32x4.pmax(other, v128.load(at, 16));
  }
  return max4(f32x4.pmax(largest, other));
}

/** Replaces `count` scores s by 2^(s − m) and returns their sum. */
@inline
function powersOf(plan: usize, scores: usize, count: i32, m: f32): f32 {
  const end = scores + (<usize>count << 2), shift = f32x4.splat(m);
  let total = f32x4.splat(0);
  for (let at = scores; at < end; at += 32) {
    const x = f32x4.sub(v128.load(at), shift), y = f32x4.sub(v128.load(at, 16), shift);
    const p = power4(plan, x), q = power4(plan, y);
    v128.store(at, p);
    v128.store(at, q, 16);
    total = f32x4.add(total, f32x4.add(p, q));
  }
  return sum4(total);
}

/** Brings (m, l) at `stats` up to date, and the sum O to the new m. */
function addTotal(plan: usize, stats: usize, m: f32, total: f32, sum: usize, bytes: usize): void {
  const before = load<f32>(stats);
  let l = load<f32>(stats, 4);
  if (m !== before && l !== 0) {
    const shrink = power4(plan, f32x4.splat(before - m));
    for (let d: usize = 0; d < bytes; d += 16) v128.store(sum + d, f32x4.mul(v128.load(sum + d), shrink));
    l *= f32x4.extract_lane(shrink, 0);
  }
  store<f32>(stats, m);
  store<f32>(stats, l + total, 4);
}

/** dQ, one chunk: dQ += Σ p (dO · v − delta) k with p = 2^(s − logsumexp). */
function backwardQueryPair(
  plan: usize, frame: usize, scores: usize, owner0: usize, owner1: usize, box: usize, list: usize,
  n0: i32, b1: i32, n: i32,
): void {
  const step = get(plan, field.scoreBytes), second = get(plan, field.ownerSecond), dim = get(plan, field.dimBytes);
  const scores1 = scores + step, grads = scores1 + step, grads1 = grads + step;
  const boxSecond = box + get(plan, field.boxSecond), dimValue = get(plan, field.dimValueBytes);
  dotsPair(grads, grads1, owner0 + second, owner1 + second, boxSecond, list, n0, b1, n, dimValue);
  keepPair(plan, frame, grads, n0, b1, n);
  const stats = get(plan, field.ownerStats), from = <usize>b1 << 2;
  scoreGrads(plan, scores, grads, n0, owner0 + stats);
  scoreGrads(plan, scores1 + from, grads1 + from, n - b1, owner1 + stats);
  const sum = get(plan, field.ownerSum);
  addWeightedPair(owner0 + sum, owner1 + sum, grads, grads1, box, list, n0, b1, n, dim);
}

/** grads = p (grads − delta), with one (logsumexp, delta) for all. */
@inline
function scoreGrads(plan: usize, scores: usize, grads: usize, count: i32, stats: usize): void {
  const logsumexp = v128.load32_splat(stats), delta = v128.load32_splat(stats, 4);
  const bytes = <usize>count << 2;
  for (let at: usize = 0; at < bytes; at += 16) scoreGrads4(plan, scores + at, grads + at, logsumexp, delta);
}

/** dK and dV, one chunk: dV += Σ p dO and dK += Σ p (dO · v − delta) q with p = 2^(s − logsumexp), over queries. */
function backwardKeyPair(
  plan: usize, frame: usize, scores: usize, owner0: usize, owner1: usize, box: usize, list: usize,
  n0: i32, b1: i32, n: i32,
): void {
  const step = get(plan, field.scoreBytes), second = get(plan, field.ownerSecond), dim = get(plan, field.dimBytes);
  const scores1 = scores + step, grads = scores1 + step, grads1 = grads + step;
  const boxSecond = box + get(plan, field.boxSecond), dimValue = get(plan, field.dimValueBytes);
  dotsPair(grads, grads1, owner0 + second, owner1 + second, boxSecond, list, n0, b1, n, dimValue);
  keepPair(plan, frame, grads, n0, b1, n);
  const stats = box + get(plan, field.boxStats);
  for (let i = 0; i < n; i += 4) {
    const at = <usize>i << 2, two = loadStats(stats, list + at), next = loadStats(stats, list + at + 8);
    const logsumexp = i64x2.shuffle(two, next, 0, 2), delta = i64x2.shuffle(two, next, 1, 3);
    if (i < n0) scoreGrads4(plan, scores + at, grads + at, logsumexp, delta);
    if (i + 4 > b1) scoreGrads4(plan, scores1 + at, grads1 + at, logsumexp, delta);
  }
  keepPair(plan, frame, scores, n0, b1, n);
  const sum = get(plan, field.ownerSum), secondSum = get(plan, field.ownerSecondSum);
  addWeightedPair(owner0 + sum, owner1 + sum, grads, grads1, box, list, n0, b1, n, dim);
  addWeightedPair(owner0 + secondSum, owner1 + secondSum, scores, scores1, boxSecond, list, n0, b1, n, dimValue);
}

/** (logsumexp, logsumexp, delta, delta) of the two rows listed at `list`. */
@inline
function loadStats(stats: usize, list: usize): v128 {
  const row = v128.load64_zero(stats + load<u32>(list)), next = v128.load64_zero(stats + load<u32>(list, 4));
  return i32x4.shuffle(row, next, 0, 4, 1, 5);
}

/** scores = p, grads = p (grads − delta). */
@inline
function scoreGrads4(plan: usize, scores: usize, grads: usize, logsumexp: v128, delta: v128): void {
  // Where logsumexp is not of these scores they may exceed it; beyond 128 the power is ∞.
  const most = v128.load32_splat(plan + (field.powers << 2), 40);
  const p = power4(plan, f32x4.pmin(f32x4.sub(v128.load(scores), logsumexp), most));
  v128.store(scores, p);
  v128.store(grads, f32x4.mul(p, f32x4.sub(v128.load(grads), delta)));
}

/**
 * 2ˣ within 1e-7 relative for −126 <= x <= 127; below, 2⁻¹²⁶. Scores are compared with their largest or their
 * logsumexp, so that they need no way through overflow and denormals, and base 2 spares the reduction by ln 2.
 */
@inline
function power4(plan: usize, x: v128): v128 {
  const table = plan + (field.powers << 2);
  // pmax keeps a NaN that is its first operand.
  x = f32x4.pmax(x, v128.load32_splat(table));
  // Adding 1.5 · 2²³ rounds to the nearest integer and leaves it in the low bits.
  const magic = v128.load32_splat(table, 4);
  const rounded = f32x4.add(x, magic);
  const f = f32x4.sub(x, f32x4.sub(rounded, magic));
  let p = madd(v128.load32_splat(table, 8), f, v128.load32_splat(table, 12));
  p = madd(p, f, v128.load32_splat(table, 16));
  p = madd(p, f, v128.load32_splat(table, 20));
  p = madd(p, f, v128.load32_splat(table, 24));
  p = madd(p, f, v128.load32_splat(table, 28));
  p = madd(p, f, v128.load32_splat(table, 32));
  return f32x4.mul(p, i32x4.shl(i32x4.add(rounded, v128.load32_splat(table, 36)), 23));
}
