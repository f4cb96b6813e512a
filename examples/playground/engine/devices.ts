/** The devices to choose from, as the page calls them. */
export const deviceNames = { webgpu: 'WebGPU', webgl: 'WebGL', cpu: 'the CPU' } as const;

export type Choice = keyof typeof deviceNames;

/** On which device the page works, and why not on another. */
export interface Where {
  readonly name: Choice;
  /** Threads or adapter. */
  readonly detail: string;
  /** Why it is not the one that was asked for, or slower than it might be. */
  readonly reasons: readonly string[];
}
