import type { Dtype, GradientCheckOptions, Shape, TypedArray } from '../index.ts';
import type { Module } from '../nn/index.ts';
import { ArgumentError, defaultGenerator, setDefaultDevice, Tensor, tensor } from '../index.ts';
import { checkGradients } from '../autograd/check.ts';
import { isModule } from '../nn/tree.ts';
import { isFloat } from '../tensor/dtype.ts';
import { kindOf } from '../tensor/options.ts';
import { resolveDevice } from '../tensor/runtime.ts';

export interface ModuleCheckOptions extends GradientCheckOptions {
  /** What is called with the inputs, and gives one tensor. Default: the module's `forward`. */
  forward?: (...inputs: Tensor[]) => Tensor;
}

/**
 * Checks the gradients of a module by its inputs and by all parameters that are not frozen, against central differences
 * in float64 on the reference device, as `gradientCheck` of `vicinal` does for a function. The module stays as it is, on
 * whatever device: its parameters and buffers are stood in for while `forward` runs. Every pass begins with the same
 * random bits and the same buffers, so dropout drops the same elements and batch norm may take its batch's statistics.
 *
 * Costs two forward passes per try on a slow device: take small sizes. At a kink (ReLU at 0, the maximum of equals) there
 * is no derivative to find.
 *
 * @throws GradError with both numbers when they differ, and the parameters and inputs whose gradient is wrong; ArgumentError
 *   when `forward` does not return one tensor
 * @example
 * const layer = new nn.NeighborhoodAttention1d(8, 2, { kernelSize: 3, relPosBias: true, attnDrop: 0.1 });
 * await gradientCheck(layer, [randn([2, 7, 8])]);
 */
export async function gradientCheck(
  module: Module,
  inputs: readonly Tensor[],
  options: ModuleCheckOptions = {},
): Promise<void> {
  const op = 'gradientCheck';
  if (!isModule(module)) {
    const advice = "gradientCheck of 'vicinal' takes functions";
    throw new ArgumentError(`module must be a Module, got ${kindOf(module)}; ${advice}`, { op, module });
  }
  const { forward = (...given: Tensor[]) => module.forward(...(given as never[])), ...rest } = options;
  const owned = [...module.namedParameters(), ...module.namedBuffers()].map(([name, x]) => ({ name, tensor: x }));
  const trained = owned.filter((one) => one.tensor.requiresGrad);
  const constants = owned.filter((one) => !one.tensor.requiresGrad);
  const values = await Promise.all(constants.map((one) => valuesOf(one.tensor)));
  const body = (...leaves: Tensor[]): Tensor => {
    const standIns = [...leaves.slice(0, trained.length), ...values.map(onReference)];
    const owners = [...trained, ...constants].map((one) => one.tensor);
    return withStandIns(owners, standIns, () => oneTensor(op, forward(...leaves.slice(trained.length))));
  };
  const given = inputs.map((input, i) => ({ name: `input ${i}`, tensor: input }));
  await checkGradients(body, [...trained, ...given], rest);
}

interface Values {
  readonly shape: Shape;
  readonly dtype: Dtype;
  readonly data: TypedArray;
}

async function valuesOf(x: Tensor): Promise<Values> {
  const { shape, dtype } = x;
  return { shape, dtype, data: await x.data() };
}

function onReference({ shape, dtype, data }: Values): Tensor {
  return tensor(data, { shape, dtype: isFloat(dtype) ? 'float64' : dtype, device: 'reference' });
}

/**
 * Runs `body` while each of `owners` stands for the elements and the autograd identity of the tensor given for it, new
 * tensors are made on the reference device. Afterwards all is as it was, the default generator too.
 *
 * @source PyTorch: `torch.func.functional_call`
 */
function withStandIns<T>(owners: readonly Tensor[], standIns: readonly Tensor[], body: () => T): T {
  const originals = owners.map((owner) => owner.alias());
  const [device, state] = [resolveDevice(), defaultGenerator.state()];
  try {
    owners.forEach((owner, i) => owner.become(standIns[i]!, standIns[i]!.variable));
    setDefaultDevice('reference');
    return body();
  } finally {
    owners.forEach((owner, i) => owner.become(originals[i]!, originals[i]!.variable));
    originals.forEach((original) => original.dispose());
    setDefaultDevice(device);
    defaultGenerator.setState(state);
  }
}

function oneTensor(op: string, result: unknown): Tensor {
  if (result instanceof Tensor) return result;
  const advice = 'pass { forward: (...inputs) => ... } that does';
  throw new ArgumentError(`forward must return one tensor, got ${kindOf(result)}; ${advice}`, { op });
}
