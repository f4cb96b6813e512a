/**
 * What is done for two neighbouring owners and the rows that they see, in each mode. Owner 0 sees rows
 * [0, n0) of the list, owner 1 [b1, n). Scores are in base 2: packed queries and logsumexp carry the factor log₂ e.
 */

import * as here from './frame.as';
import * as field from './plan.as';
import { madd } from '../../runtime/cpu/simd.as';
import { addNumbers, multiplyNumbers } from './biases.as';
import { get } from './frame.as';
import { addWeightedPair, dotsPair, spreadPair } from './rows.as';

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
  } else if (mode === field.backwardQueryMode || mode === field.backwardMode) {
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
  const scores1 = scores + get(plan, field.scoreBytes), first1 = scores1 + (<usize>b1 << 2), n1 = n - b1;
  const stats = get(plan, field.ownerStats), stats0 = owner0 + stats, stats1 = owner1 + stats;
  const bytes = vectorBytes(max(n0, n1)), dim = get(plan, field.dimValueBytes);
  padScores(scores, n0, bytes);
  padScores(first1, n1, bytes);
  let m0 = v128.load32_splat(stats0), m1 = v128.load32_splat(stats1);
  for (let at: usize = 0; at < bytes; at += 16) {
    // A NaN is left out here; as a power it reaches the sums all the same.
    m0 = f32x4.pmax(m0, v128.load(scores + at));
    m1 = f32x4.pmax(m1, v128.load(first1 + at));
  }
  m0 = largest4(m0);
  m1 = largest4(m1);
  // No shift is −∞, so that powers of −∞ are no NaN.
  const low = f32x4.splat(-3.4e38);
  const totals = powersPair(plan, scores, first1, f32x4.pmax(m0, low), f32x4.pmax(m1, low), bytes, false);
  const sum0 = owner0 + get(plan, field.ownerSum), sum1 = owner1 + get(plan, field.ownerSum);
  const l0 = f32x4.extract_lane(totals, 0) + f32x4.extract_lane(totals, 1);
  const l1 = f32x4.extract_lane(totals, 2) + f32x4.extract_lane(totals, 3);
  if (n0 > 0) addTotal(plan, frame, stats0, f32x4.extract_lane(m0, 0), l0, sum0, dim);
  if (n1 > 0) addTotal(plan, frame, stats1, f32x4.extract_lane(m1, 0), l1, sum1, dim);
  keepPair(plan, frame, scores, n0, b1, n);
  addWeightedPair(sum0, sum1, scores, scores1, box + get(plan, field.boxSecond), list, n0, b1, n, dim);
}

/** Bytes of `count` numbers in whole vectors. */
@inline
function vectorBytes(count: i32): usize {
  return <usize>(count + 3 & ~3) << 2;
}

/** −∞ behind `count` scores, at least until `bytes`. */
@inline
function padScores(scores: usize, count: i32, bytes: usize): void {
  for (let at = <usize>count << 2; at < bytes; at += 16) v128.store(scores + at, f32x4.splat(-Infinity));
}

/** The largest of four in each lane. */
@inline
function largest4(x: v128): v128 {
  x = f32x4.pmax(x, i32x4.shuffle(x, x, 2, 3, 0, 1));
  return f32x4.pmax(x, i32x4.shuffle(x, x, 1, 0, 3, 2));
}

/** Brings (m, l) at `stats` up to date, and the sum O to the new m. */
function addTotal(plan: usize, frame: usize, stats: usize, m: f32, total: f32, sum: usize, bytes: usize): void {
  const before = load<f32>(stats);
  let l = load<f32>(stats, 4);
  if (m !== before && l !== 0) {
    const shrink = power4(plan, f32x4.splat(before - m), frame + here.spareBytes);
    for (let d: usize = 0; d < bytes; d += 16) v128.store(sum + d, f32x4.mul(v128.load(sum + d), shrink));
    l *= f32x4.extract_lane(shrink, 0);
  }
  store<f32>(stats, m);
  store<f32>(stats, l + total, 4);
}

/**
 * dQ, one chunk: dQ += Σ p (dO · v − delta) k with p = 2^(s − logsumexp); in `backwardMode` also each row's
 * dK += p (dO · v − delta) q and dV += p dO.
 */
