import { describe, expect, it, onTestFinished } from "vitest";
import type { Identity } from "../../../runtime/exchange/exchange.ts";
import type { Revocation } from "../../../runtime/identity/revocation/revocation.ts";
import { createStoreRevocations, type StoreRevocations } from "../../../runtime/identity/revocation/store-revocations.ts";
import { createHousehold } from "../../../runtime/life/household.ts";
import type { RedisStoreConfig } from "../../../runtime/stores/redis/config.ts";
import { NotedLog } from "../../life/support/things.ts";
import { programs, RedisServer, until } from "../../stores/support/redis-server.ts";
import { storeOf } from "../../stores/support/redis-store.ts";

const someone: Identity = { subject: "alice", scheme: "bearerAuth", issuer: "https://id.example", roles: [], scopes: [] };
const tokenOf = (jti: string): Identity => ({ ...someone, marks: { jti } });
const revokedToken = (value: string, rest: Partial<Revocation> = {}): Revocation => ({ kind: "jti", value, ...rest });

interface Instance {
  readonly revocations: StoreRevocations;
  readonly log: NotedLog;
  /** `passes`, `revoked`, or `unknown`. */
  verdict(identity: Identity): string;
}

async function instance(
  server: RedisServer,
  { maxAge = null as number | null, max = 100, store: change = {} as Partial<RedisStoreConfig> } = {},
): Promise<Instance> {
  const store = storeOf(server.url, { breaker: { misses: 3, open: 100 }, ...change });
  const revocations = createStoreRevocations({ store, storeName: "default", gateway: "shop", max, maxAge });
  const log = new NotedLog();
  const house = createHousehold([store, revocations], 1, log);
  onTestFinished(() => house.stop());
  await house.start();
  return {
    revocations,
    log,
    verdict(identity) {
      const verdict = revocations.verdict(identity);
      return verdict === undefined ? "passes" : verdict.rejected === "unavailable" ? "unknown" : "revoked";
    },
  };
}

async function own(program: (typeof programs)[number] = "redis-server", args: readonly string[] = []): Promise<RedisServer> {
  const server = await RedisServer.start({ program, args });
  onTestFinished(() => server.end());
  return server;
}

describe.each(programs)("revocations in %s", (program) => {
  it("reach every instance, those that start later too, and so does that they are removed", async () => {
    const server = await own(program);
    const [one, other] = [await instance(server), await instance(server)];
    expect([one, other].map((each) => each.verdict(tokenOf("t1")))).toEqual(["passes", "passes"]);
    expect(await one.revocations.add(revokedToken("t1"))).toBe("added");
    await until("both know", () => [one, other].every((each) => each.verdict(tokenOf("t1")) === "revoked"));
    const late = await instance(server);
    expect([late.verdict(tokenOf("t1")), late.verdict(tokenOf("t2"))]).toEqual(["revoked", "passes"]);
    expect(await other.revocations.remove(revokedToken("t1"))).toBe(true);
    await until("it counts again", () => [one, other, late].every((each) => each.verdict(tokenOf("t1")) === "passes"));
    expect(await other.revocations.remove(revokedToken("t1"))).toBe(false);
  });
});

