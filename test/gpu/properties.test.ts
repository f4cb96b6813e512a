// Whatever computes the attention on WebGPU gives what the oracle gives, and the same bits again.

import { test } from 'vitest';
import { device } from '../../index.ts';
import { implementations } from '../kernels/neighborhood/attend.ts';
import { expectOracle } from '../kernels/neighborhood/oracle.ts';
import { holdKeys } from './texts.ts';

await device('webgpu');
holdKeys();

test.each(implementations)('%s is the oracle', (implementation) => expectOracle('webgpu', implementation, 8));
