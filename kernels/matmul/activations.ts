/** What `linear` may apply to its results. Kernels of the CPU know them by their places. */
export const activations = ['none', 'relu', 'gelu', 'silu'] as const;
export type Activation = (typeof activations)[number];
