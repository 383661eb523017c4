import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { built } from "../../faults/gateway.ts";
import { freePort } from "../../harness/free-port.ts";
import { sendRequest } from "../../harness/http-client.ts";
import { compiler, Program } from "../../harness/program.ts";
import { sampleEnvironment } from "../../harness/sample-environment.ts";
import { RedisServer, until } from "../../stores/support/redis-server.ts";

const project = (revoked: string, stores = "") => ({
  "gateway.yaml": `gateway: shop
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { host: 127.0.0.1, port: "\${env:ADMIN_PORT}", credentials: { operator: { key: { env: ADMIN_KEY } } } }
${stores}
identity:
  revoked: ${revoked}
  schemes:
    partnerKey:
      apiKey: { in: header, name: X-Api-Key, keys: { acme: { key: { env: ACME_KEY } }, zenith: { key: { env: ZENITH_KEY } } } }
routes:
  all: { match: { path: "/**" }, policies: { security: [{ partnerKey: [] }], respond: { status: 200, body: "ok" } } }
`,
});
const adminKey = "key-of-an-operator-0001";
const keys = sampleEnvironment([]);

interface Instance {
  readonly port: number;
  readonly admin: number;
}

/** A primary and its workers, once they serve. */
async function instance(out: string, workers: number, env: Readonly<Record<string, string>>): Promise<Instance> {
  const [port, admin] = [await freePort(), await freePort()];
  const environment = { ...keys, ...env, ADMIN_KEY: adminKey, PORT: String(port), ADMIN_PORT: String(admin) };
  const program = new Program(join(out, "gateway.mjs"), ["--workers", String(workers)], { env: environment, cwd: out });
  onTestFinished(async () => void (await program.stop("SIGKILL")));
  await program.until(/gatewright: shop listens on .*\n/, "stderr");
  return { port, admin };
}

/** On a connection of its own, so that every worker is asked now and then. */
async function status(port: number, key: string): Promise<number> {
  const headers = [["X-Api-Key", key], ["Connection", "close"]] as const; // biome-ignore format: one line
  return (await sendRequest(port, { method: "GET", target: "/", headers, body: "" })).status;
}

async function cli(args: readonly string[], cwd?: string): Promise<{ readonly code: unknown; readonly output: string }> {
  const { code, stdout, stderr } = await new Program(compiler, args, {
    env: { ADMIN_KEY: adminKey },
    ...(cwd === undefined ? {} : { cwd }),
  }).ended;
  return { code, output: stdout + stderr };
}

it("a revocation by the command line ends a credential in four workers of each of two instances; another one goes on to count", async () => {
  const redis = await RedisServer.start();
  onTestFinished(() => redis.end());
  const out = await built(
    project("{ store: default, onStoreFailure: refuse }", "stores: { default: { redis: { url: { env: REDIS_URL } } } }"),
  );
  const instances = await Promise.all([1, 2].map(() => instance(out, 4, { REDIS_URL: redis.url })));
  const ask = (key: string): Promise<number[]> =>
    Promise.all(instances.flatMap(({ port }) => Array.from({ length: 8 }, () => status(port, key))));
  expect([...new Set(await ask(keys.ACME_KEY!))]).toEqual([200]);
  const live = (...args: string[]) => cli(["live", ...args, "--url", `http://127.0.0.1:${instances[0]!.admin}`]);
  const withKey = ["--key-env", "ADMIN_KEY"];
  expect(await live("revoke", "sub", "acme")).toMatchObject({ code: 1, output: expect.stringContaining("401") });
  const begun = Date.now();
  expect(await live("revoke", "sub", "acme", "--reason", "left", ...withKey)).toMatchObject({ code: 0 });
  let last = begun;
  let rounds = 0;
  // Twenty rounds without one that is let in: then every worker was asked.
  await until("nobody is let in", async () => {
    const isIn = (await ask(keys.ACME_KEY!)).includes(200);
    if (isIn) last = Date.now();
    rounds = isIn ? 0 : rounds + 1;
    return rounds === 20;
  });
  process.stdout.write(`last accepted request, from the start of the command: ${last - begun} ms\n`);
  expect([...new Set(await ask(keys.ZENITH_KEY!))]).toEqual([200]);
  const listed = await cli(["live", "revocations", "--format", "json", "--url", `http://127.0.0.1:${instances[1]!.admin}`]);
  expect(JSON.parse(listed.output)).toEqual({ entries: 1, revoked: [{ sub: "acme", reason: "left" }] });
  expect(await live("unrevoke", "sub", "acme", ...withKey)).toMatchObject({ code: 0 });
  await until("all are let in", async () => !(await ask(keys.ACME_KEY!)).includes(401));
  expect(await live("unrevoke", "sub", "acme", ...withKey)).toMatchObject({
    code: 1,
    output: expect.stringContaining("no such entry"),
  });
  expect(await live("revoke", "name", "acme", ...withKey)).toMatchObject({ code: 2, output: expect.stringContaining("KIND") });
});

