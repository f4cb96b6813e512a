/** The text from which `unpacked` makes these bytes. */
export function packed(bytes: Uint8Array): string;
