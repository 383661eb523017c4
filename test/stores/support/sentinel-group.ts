import { onTestFinished } from "vitest";
import { RedisServer, type ServerOptions, until } from "./redis-server.ts";
import { startValue } from "./redis-store.ts";

/** A primary, a replica that follows it, and a Sentinel that knows both, for the length of one test. */
export interface SentinelGroup {
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  readonly sentinel: RedisServer;
  /** As the config of a store names it. */
  readonly where: { readonly kind: "sentinel"; readonly urls: ReturnType<typeof startValue>[]; readonly group: string };
  /** Makes the replica the primary, as an operator does: nobody dies. */
  switchOver(): Promise<void>;
}

export async function sentinelGroup(): Promise<SentinelGroup> {
  const primary = await own({});
  const replica = await own({ args: ["--replicaof", "127.0.0.1", String(primary.port)] });
  await until("the replica follows", async () =>
    String(await replica.ask("info", "replication")).includes("master_link_status:up"),
  );
  const watched = `sentinel monitor main 127.0.0.1 ${primary.port} 1
sentinel down-after-milliseconds main 500
sentinel failover-timeout main 2000
`;
  const sentinel = await own({ program: "redis-sentinel", file: watched });
  await until("the Sentinel knows the replica", async () => {
    const replicas = (await sentinel.ask("sentinel", "replicas", "main")) as unknown[];
    return replicas.length === 1;
  });
  return {
    primary,
    replica,
    sentinel,
    where: { kind: "sentinel", urls: [startValue(sentinel.url)], group: "main" },
    async switchOver() {
      await until("the Sentinel may", async () => (await sentinel.ask("sentinel", "failover", "main").catch(() => "")) === "OK");
      // A Sentinel ends the connections of a server whose role it changes, that of the test too.
      await until("the roles have changed", async () => isPrimary(replica));
    },
  };
}

export const isPrimary = async (server: RedisServer): Promise<boolean> =>
  String(await server.ask("info", "replication").catch(() => "")).includes("role:master");

async function own(options: ServerOptions): Promise<RedisServer> {
  const server = await RedisServer.start(options);
  onTestFinished(() => server.end());
  return server;
}
