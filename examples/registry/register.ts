import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";

export interface Instance {
  /** URL of the Redis that `stores` of the gateway names. */
  readonly redis: string;
  /** As in `discover: { redis: { service } }`. */
  readonly service: string;
  /** Where the gateway reaches this instance: `10.0.0.7:8080`. */
  readonly address: string;
  readonly weight?: number;
  readonly zone?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** After so many seconds without a sign of life it is gone; 15 where absent. */
  readonly ttl?: number;
}

const deleteOwn = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

/** Registers an instance, and renews that until `deregister` is called. Rejects where Redis cannot be reached at first. */
export async function register({ redis: url, service, ttl = 15, ...endpoint }: Instance): Promise<() => Promise<void>> {
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1 });
  // It connects again by itself; until then the instance is known for as long as its key lives.
  redis.on("error", (error) => console.error(`registry: ${error.message}`));
  await redis.connect().catch((error) => {
    redis.disconnect();
    throw error;
  });
  const id = randomUUID();
  const channel = `registry:{${service}}`;
  const key = `${channel}:${id}`;
  const value = JSON.stringify(endpoint);
  const write = () => redis.set(key, value, "EX", ttl);
  await write();
  await redis.publish(channel, id);
  const renewing = setInterval(() => void write().catch(() => {}), (ttl * 1000) / 3);
  return async () => {
    clearInterval(renewing);
    try {
      await redis.eval(deleteOwn, 1, key, value);
      await redis.publish(channel, id);
    } finally {
      redis.disconnect();
    }
  };
}
