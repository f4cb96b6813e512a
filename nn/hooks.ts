// What runs before and after a module's forward.

import type { Module } from './module.ts';
import { ArgumentError } from '../index.ts';

/** What follows `forward`: given the module, its arguments and its result. */
// oxlint-disable-next-line typescript/no-explicit-any -- a module's arguments and result are its own
export type ForwardHook = (module: Module, inputs: readonly any[], output: any) => unknown;
/** What comes before it. */
export type ForwardPreHook = (module: Module, inputs: readonly unknown[]) => readonly unknown[] | undefined | void;

interface Hooks {
  readonly before: Set<ForwardPreHook>;
  readonly after: Set<ForwardHook>;
  /** A `forward` that was the module's own field, which the wrapped one hides. */
  readonly own: PropertyDescriptor | undefined;
}

const known = new WeakMap<Module, Hooks>();

/** The module's `forward` is hidden by one that runs the hooks, until the last of them is removed. */
export function addHook(module: Module, when: 'before', hook: ForwardPreHook): () => void;
export function addHook(module: Module, when: 'after', hook: ForwardHook): () => void;
export function addHook(module: Module, when: 'before' | 'after', hook: ForwardPreHook | ForwardHook): () => void {
  const op = when === 'after' ? 'registerForwardHook' : 'registerForwardPreHook';
  if (typeof hook !== 'function') throw new ArgumentError(`the hook is ${String(hook)}; it must be a function`, { op });
  const hooks = known.get(module) ?? wrap(module);
  const own: ForwardPreHook | ForwardHook = (...args: Parameters<ForwardHook>) => hook(...args); // one hook may be given twice
  const list = hooks[when] as Set<ForwardPreHook | ForwardHook>;
  list.add(own);
  return () => {
    if (list.delete(own) && hooks.before.size + hooks.after.size === 0) unwrap(module, hooks);
  };
}

function wrap(module: Module): Hooks {
  const own = Object.getOwnPropertyDescriptor(module, 'forward');
  const forward = Reflect.get(module, 'forward') as (...inputs: unknown[]) => unknown;
  const hooks: Hooks = { before: new Set(), after: new Set(), own };
  const value = (...given: unknown[]): unknown => {
    let inputs: readonly unknown[] = given;
    for (const hook of hooks.before) inputs = hook(module, inputs) ?? inputs;
    let output = forward.apply(module, [...inputs]);
    for (const hook of hooks.after) output = hook(module, inputs, output) ?? output;
    return output;
  };
  Object.defineProperty(module, 'forward', { value, configurable: true, writable: true, enumerable: false });
  known.set(module, hooks);
  return hooks;
}

function unwrap(module: Module, { own }: Hooks): void {
  known.delete(module);
  if (own) Object.defineProperty(module, 'forward', own);
  else Reflect.deleteProperty(module, 'forward');
}
