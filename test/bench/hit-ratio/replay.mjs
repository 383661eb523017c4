// Plays a workload through a cache: shares of requests and of bytes that it had, in percent.
import { S3Fifo } from "../../../dist/runtime/caching/s3-fifo.js";

/** `keys`: by object. Scans count, as they do elsewhere: they are requests too. */
export function replay({ ids, sizes }, keys, cache) {
  let [hits, bytes, hitBytes] = [0, 0, 0];
  for (const id of ids) {
    const size = sizes[id];
    bytes += size;
    if (!cache(keys[id], size)) continue;
    hits++;
    hitBytes += size;
  }
  return { requests: (hits / ids.length) * 100, bytes: (hitBytes / bytes) * 100 };
}

/** The one of `cache`; what it remembers of what has left is a part of its bytes. */
export function gatewright(bytes) {
  const kept = new S3Fifo(bytes, () => {});
  const value = {};
  return (key, size) => {
    if (kept.get(key) !== undefined) return true;
    kept.put(key, value, size);
    return false;
  };
}

/** The yardstick: what was used last stays. */
export function lru(bytes) {
  const kept = new Map();
  let used = 0;
  return (key, size) => {
    const isHit = kept.delete(key);
    if (size > bytes) return false;
    kept.set(key, size);
    if (isHit) return true;
    used += size;
    for (const [oldest, length] of kept) {
      if (used <= bytes) break;
      kept.delete(oldest);
      used -= length;
    }
    return false;
  };
}
