import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Program } from "../harness/program.ts";
import { repository } from "../harness/sample.ts";

const keys = {
  ADA_KEY: "ada-key-for-tests-0123456789",
  BOB_KEY: "bob-key-for-tests-0123456789",
  ADMIN_KEY: "admin-key-for-tests-0123456789",
};

let program: Program;
let gateway = "";
let admin = "";

beforeAll(async () => {
  program = new Program(join(repository, "examples/metered/start.mjs"), [], { env: { PORT: "0", ADMIN_PORT: "0", ...keys } });
  gateway = (await program.until(/^gateway +(\S+)$/m))[1]!;
  admin = (await program.until(/^admin +(http:\/\/localhost:\d+)/m))[1]!;
});

afterAll(async () => {
  await program.stop();
});

const post = (path: string, key: string, body: object): Promise<Response> =>
  fetch(`${gateway}/v1/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Api-Key": key },
    body: JSON.stringify(body),
  });

const messages = [{ role: "user", content: "one two three" }];

/** What is left of the account for tokens. */
const tokensLeft = (answer: Response): number =>
  Number(/"tokens";r=(\d+)/.exec(answer.headers.get("ratelimit") ?? "")?.[1] ?? Number.NaN);

test("a customer has so many tokens a day, for all operations together, and gold customers have more", async () => {
  const first = await post("chat/completions", keys.BOB_KEY, { messages });
  expect([first.status, tokensLeft(first)]).toEqual([200, 9000]);
  await first.text();
  const stream = await post("chat/completions", keys.BOB_KEY, { messages, stream: true });
  expect([stream.status, tokensLeft(stream)]).toEqual([200, 8994]);
  expect(await stream.text()).toContain('"content":"three "');
  const embedding = await post("embeddings", keys.BOB_KEY, { input: "one two" });
  expect([embedding.status, tokensLeft(embedding)]).toEqual([200, 8988]);
  await embedding.text();
  // Ten thousand tokens, which is more than is left: the rest is a debt.
  const long = [{ role: "user", content: "word ".repeat(5000) }];
  const large = await post("chat/completions", keys.BOB_KEY, { messages: long });
  expect([large.status, tokensLeft(large)]).toEqual([200, 8986]);
  await large.text();
  const tooMuch = await post("chat/completions", keys.BOB_KEY, { messages });
  expect([tooMuch.status, tokensLeft(tooMuch)]).toEqual([429, 0]);
  expect(Number(tooMuch.headers.get("retry-after"))).toBeGreaterThan(0);
  const gold = await post("chat/completions", keys.ADA_KEY, { messages });
  expect([gold.status, tokensLeft(gold)]).toEqual([200, 999_000]);
});

test("an operator sees where a customer stands, and gives it a new day with a credential only", async () => {
  const limits = (await (await fetch(`${admin}/stores/default/limits`)).json()) as object;
  expect(JSON.stringify(limits)).toContain("tokens");
  const id = /"([^"]*tokens[^"]*)"/.exec(JSON.stringify(limits))![1]!;
  const counter = `${admin}/stores/default/counters?limit=${encodeURIComponent(id)}&key=${encodeURIComponent("clientKey bob")}`;
  expect(await (await fetch(counter)).json()).toMatchObject({ left: 0 });
  expect((await fetch(counter, { method: "DELETE" })).status).toBe(401);
  const headers = { Authorization: `Bearer ${keys.ADMIN_KEY}` };
  expect((await fetch(counter, { method: "DELETE", headers })).status).toBe(200);
  const fresh = await post("chat/completions", keys.BOB_KEY, { messages });
  expect([fresh.status, tokensLeft(fresh)]).toEqual([200, 9000]);
});
