// The GPUs of this machine, as Vulkan's own calls list them: Dawn shows neither how many there are nor which it has taken.

import type { Koffi } from './library.ts';

export interface Gpu {
  readonly vendorId: number;
  readonly deviceId: number;
  /** Its place on the bus, as `DRI_PRIME` takes it: `pci-0000_65_00_0`; null where the driver does not say. */
  readonly place: string | null;
}

const applicationInfo = 0n;
const instanceCreateInfo = 1n;
const physicalDeviceProperties2 = 1_000_059_001n;
const pciBusInfoProperties = 1_000_212_000n;
/** Of Vulkan 1.1, the first that knows `vkGetPhysicalDeviceProperties2`. */
const version = 4_198_400n;
/** Of VkExtensionProperties, which begins with the extension's name. */
const extensionBytes = 260;

/**
 * In the order in which Dawn meets them; none where there is no Vulkan.
 *
 * @source vulkan_core.h of Vulkan 1.1, for 64-bit processes
 */
export function listGpus(koffi: Koffi): Gpu[] {
  const library = loadVulkan(koffi);
  if (!library) return [];
  const call = (declaration: string): ReturnType<typeof library.func> => library.func(declaration);
  const create = call('int vkCreateInstance(void*, void*, void*)');
  const destroy = call('void vkDestroyInstance(uintptr_t, void*)');
  const enumerate = call('int vkEnumeratePhysicalDevices(uintptr_t, void*, void*)');
  const enumerateExtensions = call('int vkEnumerateDeviceExtensionProperties(uintptr_t, void*, void*, void*)');
  const describe = call('void vkGetPhysicalDeviceProperties2(uintptr_t, void*)');
  const application = BigUint64Array.of(applicationInfo, 0n, 0n, 0n, 0n, version << 32n);
  const info = BigUint64Array.of(instanceCreateInfo, 0n, 0n, koffi.address(application), 0n, 0n, 0n, 0n);
  const instance = new BigUint64Array(1);
  if (create(info, null, instance) !== 0) return [];
  const count = new Uint32Array(1);
  enumerate(instance[0]!, count, null);
  const devices = new BigUint64Array(Number(count[0]));
  enumerate(instance[0]!, count, devices);
  const gpus = Array.from(devices, (device) => {
    enumerateExtensions(device, null, count, null);
    const extensions = new Uint8Array(count[0]! * extensionBytes);
    enumerateExtensions(device, null, count, extensions);
    const hasPlace = new TextDecoder('latin1').decode(extensions).includes('VK_EXT_pci_bus_info\0');
    const bus = BigUint64Array.of(pciBusInfoProperties, 0n, 0n, 0n);
    const properties = new BigUint64Array(105);
    properties.set([physicalDeviceProperties2, hasPlace ? koffi.address(bus) : 0n]);
    describe(device, properties);
    const [vendorId, deviceId] = new Uint32Array(properties.buffer, 24);
    return {
      vendorId: vendorId!,
      deviceId: deviceId!,
      place: hasPlace ? placeOf(new Uint32Array(bus.buffer, 16)) : null,
    };
  });
  destroy(instance[0]!, null);
  return gpus;
}

function loadVulkan(koffi: Koffi): ReturnType<Koffi['load']> | null {
  try {
    return koffi.load('libvulkan.so.1', { global: false });
  } catch {
    return null;
  }
}

/** As Mesa writes it. */
function placeOf(bus: Uint32Array): string {
  const digits = [4, 2, 2, 1];
  return `pci-${Array.from(bus, (n, i) => n.toString(16).padStart(digits[i]!, '0')).join('_')}`;
}
