import type { GpuTexture } from './gpuJs.ts';
import { eventLoopTurn } from '../../../tensor/eventLoop.ts';

/**
 * Elements of a texture, as they are when this is called: the copy is enqueued before it returns. Waits for the GPU without
 * holding up the page. Null when the context is lost.
 */
export async function readTexture(
  gl: WebGL2RenderingContext,
  { texture, size }: GpuTexture,
  offset: number,
  length: number,
): Promise<Float32Array | null> {
  const width = size[0]!;
  const top = Math.floor(offset / width);
  const rows = Math.ceil((offset + length) / width) - top;
  const frame = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  // Four floats for each element unless the driver says that it reads single ones.
  const isSingle = gl.getParameter(gl.IMPLEMENTATION_COLOR_READ_FORMAT) === gl.RED;
  const step = isSingle && gl.getParameter(gl.IMPLEMENTATION_COLOR_READ_TYPE) === gl.FLOAT ? 1 : 4;
  const buffer = gl.createBuffer();
  gl.bindBuffer(gl.PIXEL_PACK_BUFFER, buffer);
  gl.bufferData(gl.PIXEL_PACK_BUFFER, 4 * step * width * rows, gl.STREAM_READ);
  gl.readPixels(0, top, width, rows, step === 1 ? gl.RED : gl.RGBA, gl.FLOAT, 0);
  gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
  gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  gl.deleteFramebuffer(frame);
  const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
  gl.flush();
  if (!fence || !(await isReached(gl, fence))) return null;
  const pixels = new Float32Array(step * width * rows);
  gl.bindBuffer(gl.PIXEL_PACK_BUFFER, buffer);
  gl.getBufferSubData(gl.PIXEL_PACK_BUFFER, 0, pixels);
  gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
  gl.deleteBuffer(buffer);
  const skipped = offset - top * width;
  if (step === 1) return pixels.subarray(skipped, skipped + length);
  return Float32Array.from({ length }, (_, i) => pixels[step * (skipped + i)]!);
}

async function isReached(gl: WebGL2RenderingContext, fence: WebGLSync): Promise<boolean> {
  try {
    for (;;) {
      if (gl.isContextLost()) return false;
      const status = gl.clientWaitSync(fence, 0, 0);
      if (status === gl.WAIT_FAILED) return false;
      if (status !== gl.TIMEOUT_EXPIRED) return true;
      await eventLoopTurn();
    }
  } finally {
    gl.deleteSync(fence);
  }
}
