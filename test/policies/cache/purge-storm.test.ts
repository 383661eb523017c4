import { Agent, request } from "node:http";
import { expect, it, onTestFinished } from "vitest";
import { createMemoryPurges } from "../../../runtime/caching/purging/memory-purges.ts";
import { createPurging } from "../../../runtime/caching/purging/purging.ts";
import { createTagging } from "../../../runtime/caching/purging/tagging.ts";
import { until } from "../../stores/support/redis-server.ts";
import { cached } from "./support.ts";

const most = 1_000;
const pages = 20;
const ofOneRequest = 250;

it("10,000 purges under load take bounded memory, do not hold others up, and have nothing fetched that they do not name", async () => {
  const purges = createMemoryPurges({ max: most });
  const tagging = createTagging({ fields: ["surrogate-key"], values: [], keepsFields: false, most: 10 });
  const { port, held } = await cached({ purging: createPurging({ purges, tagging, after: null }) });
  let answered = 0;
  const serving = setInterval(() => {
    for (; answered < held.requests.length; answered++) {
      const { head, send } = held.requests[answered]!;
      const page = /^GET \/(\d+)/.exec(head)![1]!;
      const fields = `Cache-Control: max-age=1000\r\nSurrogate-Key: page-${page} every\r\nContent-Length: 2`;
      send(`HTTP/1.1 200 OK\r\n${fields}\r\n\r\nok`);
    }
  }, 1);
  onTestFinished(() => clearInterval(serving));
  const agent = new Agent({ keepAlive: true, maxSockets: 10 });
  onTestFinished(() => agent.destroy());
  const get = (page: number): Promise<number> =>
    new Promise((resolve, reject) => {
      request({ agent, port, host: "127.0.0.1", path: `/${page}` }, (answer) => {
        answer.resume().on("end", () => resolve(answer.statusCode!));
      })
        .on("error", reject)
        .end();
    });
  const [purge] = purges.adminRoutes;
  const ask = (tags: readonly string[]) => purge!.answer({ parameters: {}, body: { tags: [...tags] } }, { operations: [] });
  for (let page = 0; page < pages; page++) expect(await get(page)).toBe(200);
  expect(answered).toBe(pages);

  let isOver = false;
  let asked = 0;
  const clients = Array.from({ length: 10 }, async (_none, client) => {
    for (let turn = client; !isOver; turn++) {
      expect(await get(turn % pages)).toBe(200);
      asked++;
    }
  });
  const spent: number[] = [];
  for (let from = 0; from < 10_000; from += ofOneRequest) {
    const begun = process.cpuUsage();
    const purging = ask(Array.from({ length: ofOneRequest }, (_none, index) => `elsewhere-${from + index}`));
    // All of it is done when the call returns.
    const { user, system } = process.cpuUsage(begun);
    spent.push((user + system) / 1_000);
    expect(await purging).toMatchObject({ status: 200 });
    const before = asked;
    await until("requests are answered between two purges", () => asked > before + 2);
  }
  // Nothing of what is kept was named: no group has been fetched again but by chance, 1 of 16,384 for each old purge and each name of an answer.
  expect(answered).toBeLessThan(pages * 5);
  expect(purges.state()).toEqual({ inForce: expect.toSatisfy((size: number) => size <= most + 16_384) });
  // Processor time in which nobody else is served: it does not grow with what was purged before.
  const median = (times: readonly number[]): number => times.toSorted((one, other) => one - other)[times.length / 2]!;
  expect(median(spent.slice(spent.length / 2)) / median(spent.slice(0, spent.length / 2))).toBeLessThan(10);

  // What is named again and again is fetched once for each time, however many ask.
  const before = answered;
  for (let round = 0; round < 50; round++) {
    await ask(["page-3"]);
    await Promise.all(Array.from({ length: 10 }, () => get(3)));
  }
  isOver = true;
  await Promise.all(clients);
  expect(answered - before).toBeGreaterThanOrEqual(50);
  expect(answered - before).toBeLessThanOrEqual(2 * 50 + pages);
});
