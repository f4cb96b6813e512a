// Serves the loader's samples as they are.
import * as nn from '../../../nn/index.ts';
import { dataset } from './samples.ts';

nn.data.serveBatches({ dataset });
