let bytes: Buffer | undefined;

/**
 * Room for what is read at once and forgotten, of a length that no part of a token has: whoever asks next writes over it. Each
 * token would otherwise leave buffers behind that cost more to clear away than to fill.
 */
export function scratch(length: number): Buffer {
  if (bytes === undefined || bytes.length < length) bytes = Buffer.allocUnsafeSlow(Math.max(length, 16_384));
  return bytes;
}