describe("revocations in a store", () => {
  it("are read as a whole where there are more than one answer holds", async () => {
    const server = await own();
    const one = await instance(server, { max: 5000 });
    await Promise.all(Array.from({ length: 900 }, (_, index) => one.revocations.add(revokedToken(`a${index}`))));
    await Promise.all(Array.from({ length: 900 }, (_, index) => one.revocations.add(revokedToken(`b${index}`))));
    const late = await instance(server, { max: 5000 });
    expect(late.revocations.size).toBe(1800);
    expect([late.verdict(tokenOf("a0")), late.verdict(tokenOf("b899")), late.verdict(tokenOf("c"))]).toEqual([
      "revoked",
      "revoked",
      "passes",
    ]);
  });

  it("are forgotten at their `until`, by the store too, and make room", async () => {
    const server = await own();
    const one = await instance(server, { max: 1 });
    expect(await one.revocations.add(revokedToken("short", { until: Date.now() + 300 }))).toBe("added");
    expect(await one.revocations.add(revokedToken("next"))).toBe("full");
    await until("it has ended", async () => (await one.revocations.add(revokedToken("next"))) === "added");
    await until("both are known", () => one.verdict(tokenOf("next")) === "revoked" && one.verdict(tokenOf("short")) === "passes");
    expect(await server.ask("hlen", "shop:gw:{shop:revoked}:r1")).toBe(1);
  });

  it("are never dropped for others: a full set refuses the next one, and says so", async () => {
    const server = await own();
    const one = await instance(server, { max: 2 });
    expect(await one.revocations.add(revokedToken("t1"))).toBe("added");
    expect(await one.revocations.add(revokedToken("t2"))).toBe("added");
    expect(await one.revocations.add(revokedToken("t3"))).toBe("full");
    expect(await one.revocations.add(revokedToken("t2", { reason: "again" }))).toBe("added");
    await until("both are known", () => ["t1", "t2"].every((jti) => one.verdict(tokenOf(jti)) === "revoked"));
  });

  it("let nobody in before they were read once, although `onStoreFailure` is `keep`", async () => {
    const server = await own();
    await server.stop();
    const one = await instance(server, { store: { required: false } });
    expect([one.verdict(someone), one.revocations.readiness().ready]).toEqual(["unknown", false]);
    await server.begin();
    await until("it is read", () => one.verdict(someone) === "passes");
    expect(one.revocations.readiness()).toEqual({ ready: true });
  });

  it("stay as they were known last while the store is gone: with `keep` for ever, with `refuse` up to `maxAge`", async () => {
    const server = await own();
    const [keeps, refuses] = [await instance(server), await instance(server, { maxAge: 1500 })];
    await keeps.revocations.add(revokedToken("t1"));
    await until("both know", () => [keeps, refuses].every((each) => each.verdict(tokenOf("t1")) === "revoked"));
    await server.stop();
    await until("one refuses", () => refuses.verdict(someone) === "unknown");
    expect([keeps.verdict(tokenOf("t1")), keeps.verdict(someone)]).toEqual(["revoked", "passes"]);
    expect(refuses.log.lines.join("\n")).toContain("is older than `maxAge`");
    await server.begin();
    await until("it lets in again", () => refuses.verdict(someone) === "passes");
  });

  it("that the store has lost stay in force, and are given back to it", async () => {
    const server = await own();
    const [one, other] = [await instance(server), await instance(server)];
    await one.revocations.add(revokedToken("t1"));
    await one.revocations.add(revokedToken("t2"));
    await until("both know", () => [one, other].every((each) => each.verdict(tokenOf("t2")) === "revoked"));
    const seen = new Set<string>();
    await server.ask("flushall");
    await until("the store has them again", async () => {
      for (const each of [one, other]) for (const jti of ["t1", "t2"]) seen.add(each.verdict(tokenOf(jti)));
      return (await server.ask("hlen", "shop:gw:{shop:revoked}:r1")) === 2;
    });
    expect([...seen]).toEqual(["revoked"]);
    const late = await instance(server);
    expect(["t1", "t2"].map((jti) => late.verdict(tokenOf(jti)))).toEqual(["revoked", "revoked"]);
    expect(one.log.lines.concat(other.log.lines).join("\n")).toContain("the store has lost the revocations");
  });

  it("of which the store has dropped a part let nobody in", async () => {
    const server = await own();
    const one = await instance(server);
    await one.revocations.add(revokedToken("t1"));
    // As `maxmemory-policy: allkeys-lru` does.
    await server.ask("del", "shop:gw:{shop:revoked}:r1");
    await until("it is noticed", () => one.verdict(someone) === "unknown");
    expect(one.revocations.readiness()).toMatchObject({ ready: false, why: expect.stringContaining("dropped a part") });
    expect((await instance(server)).verdict(someone)).toBe("unknown");
  });
});
