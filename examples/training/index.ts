export { drawFigure } from './chart.ts';
export { command } from './command.ts';
export { EarlyStopping } from './earlyStopping.ts';
export { real, whole, type Flag, type Flags, type Options, type Program, type Settings } from './flags.ts';
export type { Parts } from './checkpoint.ts';
export { openRun, Run, startDevice } from './run.ts';
export { loadWeights } from './runFolder.ts';
