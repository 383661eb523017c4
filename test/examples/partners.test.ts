import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { compiler, Program } from "../harness/program.ts";
import { repository } from "../harness/sample.ts";

const revoked = join(repository, "examples/partners/.gatewright/revoked.json");

let program: Program;
let gateway = "";
let admin = "";
let before = "";
/** Header fields, as the example says what to try. */
const credentials = { ada: {}, bob: {}, partner: {} };

beforeAll(async () => {
  program = new Program(join(repository, "examples/partners/start.mjs"), [], {
    env: { PORT: "0", ADMIN_PORT: "0", ISSUER_PORT: "0" },
  });
  gateway = (await program.until(/^gateway +(\S+)$/m))[1]!;
  admin = (await program.until(/^admin +(http:\/\/localhost:\d+)/m))[1]!;
  await program.until(/^Ctrl-C/m);
  const tokens = new Set([...program.output.matchAll(/Bearer ([^']+)'/g)].map(([, token]) => token!));
  for (const token of tokens) {
    const { sub } = JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString()) as { sub: "ada" | "bob" };
    credentials[sub] = { Authorization: `Bearer ${token}` };
  }
  credentials.partner = { "X-Api-Key": /X-Api-Key: ([^']+)'/.exec(program.output)![1]! };
  before = readFileSync(revoked, "utf8");
});

afterAll(async () => {
  // Bob can come back.
  if (before !== "") writeFileSync(revoked, before);
  await program.stop();
});

const list = async (headers: Record<string, string>): Promise<number> =>
  (await fetch(`${gateway}/v1/orders`, { headers })).status;

const order = async (headers: Record<string, string>, quantity: number): Promise<number> => {
  const body = JSON.stringify({ item: "teapot", quantity });
  const sent = { "Content-Type": "application/json", ...headers };
  return (await fetch(`${gateway}/v1/orders`, { method: "POST", headers: sent, body })).status;
};

test("people come with tokens of the issuer that the environment names, partners with keys, and nobody else comes in", async () => {
  const { ada, bob, partner } = credentials;
  expect([await list({}), await list(partner), await list(bob), await list(ada)]).toEqual([401, 200, 200, 200]);
  expect(await (await fetch(`${admin}/status`)).text()).toMatch(/the metadata of http:\/\/127\.0\.0\.1:\d+\//);
});

test("only people change orders, and more than ten pieces are for gold customers", async () => {
  const { ada, bob, partner } = credentials;
  expect([await order(partner, 1), await order(bob, 1), await order(bob, 11), await order(ada, 11)]).toEqual([
    401, 201, 403, 201,
  ]);
});

test("what bob has counts for nothing once it is revoked, and the others go on", async () => {
  const until = new Date(Date.now() + 60_000).toISOString();
  const revoke = new Program(compiler, ["revocations", "add", "sub", "bob", "--issued-before", until, "--file", revoked]);
  expect((await revoke.ended).code).toBe(0);
  await vi.waitFor(async () => expect(await list(credentials.bob)).toBe(401), { timeout: 20_000, interval: 50 });
  expect([await list(credentials.ada), await list(credentials.partner)]).toEqual([200, 200]);
});
