import type { AttentionCall } from './options.ts';

export function choose(call: AttentionCall): 'plain' | 'fused' | 'unfused' | 'dense' {
  return 'fused';
}
