import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { clock } from "../../runtime/life/clock.ts";
import type { Claims } from "../../runtime/stores/claims.ts";
import { createMemoryClaims } from "../../runtime/stores/memory/memory-claims.ts";
import { createMemoryStore } from "../../runtime/stores/memory/memory-store.ts";
import { createRedisClaims } from "../../runtime/stores/redis/redis-claims.ts";
import { claimsScript } from "../../runtime/stores/redis/scripts/claims.ts";
import { component } from "../harness/component.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { RedisServer } from "./support/redis-server.ts";
import { startedStore } from "./support/redis-store.ts";

let server: RedisServer;
beforeAll(async () => void (server = await RedisServer.start()));
afterAll(() => server.end());

const inMemory = async (): Promise<Claims> =>
  createMemoryClaims().open(createMemoryStore({ name: "default", maxBytes: 100_000 }), "test");
async function inRedis(): Promise<Claims> {
  await server.ask("flushall");
  return createRedisClaims().open((await startedStore(server.url)).store, "test");
}

const term = { lease: 30_000, span: 60_000 };
const one = { owner: "one", mark: "order of a book" };
const other = { owner: "other", mark: "order of a book" };
const another = { owner: "other", mark: "order of a pen" };

describe.each([
  ["in memory", inMemory],
  ["in Redis", inRedis],
])("claims %s", (_where, claimsOf) => {
  it("of several who try at once, one gets the key, and the others learn what it is for", async () => {
    const claims = await claimsOf();
    const tries = ["a", "b", "c", "d"].map((owner) => claims.claim("key", { owner, mark: "order" }, term, true));
    const states = (await Promise.all(tries)).map((claimed) => ("state" in claimed ? claimed.state : claimed.failed));
    expect(states.sort()).toEqual(["held", "held", "held", "mine"]);
    expect(await claims.claim("key", another, term, false)).toEqual({ state: "held", mark: "order" });
    expect(await claims.claim("other key", other, term, false)).toEqual({ state: "mine" });
  });

  it("a result is there for everybody, and nobody else writes it", async () => {
    const claims = await claimsOf();
    await claims.claim("key", one, term, false);
    expect(await claims.keep("key", other, "forged", 60_000)).toBe(false);
    expect(await claims.release("key", other)).toBe(false);
    expect(await claims.extend("key", other, term)).toBe(false);
    expect(await claims.keep("key", one, "the \u{1F4D6}", 60_000)).toBe(true);
    // Told again, as the reply was lost.
    expect(await claims.keep("key", one, "the \u{1F4D6}", 60_000)).toBe(true);
    expect(await claims.claim("key", other, term, true)).toEqual({ state: "kept", mark: one.mark, result: "the \u{1F4D6}" });
  });

  it("a key is free once it is released", async () => {
    const claims = await claimsOf();
    await claims.claim("key", one, term, false);
    expect(await claims.release("key", one)).toBe(true);
    expect(await claims.claim("key", another, term, false)).toEqual({ state: "mine" });
  });

  it("a lease that is over leaves a key whose result is not known; only the same work takes it over, and the first owner has lost it", async () => {
    const claims = await claimsOf();
    await claims.claim("key", one, term, false);
    expect(await claims.extend("key", one, { ...term, lease: 0 })).toBe(true);
    expect(await claims.claim("key", other, term, false)).toEqual({ state: "lost", mark: one.mark });
    expect(await claims.claim("key", another, term, true)).toEqual({ state: "lost", mark: one.mark });
    expect(await claims.claim("key", other, term, true)).toEqual({ state: "mine" });
    expect(await claims.keep("key", one, "late", 60_000)).toBe(false);
  });

  it("who renews a lease that the store has lost has it again, and a result that comes late is kept", async () => {
    const claims = await claimsOf();
    expect(await claims.extend("key", one, term)).toBe(true);
    expect(await claims.claim("key", other, term, true)).toEqual({ state: "held", mark: one.mark });
    expect(await claims.keep("second key", one, "result", 60_000)).toBe(true);
    expect(await claims.claim("second key", other, term, true)).toEqual({ state: "kept", mark: one.mark, result: "result" });
  });

  it("a claim that was asked for twice, as its reply was lost, is that of its owner", async () => {
    const claims = await claimsOf();
    await claims.claim("key", one, term, false);
    expect(await claims.claim("key", one, term, false)).toEqual({ state: "mine" });
  });
});

describe("claims in memory", () => {
  it("nothing gives way to what comes: with no room, nobody gets a key, until others have expired", async () => {
    const claims = createMemoryClaims().open(createMemoryStore({ name: "default", maxBytes: 1_000 }), "test");
    let now = clock.monotonic();
    const turned = vi.spyOn(clock, "monotonic").mockImplementation(() => now);
    for (const key of ["a", "b", "c"]) expect(await claims.claim(key, one, term, false)).toEqual({ state: "mine" });
    expect(await claims.claim("d", one, term, false)).toEqual({ failed: expect.stringContaining("memory for claims is full") });
    expect(await claims.keep("a", one, "x".repeat(300), 60_000)).toBe("full");
    expect(await claims.keep("a", one, "x", 60_000)).toBe(true);
    expect(await claims.claim("a", other, term, false)).toMatchObject({ state: "kept", result: "x" });
    now += 60_000;
    expect(await claims.claim("d", one, term, false)).toEqual({ state: "mine" });
    turned.mockRestore();
  });
});

/** One hash of a server, its clock, and no command that was not asked permission for. */
const stub = `
local kept
local clock = 0
redis = { call = function(name, key, ...)
  local rest = {...}
  if name == 'TIME' then return {tostring(clock), '0'} end
  assert(key == 'key')
  if name == 'HMGET' then
    local reply = {}
    for at = 1, #rest do reply[at] = kept and kept[rest[at]] or false end
    return reply
  end
  if name == 'HSET' then
    kept = kept or {}
    for at = 1, #rest, 2 do assert(type(rest[at + 1]) == 'string'); kept[rest[at]] = rest[at + 1] end
    return 1
  end
  if name == 'DEL' then kept = nil return 1 end
  if name == 'PEXPIRE' then assert(rest[1] == '60000') return 1 end
  error('undeclared command ' .. name)
end }
KEYS = {'key'}
local script = assert(loadfile(arg[1]))
local function run(at, ...)
  clock = at
  ARGV = {...}
  local reply = script()
  print(type(reply) == 'table' and table.concat(reply, ' ') or reply)
end
run(1800000000, 'claim', 'one', 'm', '30000', '60000', '0')
run(1800000000 - 3600, 'claim', 'two', 'm', '30000', '60000', '1')
run(1800000000 + 3600, 'claim', 'two', 'm', '30000', '60000', '0')
run(1800000000 + 3600, 'extend', 'one', 'm', '30000', '60000')
run(1800000000 + 3600, 'claim', 'two', 'm', '30000', '60000', '1')
run(1800000000 + 3600, 'keep', 'one', 'm', 'result', '60000')
run(1800000000, 'claim', 'two', 'm', '30000', '60000', '1')
`;

it.each(["lua5.1", "lua5.4"] as const)(
  "in %s: where the clock of the server leaps, a key is held for longer, or its result is unknown; nobody gets it beside its owner",
  async (lua) => {
    const folder = temporaryFolder({ "stub.lua": stub, "script.lua": claimsScript });
    const { stdout } = await promisify(execFile)(await component(lua), [join(folder, "stub.lua"), join(folder, "script.lua")]);
    expect(stdout.trim().split("\n")).toEqual(["mine", "held m", "lost m", "1", "held m", "1", "kept m result"]);
  },
);