function backwardQueryPair(
  plan: usize, frame: usize, scores: usize, owner0: usize, owner1: usize, box: usize, list: usize,
  n0: i32, b1: i32, n: i32,
): void {
  const step = get(plan, field.scoreBytes), second = get(plan, field.ownerSecond), dim = get(plan, field.dimBytes);
  const scores1 = scores + step, grads = scores1 + step, grads1 = grads + step;
  const boxSecond = box + get(plan, field.boxSecond), dimValue = get(plan, field.dimValueBytes);
  dotsPair(grads, grads1, owner0 + second, owner1 + second, boxSecond, list, n0, b1, n, dimValue);
  keepPair(plan, frame, grads, n0, b1, n);
  const stats0 = owner0 + get(plan, field.ownerStats), stats1 = owner1 + get(plan, field.ownerStats);
  const from = <usize>b1 << 2, bytes = vectorBytes(max(n0, n - b1));
  const logsumexp0 = v128.load32_splat(stats0), logsumexp1 = v128.load32_splat(stats1);
  const delta0 = v128.load32_splat(stats0, 4), delta1 = v128.load32_splat(stats1, 4);
  powersPair(plan, scores, scores1 + from, logsumexp0, logsumexp1, bytes, true);
  for (let at: usize = 0; at < bytes; at += 16) {
    scoreGrads4(scores + at, grads + at, delta0);
    scoreGrads4(scores1 + from + at, grads1 + from + at, delta1);
  }
  const sum = get(plan, field.ownerSum);
  addWeightedPair(owner0 + sum, owner1 + sum, grads, grads1, box, list, n0, b1, n, dim);
  if (get(plan, field.mode) !== field.backwardMode) return;
  keepPair(plan, frame, scores, n0, b1, n);
  const sums = box + get(plan, field.boxStats);
  spreadPair(owner0, owner1, grads, grads1, sums, list, n0, b1, n, dim);
  spreadPair(owner0 + second, owner1 + second, scores, scores1, sums + dim, list, n0, b1, n, dimValue);
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
  const stats = box + get(plan, field.boxStats), bytes = vectorBytes(n), none = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    const two = loadStats(stats, list + at), next = loadStats(stats, list + at + 8);
    const logsumexp = i64x2.shuffle(two, next, 0, 2), delta = i64x2.shuffle(two, next, 1, 3);
    v128.store(scores + at, f32x4.sub(v128.load(scores + at), logsumexp));
    v128.store(scores1 + at, f32x4.sub(v128.load(scores1 + at), logsumexp));
    v128.store(grads + at, f32x4.sub(v128.load(grads + at), delta));
    v128.store(grads1 + at, f32x4.sub(v128.load(grads1 + at), delta));
  }
  powersPair(plan, scores, scores1, none, none, bytes, true);
  for (let at: usize = 0; at < bytes; at += 16) {
    scoreGrads4(scores + at, grads + at, none);
    scoreGrads4(scores1 + at, grads1 + at, none);
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

/** grads = p (grads − delta). */
@inline
function scoreGrads4(powers: usize, grads: usize, delta: v128): void {
  v128.store(grads, f32x4.mul(v128.load(powers), f32x4.sub(v128.load(grads), delta)));
}

/**
 * Replaces the numbers x of two arrays by 2^(x − shift), and returns the two halves of each array's sum.
 *
 * 2ˣ is within 1e-7 relative for −126 <= x <= 127; below, it is 2⁻¹²⁶. Scores are compared with their largest or their
 * logsumexp, so that they need no way through overflow and denormals, and base 2 spares the reduction by ln 2. Where
 * logsumexp is not of these scores they may exceed it, which `isLimited` is for; beyond 128 the power is ∞.
 */
@inline
function powersPair(
  plan: usize, first: usize, second: usize, shift0: v128, shift1: v128, bytes: usize, isLimited: bool,
): v128 {
  const table = plan + (field.powers << 2);
  let total0 = f32x4.splat(0), total1 = total0;
  for (let at: usize = 0; at < bytes; at += 16) {
    let x = f32x4.sub(v128.load(first + at), shift0), y = f32x4.sub(v128.load(second + at), shift1);
    // Each constant is loaded once for both. pmin and pmax keep a NaN that is their first operand.
    let c = v128.load32_splat(table, 40);
    if (isLimited) { x = f32x4.pmin(x, c); y = f32x4.pmin(y, c); }
    c = v128.load32_splat(table);
    x = f32x4.pmax(x, c); y = f32x4.pmax(y, c);
    // Adding 1.5 · 2²³ rounds to the nearest integer and leaves it in the low bits.
    c = v128.load32_splat(table, 4);
    let m = f32x4.add(x, c), n = f32x4.add(y, c);
    x = f32x4.sub(x, f32x4.sub(m, c)); y = f32x4.sub(y, f32x4.sub(n, c));
    c = v128.load32_splat(table, 36);
    m = i32x4.shl(i32x4.add(m, c), 23); n = i32x4.shl(i32x4.add(n, c), 23);
    c = v128.load32_splat(table, 8);
    const d = v128.load32_splat(table, 12);
    let p = madd(c, x, d), q = madd(c, y, d);
    c = v128.load32_splat(table, 16); p = madd(p, x, c); q = madd(q, y, c);
    c = v128.load32_splat(table, 20); p = madd(p, x, c); q = madd(q, y, c);
    c = v128.load32_splat(table, 24); p = madd(p, x, c); q = madd(q, y, c);
    c = v128.load32_splat(table, 28); p = madd(p, x, c); q = madd(q, y, c);
    c = v128.load32_splat(table, 32); p = madd(p, x, c); q = madd(q, y, c);
    p = f32x4.mul(p, m); q = f32x4.mul(q, n);
    v128.store(first + at, p);
    v128.store(second + at, q);
    total0 = f32x4.add(total0, p); total1 = f32x4.add(total1, q);
  }
  return f32x4.add(i64x2.shuffle(total0, total1, 0, 2), i64x2.shuffle(total0, total1, 1, 3));
}

/** 2ˣ of one vector, by way of memory at `target`. */
function power4(plan: usize, x: v128, target: usize): v128 {
  const zero = f32x4.splat(0);
  v128.store(target, x);
  v128.store(target, x, 16);
  powersPair(plan, target, target + 16, zero, zero, 16, false);
  return v128.load(target);
}
