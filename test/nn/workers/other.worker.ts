// Serves other samples than the loader's.
import * as nn from '../../../nn/index.ts';

nn.data.serveBatches({ dataset: { size: 3, get: (index: number) => ({ label: index }) } });
