// NAT and DiNAT: as large as published, with the keys of the published weights, and PyTorch's logits.

import { describe, expect, test } from 'vitest';
import type { NAT, NATIsotropic, NatModelOptions } from '../../nn/models/index.ts';
import { gradientCheck, manualSeed, noGrad, randn, scope, zeros } from '../../index.ts';
import * as nn from '../../nn/index.ts';
import { devices, expectClose, readFixture, upload } from '../parity/fixture.ts';

const { models } = nn;
const { skipInit } = nn.init;
const count = (model: nn.Module): number => model.parameters().reduce((sum, { size }) => sum + size, 0);
const tiny = { embedDim: 8, depths: [1, 2], numHeads: [2, 4], kernelSize: 3, numClasses: 5 };

/** Parameters of the published models with 1000 classes; layer scale adds two vectors a block, which the large ones lack. */
const published: readonly [name: string, make: (options: NatModelOptions) => NAT | NATIsotropic, parameters: number][] =
  [
    ['NAT-Mini', models.natMini, 19_984_174],
    ['DiNAT-Mini', models.dinatMini, 19_984_174],
    ['NAT-Tiny', models.natTiny, 27_901_582],
    ['DiNAT-Tiny', models.dinatTiny, 27_901_582],
    ['NAT-Small', models.natSmall, 50_743_297],
    ['DiNAT-Small', models.dinatSmall, 50_719_681],
    ['NAT-Base', models.natBase, 89_769_652],
    ['DiNAT-Base', models.dinatBase, 89_769_652],
    ['isotropic NAT, small', models.natIsotropicSmall, 21_999_736],
  ];

describe('parameters', () => {
  test.each(published)('of %s', (_name, make, parameters) => {
    using model = skipInit(() => make({}));
    expect(count(model)).toBe(parameters);
  });

  test('of DiNAT-Large with windows of 7 and 11', () => {
    // All but the biases by position is the same; one model of 200 million numbers is enough.
    using model = skipInit(() => models.dinatLarge({ imageSize: 384 }));
    expect(count(model)).toBe(200_943_514);
    const heads = model.levels.flatMap(({ blocks }) => blocks.map(({ attn }) => attn.numHeads));
    expect(heads.reduce((sum, n) => sum + n * (21 ** 2 - 13 ** 2), 0)).toBe(201_144_250 - 200_943_514);
  });
});

describe('dilations of DiNAT', () => {
  const dilations = (model: NAT): unknown[] =>
    model.levels.map(({ blocks }) => blocks.map(({ attn }) => attn.problem.dilation));

  test('alternate between 1 and the widest that fits', () => {
    using model = skipInit(() => models.dinatMini());
    expect(dilations(model)).toEqual([
      [1, 8, 1],
      [1, 4, 1, 4],
      [1, 2, 1, 2, 1, 2],
      [1, 1, 1, 1, 1],
    ]);
  });

  test.each([
    { imageSize: 384, kernelSize: 7, widest: [13, 6, 3, 1] },
    { imageSize: 384, kernelSize: 11, widest: [8, 4, 2, 1] },
    { imageSize: 32, kernelSize: 7, widest: [1, 1, 1, 1] },
  ])('of images of $imageSize with windows of $kernelSize', ({ imageSize, kernelSize, widest }) => {
    using model = skipInit(() => models.dinatMini({ imageSize, kernelSize }));
    expect(dilations(model).map((level) => (level as number[])[1])).toEqual(widest);
  });
});

describe('a DiNAT that PyTorch made', () => {
  const build = (): NAT =>
    new models.NAT({
      ...tiny,
      depths: [2, 2],
      mlpRatio: 2,
      layerScale: 1,
      dilations: [
        [1, 2],
        [1, 2],
      ],
    });
  const saved = new Map(readFixture('nat').tensors);
  const [x, logits] = [saved.get('x')!, saved.get('logits')!];
  saved.delete('x');
  saved.delete('logits');
  const theirs = readFixture('natHuggingFace').tensors;

  test('has the keys of its state dict', () => {
    using model = build();
    expect(scope(() => [...model.stateDict().keys()]).toSorted()).toEqual([...saved.keys()].toSorted());
  });

  test.each(devices)('gives its logits on $device, under both kinds of names', ({ device }) => {
    for (const state of [saved, models.natFromHuggingFace(theirs)]) {
      using model = build().to(device).eval();
      model.loadStateDict(state);
      scope(() =>
        expectClose(
          noGrad(() => model.forward(upload(x, device))),
          logits,
          5e-6,
          'logits',
        ),
      );
    }
  });

  test('goes to Hugging Face and back', () => {
    const there = models.natToHuggingFace(saved, { family: 'dinat' });
    expect([...there.keys()].toSorted()).toEqual([...theirs.keys()].toSorted());
    for (const [key, { shape, data }] of theirs) expect(there.get(key), key).toMatchObject({ shape, data });
    const back = models.natFromHuggingFace(there);
    expect([...back.keys()].toSorted()).toEqual([...saved.keys()].toSorted());
    for (const [key, { shape, data }] of saved) expect(back.get(key), key).toMatchObject({ shape, data });
  });
});

