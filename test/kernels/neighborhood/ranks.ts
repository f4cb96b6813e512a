// The fused operations of each rank: ours, and libnatten's two.

import { na1d, na2d, na3d } from '../../../index.ts';
import * as lib from '../../../kernels/neighborhood/natten/libnatten.ts';

export const fusedOfRank = {
  1: { own: na1d, forward: lib.na1dForward, backward: lib.na1dBackward },
  2: { own: na2d, forward: lib.na2dForward, backward: lib.na2dBackward },
  3: { own: na3d, forward: lib.na3dForward, backward: lib.na3dBackward },
};
