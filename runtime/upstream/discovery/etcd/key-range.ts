/** Bytes as protobuf's JSON has them. */
export const base64 = (bytes: Buffer): string => bytes.toString("base64");

/** The first key behind all that begin with the prefix (etcd API, `range_end`). */
export function behindPrefix(prefix: Buffer): Buffer {
  for (let last = prefix.length - 1; last >= 0; last--) {
    if (prefix[last]! === 0xff) continue;
    const end = Buffer.from(prefix.subarray(0, last + 1));
    end[last]! += 1;
    return end;
  }
  // All keys from here on.
  return Buffer.of(0);
}

/** The smallest key behind this one. */
export const behindKey = (key: Buffer): Buffer => Buffer.concat([key, Buffer.of(0)]);