test('a published model takes weights of its true shapes from Hugging Face', () => {
  using model = models.dinatMini();
  using other = skipInit(() => models.dinatMini());
  const theirs = models.natToHuggingFace(model.stateDict(), { family: 'dinat' });
  expect(theirs.get('dinat.encoder.levels.1.layers.3.attention.self.rpb')!.shape).toEqual([4, 13, 13]);
  expect(theirs.get('dinat.encoder.levels.3.layers.4.attention.self.value.weight')!.shape).toEqual([512, 512]);
  expect(other.loadStateDict(models.natFromHuggingFace(theirs))).toEqual({ missing: [], unknown: [] });
  const weight = (m: NAT): unknown => m.levels[3]!.blocks[4]!.attn.qkv.weight.dataNow();
  expect(weight(other)).toEqual(weight(model));
});

describe('shapes', () => {
  test('the features of images whose sides are no multiples of 32', () => {
    using model = new models.NAT({ ...tiny, numClasses: 0 });
    scope(() => {
      expect(model.forwardFeatures(zeros([1, 3, 37, 50])).shape).toEqual([1, 5, 7, 16]);
      expect(model.forward(zeros([1, 3, 37, 50])).shape).toEqual([1, 16]);
    });
  });

  test('one level, and one block', () => {
    using model = new models.NAT({ ...tiny, depths: [1], numHeads: [1], dropPath: 0.3 });
    scope(() => expect(model.forward(zeros([2, 3, 16, 16])).shape).toEqual([2, 5]));
  });

  test('isotropic', () => {
    const sizes = { embedDim: 16, numHeads: 4, depth: 3, dilation: 2, kernelSize: 3, patchSize: 4, numClasses: 5 };
    using model = new models.NATIsotropic({ ...sizes, inChannels: 1 });
    scope(() => {
      expect(model.forwardFeatures(zeros([2, 1, 28, 28])).shape).toEqual([2, 7, 7, 16]);
      expect(model.forward(zeros([2, 1, 28, 28])).shape).toEqual([2, 5]);
      expect(model.layers.map(({ attn }) => attn.problem.dilation)).toEqual([1, 2, 1]);
      expect([...model.stateDict().keys()].slice(0, 5)).toEqual([
        'patch_embed.proj.weight',
        'patch_embed.proj.bias',
        'patch_embed.norm.weight',
        'patch_embed.norm.bias',
        'layers.0.norm1.weight',
      ]);
    });
  });
});

test('the gradient of a whole model is the central difference', async () => {
  manualSeed(3);
  using model = new models.NAT({ ...tiny, layerScale: 0.5 }).to('reference');
  using x = randn([1, 3, 20, 24], { device: 'reference' });
  await gradientCheck((image) => model.forward(image), [x]);
});

test('branches are dropped in training alone, more of them in later blocks', () => {
  using model = new models.NAT({ ...tiny, depths: [2, 3], dropPath: 0.4 });
  expect(model.levels.flatMap(({ blocks }) => blocks.map(({ dropPath }) => dropPath.p))).toEqual([
    0, 0.1, 0.2, 0.30000000000000004, 0.4,
  ]);
});

describe('what is refused', () => {
  const state = () => new Map([['nat.encoder.levels.0.layers.0.attention.self.query.weight', upload2([2, 2])]]);
  const upload2 = (shape: number[]) => ({ dtype: 'float32' as const, shape, data: new Float32Array(4) });

  test.each([
    [() => new models.NAT({ ...tiny, numHeads: [2] }), 'they must have one entry for each level'],
    [() => new models.NAT({ ...tiny, dilations: [[1], [1]] }), 'dilations one for each block'],
    [() => new models.NAT({ ...tiny, embedDim: 7 }), 'embedDim 7 must be even'],
    [() => new models.NAT({ ...tiny, depths: [] }), 'at least one level'],
    [() => new models.NAT({ ...tiny, numHeads: [3, 4] }), 'not a multiple of numHeads 3'],
    [() => new models.NAT({ ...tiny, mlpRatio: 0 }), 'mlpRatio is 0; it must be above 0'],
    [() => new models.NAT({ ...tiny, dropPath: 1.5 }), 'dropPath'],
    [() => new models.NAT({ ...tiny, depth: 3 } as never), "'depth'"],
    [() => models.natMini({ embedDim: 3 } as never), "'embedDim'"],
    [() => models.dinatMini({ imageSize: 0 }), 'imageSize is 0'],
    [() => new models.NATIsotropic({ embedDim: 8 } as never), "needs the option 'numHeads'"],
    [() => models.natFromHuggingFace(state()), 'lacks its query, key or value'],
    [() => models.natFromHuggingFace({ 'nat.pooler.weight': upload2([2, 2]) }), 'names are of no NAT: pooler.weight'],
    [() => models.natToHuggingFace({ 'fc.weight': upload2([2, 2]) }, { family: 'nat' }), 'fc.weight is of no NAT'],
    [() => models.natToHuggingFace({}, { family: 'vit' as never }), "family must be 'nat' or 'dinat'"],
  ])('%s', (body, message) => {
    expect(body).toThrow(message);
  });
});