it("a file is followed by every worker; one that cannot be used changes nothing, and stops a start", async () => {
  const { writeFileSync, mkdtempSync } = await import("node:fs");
  const { tmpdir } = await import("node:os");
  const folder = mkdtempSync(join(tmpdir(), "gatewright-"));
  const file = join(folder, "revoked.json");
  const out = await built(project(`{ file: ${file} }`));
  const refused = await new Program(join(out, "gateway.mjs"), [], {
    env: { ...keys, ADMIN_KEY: adminKey, PORT: "0", ADMIN_PORT: "0" },
  }).ended;
  expect([refused.code, refused.stderr]).toEqual([
    69,
    expect.stringMatching(/identity\.revoked .*gateway\.yaml:\d+: file .* cannot be read/),
  ]);
  writeFileSync(file, '{ "revoked": [] }');
  const { port, admin } = await instance(out, 2, {});
  for (const [subject, action] of [["revoke", "add sub acme"], ["unrevoke", "remove sub acme"], ["revocations", "list"]] as const) // biome-ignore format: one line
    expect(
      await cli(["live", subject, "sub", "acme", "--key-env", "ADMIN_KEY", "--url", `http://127.0.0.1:${admin}`]),
      "a list in a file is changed where the file lies, and the answer says how",
    ).toEqual({
      code: 1,
      output: `gatewright: The list of http://127.0.0.1:${admin} is the file ${file}, which it only reads and follows. Where the file lies, write \`gatewright revocations ${action} --file ${file}\`.\n`,
    });
  const ask = async (key: string): Promise<number[]> =>
    [...new Set(await Promise.all(Array.from({ length: 8 }, () => status(port, key))))].sort();
  expect(await ask(keys.ACME_KEY!)).toEqual([200]);
  expect(await cli(["revocations", "add", "sub", "acme", "--file", file])).toMatchObject({ code: 0 });
  await until("it is refused everywhere", async () => String(await ask(keys.ACME_KEY!)) === "401");
  writeFileSync(file, '{ "revoked": [');
  expect([await ask(keys.ACME_KEY!), await ask(keys.ZENITH_KEY!)]).toEqual([[401], [200]]);
  expect(await cli(["revocations", "list", "--file", file])).toMatchObject({
    code: 1,
    output: expect.stringContaining("not JSON"),
  });
  writeFileSync(file, '{ "revoked": [{ "sub": "zenith", "until": "2020-01-01T00:00:00Z" }] }');
  await until("acme counts again", async () => String(await ask(keys.ACME_KEY!)) === "200");
  expect(await ask(keys.ZENITH_KEY!)).toEqual([200]);
  expect(await cli(["revocations", "remove", "sub", "nobody", "--file", file])).toMatchObject({ code: 1 });
  expect(await cli(["revocations", "add", "serial", "zz", "--file", file])).toMatchObject({
    code: 2,
    output: expect.stringContaining("hexadecimal"),
  });
});
