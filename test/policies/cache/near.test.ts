import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { clock } from "../../../runtime/life/clock.ts";
import { get } from "../../runtime/support/raw-client.ts";
import { ok } from "../../runtime/support/raw-upstream.ts";
import { RedisServer } from "../../stores/support/redis-server.ts";
import { hit, instances, kept, noContent, put } from "./shared-support.ts";
import { ask } from "./support.ts";

let server: RedisServer;
beforeAll(async () => void (server = await RedisServer.start({ args: ["--appendonly", "yes"] })));
afterAll(() => server.end());

const store = { breaker: { misses: 2, open: 50 } };

/** Two instances, each with a copy of what the first one fetched. */
async function copied(checkAfter: number) {
  const made = await instances(2, server, { store, checkAfter });
  const first = ask(made.ports[0], get("/page"));
  (await made.held.arrived(1)).send(ok("one", kept));
  await first.answer();
  for (const port of made.ports) await hit(port, "/page");
  return made;
}

/** Reads of the server meanwhile. */
async function reads(work: () => Promise<unknown>): Promise<number> {
  // But for signs of life, each of which looks once.
  const count = async (): Promise<number> =>
    (await server.calls("mget")) + (await server.calls("get")) - (await server.calls("zremrangebyscore")) / 2;
  const before = await count();
  await work();
  return (await count()) - before;
}

it("a copy in memory is served without a look at the server", async () => {
  const { held, ports } = await copied(60_000);
  const asked = await reads(async () => {
    for (let index = 0; index < 10; index++) expect((await hit(ports[index % 2]!, "/page")).body).toBe("one");
  });
  expect([asked, held.requests.length]).toEqual([0, 1]);
});

it("a change in one instance reaches the memory of the others by message, long before anything is checked", async () => {
  const { held, ports } = await copied(60_000);
  const writer = ask(ports[0], put("/page"));
  (await held.arrived(2)).send(noContent);
  await writer.answer();
  await vi.waitFor(async () => {
    const next = ask(ports[1], get("/page")).answer();
    const came = await Promise.race([held.arrived(3), next]);
    expect("head" in came, "the service is asked").toBe(true);
  });
  held.requests[2]!.send(ok("two", kept));
  for (const port of ports) expect((await hit(port, "/page")).body).toBe("two");
});

it("where a message is lost, a copy is served no longer than it goes unchecked, and one look is for all who ask", async () => {
  const { held, ports } = await copied(1_000);
  const real = clock.monotonic;
  onTestFinished(() => void (clock.monotonic = real));
  // It still counts: its mark is looked at once.
  clock.monotonic = () => real() + 2_000;
  const asked = await reads(async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(ports[1], get("/page")).answer()));
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(["one"]));
  });
  expect(asked).toBe(1);
  // As by an instance whose message nobody has heard.
  const entry = ((await server.ask("keys", "*:e3:*")) as string[])[0]!;
  await server.ask("del", entry.replace(/:e3:.*/, ":b1"));
  expect((await ask(ports[1], get("/page")).answer()).body).toBe("one");
  clock.monotonic = () => real() + 4_000;
  const next = ask(ports[1], get("/page"));
  (await held.arrived(2)).send(ok("two", kept));
  expect((await next.answer()).body).toBe("two");
});

it("behind a gap in the messages every copy is checked before it is served again (traffic row 52)", async () => {
  const { held, ports } = await copied(60_000);
  const entry = ((await server.ask("keys", "*:e3:*")) as string[])[0]!;
  await server.stop();
  // Unchecked copies are served while nobody can be asked.
  expect((await ask(ports[1], get("/page")).answer()).body).toBe("one");
  await server.begin();
  await server.ask("del", entry.replace(/:e3:.*/, ":b1"));
  const next = await vi.waitFor(
    async () => {
      const client = ask(ports[1], get("/page"));
      const came = await Promise.race([held.arrived(2), client.answer()]);
      expect("head" in came, "the service is asked").toBe(true);
      return client;
    },
    { interval: 20 },
  );
  held.requests[1]!.send(ok("two", kept));
  await next.until((text) => text.endsWith("two"));
});

it("what is made new by another instance is found where the own copy is stale", async () => {
  const { held, ports } = await instances(2, server, { store, checkAfter: 60_000 });
  const first = ask(ports[0], get("/short"));
  (await held.arrived(1)).send(ok("one", "Cache-Control: max-age=30\r\n"));
  await first.answer();
  for (const port of ports) await hit(port, "/short");
  const real = { ...clock };
  onTestFinished(() => void Object.assign(clock, real));
  clock.monotonic = () => real.monotonic() + 31_000;
  clock.wall = () => real.wall() + 31_000;
  const renewed = ask(ports[0], get("/short"));
  (await held.arrived(2)).send(ok("two", kept));
  await renewed.answer();
  await hit(ports[0], "/short");
  expect((await ask(ports[1], get("/short")).answer()).body).toBe("two");
  expect(held.requests.length).toBe(2);
  expect(await reads(() => hit(ports[1], "/short"))).toBe(0);
});
