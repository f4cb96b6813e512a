/** What every error of this library carries besides its sentence. */
export interface ErrorFields {
  /** The operation that refused, in the caller's words: 'matmul', 'loadStateDict'. */
  readonly op: string;
  /** The values that were wrong and what they were compared with, by name. */
  readonly [field: string]: unknown;
}

/**
 * The base of all errors thrown by this library. The message reads `op: what is wrong, both values; what would be right`.
 *
 * @example
 * try { matmul(a, b); } catch (error) { if (error instanceof ShapeError) console.log(error.op, error.fields); }
 */
export class VicinalError extends Error {
  readonly op: string;
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(message: string, { op, ...fields }: ErrorFields) {
    super(`${op}: ${message}`);
    this.name = new.target.name;
    this.op = op;
    this.fields = fields;
  }
}

/** Shapes, axes, sizes or lengths do not fit. */
export class ShapeError extends VicinalError {}
/** A dtype that the operation or the device does not take. */
export class DtypeError extends VicinalError {}
/** A device is missing, lacks a kernel, is out of memory, or tensors live on different devices. */
export class DeviceError extends VicinalError {}
/** The tape cannot be walked: no gradient, already freed, or a saved tensor was changed. */
export class GradError extends VicinalError {}
/** A tensor was used after it was freed. */
export class DisposedError extends VicinalError {}
/** A file or a state dict is not what it says it is. */
export class FormatError extends VicinalError {}
/** An argument that is neither a shape nor a dtype: a rate out of range, an unknown option. */
export class ArgumentError extends VicinalError {}
