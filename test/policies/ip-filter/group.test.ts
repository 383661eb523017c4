import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Party, startParty } from "../../harness/party.ts";
import { type EchoUpstream, echoUpstream } from "../../listeners/support/echo-upstream.ts";
import { Workshop } from "../../listeners/support/gateway.ts";

const workshop = new Workshop();
let upstream: EchoUpstream;
let party: Party;

beforeAll(async () => {
  upstream = await echoUpstream({ "/": (_, response) => void response.end("served") });
  party = await startParty();
});

afterAll(async () => {
  await workshop.close();
  await upstream.close();
});

/** 100,000 blocks, of which none is anybody's here; `last` is one more. */
const longList = (last: string): string =>
  [
    ...Array.from({ length: 100_000 }, (_, index) => `100.${index >> 10}.${(index >> 2) & 255}.${(index & 3) * 64}/26`),
    last,
  ].join("\n");

const fetched = (): number => party.requests.length;

test("a list of 100,000 blocks that is swapped under load reaches every worker, fetched by one of them", {
  timeout: 120_000,
}, async () => {
  party.on("/list", { body: longList("192.0.2.1"), etag: true });
  const out = await workshop.build(
    "{ public: { host: 127.0.0.1, port: 0, trustedProxies: [127.0.0.0/8] } }",
    `, ipFilter: { deny: [{ url: "${party.origin}/list", interval: 1s }] }`,
  );
  const { program, port } = await workshop.startWorkers(out, upstream.url);
  // Each request comes on a connection of its own, so that both workers get some.
  const status = async (ip: string): Promise<number> => {
    const headers = { "x-forwarded-for": ip, connection: "close" };
    return (await fetch(`http://127.0.0.1:${port}/`, { headers })).status;
  };
  const statuses = async (ip: string): Promise<number[]> =>
    [...new Set(await Promise.all(Array.from({ length: 40 }, () => status(ip))))].sort();
  expect([await statuses("192.0.2.1"), await statuses("192.0.2.2")]).toEqual([[403], [200]]);
  expect([await statuses("100.97.167.193"), await statuses("101.0.0.1")]).toEqual([[403], [200]]);

  party.on("/list", { body: longList("192.0.2.2"), etag: true });
  const seen = new Set<number>();
  await vi.waitFor(
    async () => {
      // What is in both lists is refused all the while.
      for (const one of await statuses("100.0.0.1")) seen.add(one);
      expect([await statuses("192.0.2.1"), await statuses("192.0.2.2")]).toEqual([[200], [403]]);
    },
    { timeout: 60_000, interval: 50 },
  );
  expect([...seen]).toEqual([403]);

  // Both came in full once, whoever asked; whatever else was asked was answered with 304.
  const full = party.requests.filter(({ headers }) => headers["if-none-match"] === undefined);
  expect(full).toHaveLength(1);
  expect(program.output.split('"message":"list of addresses fetched"').length - 1).toBe(2);
  const before = fetched();
  await vi.waitFor(() => expect(fetched()).toBeGreaterThan(before + 1), { timeout: 30_000, interval: 50 });
});
