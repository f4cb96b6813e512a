import type { Module } from '../module.ts';
import type { Parameter } from '../parameter.ts';
import { checkOptions } from '../../tensor/options.ts';
import { Embedding } from '../embedding.ts';

/**
 * A model's parameters as two groups: weights that decay, and those that should not: biases, norms (all of rank 0 and 1),
 * embeddings and relative positional biases (`rpb`). A group without parameters is left out.
 *
 * @param model - whose parameters
 * @param weightDecay - of the first group
 * @param options - `isDecayed` overrules for one parameter; undefined leaves it to the rule
 * @source timm: `param_groups_weight_decay`
 * @example
 * const model = new nn.Sequential(new nn.Linear(3, 8), new nn.LayerNorm(8));
 * const optimizer = new nn.optim.AdamW(nn.optim.decayGroups(model, 0.05), { lr: 1e-3 });
 * optimizer.paramGroups.map(({ params }) => params.length); // [1, 3]
 */
export function decayGroups(
  model: Module,
  weightDecay: number,
  options: { isDecayed?: (path: string, parameter: Parameter) => boolean | undefined } = {},
): { params: Parameter[]; weightDecay: number }[] {
  const { isDecayed = () => undefined } = checkOptions('decayGroups', options, ['isDecayed']);
  const embeddings = new Set(model.modules().flatMap((module) => (module instanceof Embedding ? [module.weight] : [])));
  const [decayed, others]: [Parameter[], Parameter[]] = [[], []];
  for (const [path, parameter] of model.namedParameters()) {
    const rule = parameter.rank > 1 && !embeddings.has(parameter) && !/(^|\.)rpb$/.test(path);
    ((isDecayed(path, parameter) ?? rule) ? decayed : others).push(parameter);
  }
  const groups = [
    { params: decayed, weightDecay },
    { params: others, weightDecay: 0 },
  ];
  return groups.filter(({ params }) => params.length > 0);
}
