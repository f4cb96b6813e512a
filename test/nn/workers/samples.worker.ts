import * as nn from '../../../nn/index.ts';
import { collate, dataset, transform } from './samples.ts';

nn.data.serveBatches({ dataset, transform, collate });
