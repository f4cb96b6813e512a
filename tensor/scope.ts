import { ArgumentError } from './errors.ts';

/** What a scope needs of a tensor; `Tensor` implements it. */
export interface Scoped {
  scope: Scope | null;
  dispose(): void;
}

/** An object that holds tensors (a Module) calls `visit` on each value that may hold one. */
export const tensorsOf: unique symbol = Symbol('vicinal.tensorsOf');

let current: Scope | null = null;

export class Scope {
  readonly parent: Scope | null = current;
  readonly members: Scoped[] = [];

  /** Frees what is still a member. */
  free(): void {
    for (const tensor of this.members) if (tensor.scope === this) tensor.dispose();
  }
}

/** Makes `tensor` a member of the innermost scope. False when there is none. */
export function adopt(tensor: Scoped): boolean {
  tensor.scope = current;
  if (!current) return false;
  current.members.push(tensor);
  return true;
}

/**
 * Runs `body` and frees the tensors made inside that it does not return or `keep()`. Returned arrays, Maps, Sets, plain
 * objects and Modules are walked. A throw frees everything.
 *
 * @throws ArgumentError when the body is async: what it makes after its first `await` would belong to nobody.
 * @example
 * const x = ones([2, 3]);
 * const loss = scope(() => {
 *   const hidden = x.mul(2).relu(); // freed at the end
 *   return hidden.square().mean(); // moves to the scope around, or to you
 * });
 */
export function scope<T>(body: () => T): T {
  const inner = new Scope();
  const outer = current;
  current = inner;
  let result: T;
  try {
    result = body();
  } catch (error) {
    current = outer;
    inner.free();
    throw error;
  }
  current = outer;
  if (isThenable(result)) {
    inner.free();
    refuseAsync('scope', result);
  }
  moveOut(result, inner);
  inner.free();
  return result;
}

/** @internal What the body does after its first `await` would no longer be in it. */
export function refuseAsync(op: string, result: PromiseLike<unknown>): never {
  result.then(undefined, () => undefined);
  const advice = `do the awaiting outside: compute in ${op}(() => ...), then await the read`;
  throw new ArgumentError(`the body is async; ${advice}`, { op });
}

/** @internal */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** Hands the tensors reachable from `value` to the scope around `from`. */
function moveOut(value: unknown, from: Scope): void {
  if (typeof value !== 'object' || value === null) return;
  if ('scope' in value && 'dispose' in value) return moveTensor(value as Scoped, from);
  const seen = new Set<object>();
  const visit = (item: unknown): void => {
    if (typeof item !== 'object' || item === null || seen.has(item)) return;
    seen.add(item);
    if ('scope' in item && 'dispose' in item) return moveTensor(item as Scoped, from);
    if (tensorsOf in item) return (item as { [tensorsOf](visit: (value: unknown) => void): void })[tensorsOf](visit);
    if (Array.isArray(item) || item instanceof Set) return item.forEach(visit);
    if (item instanceof Map) return item.forEach((entry, key) => (visit(key), visit(entry)));
    const prototype: unknown = Object.getPrototypeOf(item);
    if (prototype === Object.prototype || prototype === null) Object.values(item).forEach(visit);
  };
  visit(value);
}

function moveTensor(tensor: Scoped, from: Scope): void {
  if (tensor.scope !== from) return;
  const parent = from.parent;
  tensor.scope = parent;
  if (parent) parent.members.push(tensor);
  else escaped?.(tensor);
}

let escaped: ((tensor: Scoped) => void) | undefined;

/** The tensor floor is told of tensors that no scope will free. */
export function onEscape(listener: (tensor: Scoped) => void): void {
  escaped = listener;
}
