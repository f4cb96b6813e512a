import type { Transform } from './transform.ts';
import { ArgumentError, ShapeError } from '../../../index.ts';

/** Bytes 0..255 as float32 of 0..1; other arrays as float32 of the same values. @source torchvision: `ConvertImageDtype` */
export function toFloat(): Transform {
  return ({ shape, data }) => {
    const scale = data instanceof Uint8Array ? 1 / 255 : 1;
    return { shape, data: Float32Array.from(data, (value) => value * scale) };
  };
}

/** (x − mean) / std, as float32; one number for all channels, or one per channel. @source torchvision: `Normalize` */
export function normalize(mean: number | readonly number[], std: number | readonly number[]): Transform {
  for (const value of [std].flat()) {
    if (!(value > 0)) throw new ArgumentError(`std is ${String(std)}; it must be above 0`, { op: 'normalize', std });
  }
  return ({ shape, data }) => {
    const channels = shape[0] ?? 1;
    const at = (name: string, values: number | readonly number[], channel: number): number => {
      if (typeof values === 'number') return values;
      if (values.length === channels) return values[channel]!;
      const got = `${name} has ${values.length} entries, the image ${channels} channels`;
      throw new ShapeError(`${got}; they must be equal`, { op: 'normalize', [name]: values, shape });
    };
    const result = new Float32Array(data.length);
    const size = data.length / channels;
    for (let channel = 0; channel < channels; channel++) {
      const [shift, scale] = [at('mean', mean, channel), 1 / at('std', std, channel)];
      for (let i = channel * size; i < (channel + 1) * size; i++) result[i] = (data[i]! - shift) * scale;
    }
    return { shape, data: result };
  };
}
