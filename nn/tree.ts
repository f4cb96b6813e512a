// How a module's tensors are found: by walking its fields. Nothing is registered.

import type { Module } from './module.ts';
import { Buffer, Parameter } from './parameter.ts';

/** A module lists its fields under this key: by default its own properties. */
export const fieldsOf: unique symbol = Symbol('vicinal.fieldsOf');

/** A Parameter, Buffer or Module and the path of fields that leads to it, in snake_case: `blocks.0.norm.running_mean`. */
export interface Found {
  readonly path: string;
  readonly value: Parameter | Buffer | Module;
}

/**
 * `root` and all that its fields, and arrays and plain objects in them, lead to, in PyTorch's order: a module, its own
 * parameters, its buffers, its children. What is reached by two paths is given twice; a field that leads back to where
 * the walk came from is left out.
 */
export function walk(root: Module): Generator<Found> {
  return visit(root, '', new Set());
}

function* visit(value: unknown, path: string, ancestors: Set<object>): Generator<Found> {
  if (typeof value !== 'object' || value === null) return;
  if (value instanceof Parameter || value instanceof Buffer) return void (yield { path, value });
  const fields = fieldsIn(value);
  if (!fields || ancestors.has(value)) return;
  if (isModule(value)) yield { path, value };
  ancestors.add(value);
  for (const [name, field] of fields.sort((a, b) => rank(a[1]) - rank(b[1]))) {
    const key = snakeCase(name);
    yield* visit(field, path === '' ? key : `${path}.${key}`, ancestors);
  }
  ancestors.delete(value);
}

/** The fields of a module, array or plain object that may lead to a tensor. */
function fieldsIn(value: object): (readonly [string, unknown])[] | undefined {
  if (isModule(value)) return [...value[fieldsOf]()];
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return undefined;
  return Object.entries(value);
}

function rank(value: unknown): number {
  return value instanceof Parameter ? 0 : value instanceof Buffer ? 1 : 2;
}

export function isModule(value: unknown): value is Module {
  return typeof value === 'object' && value !== null && fieldsOf in value;
}

/** `runningMean` as `running_mean`, `convBN2` as `conv_bn2`. */
export function snakeCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}
