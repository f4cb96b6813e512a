import type { DeviceOptions } from '../../../tensor/runtime.ts';
import { DeviceError } from '../../../tensor/errors.ts';
import { openGpu } from './gpu.ts';

/** Asked for where the adapter has them: each makes some kernel faster, none is needed. */
const welcome = ['shader-f16', 'subgroups', 'timestamp-query', 'chromium-experimental-subgroup-matrix'];
/** Dawn hides f16 on NVIDIA's Vulkan driver, and subgroup matrices everywhere, behind these. */
const unsafeFlags = ['enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia'];
const safeFlags = ['disable-dawn-features=timestamp_quantization'];

/**
 * The best adapter's device, with all its limits.
 *
 * @throws DeviceError when there is no WebGPU, no adapter, or an adapter without a feature that was asked for
 */
export async function openAdapter(
  options: DeviceOptions,
): Promise<{ device: GPUDevice; info: Record<string, unknown> }> {
  const gpu = await openGpu([...safeFlags, ...(options.unsafe ? unsafeFlags : [])]);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new DeviceError(`WebGPU found no adapter; ${adviceOnDrivers()}`, { op: 'device' });
  const wanted = options.features ?? [];
  const missing = wanted.filter((feature) => !adapter.features.has(feature));
  const { vendor, architecture, device: model, description } = adapter.info;
  const name = [description || model, vendor, architecture].filter(Boolean).join(', ');
  if (missing.length > 0) {
    const has = [...adapter.features].toSorted().join(', ');
    throw new DeviceError(`the adapter (${name}) has no ${missing.join(', ')}; it has ${has}`, {
      op: 'device',
      missing,
    });
  }
  const features = [...new Set([...wanted, ...welcome.filter((feature) => adapter.features.has(feature))])];
  const device = await adapter
    .requestDevice({ requiredFeatures: features as GPUFeatureName[], requiredLimits: limitsOf(adapter) })
    .catch((error: Error) => {
      throw new DeviceError(`the adapter (${name}) gives no device: ${error.message}`, { op: 'device' });
    });
  const info = {
    adapter: name,
    features: features.toSorted(),
    isFallback: adapter.info.isFallbackAdapter,
    unsafe: options.unsafe ?? false,
    subgroupSize: adapter.info.subgroupMinSize,
    subgroupMatrixConfigs: matrixConfigs(adapter.info),
  };
  return { device, info };
}

/** Sizes and types of the products that subgroups make at once; an experimental feature that the platform's types do not know. */
function matrixConfigs(info: GPUAdapterInfo): object[] {
  const { subgroupMatrixConfigs = [] } = info as { subgroupMatrixConfigs?: Iterable<Record<string, unknown>> };
  return [...subgroupMatrixConfigs].map(({ componentType, resultComponentType, M, N, K }) => ({
    componentType,
    resultComponentType,
    M,
    N,
    K,
  }));
}

/** The floor is low: 128 MiB bindings, 8 buffers. */
function limitsOf({ limits }: GPUAdapter): Record<string, number> {
  const names = [
    'maxBufferSize',
    'maxStorageBufferBindingSize',
    'maxStorageBuffersPerShaderStage',
    'maxComputeWorkgroupStorageSize',
    'maxComputeInvocationsPerWorkgroup',
    'maxComputeWorkgroupSizeX',
    'maxComputeWorkgroupSizeY',
    'maxComputeWorkgroupSizeZ',
  ] as const;
  return Object.fromEntries(names.map((name) => [name, limits[name]]));
}

function adviceOnDrivers(): string {
  return typeof process === 'undefined'
    ? 'the browser may need a flag or a driver'
    : 'is there a driver for Vulkan, Metal or Direct3D 12? VK_DRIVER_FILES can name a software one';
}
