/**
 * The bytes of a text by scripts/build-kernels.mjs, where a byte is one character or two and stays one symbol to a
 * compressor: hexadecimal digits take a tenth more room when compressed, base64 a half more.
 *
 * A digit is a printable ASCII character that needs no escape in quotes: 0 to 90, or with 91 or 92 before it 91 or 182
 * more. Digits are bytes plus 4, since small numbers and the last few bytes are the most frequent.
 */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  let [length, raised] = [0, 0];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const digit = code - 32 - Number(code > 39) - Number(code > 92); // without ' and \
    if (digit > 90) raised = 91 * (digit - 90);
    else {
      bytes[length++] = raised + digit - 4;
      raised = 0;
    }
  }
  return bytes.slice(0, length);
}
