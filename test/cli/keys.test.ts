import { createHash } from "node:crypto";
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { KeyForm } from "../../runtime/identity/api-key/key-text.ts";
import { built } from "../faults/gateway.ts";
import { sendRequest } from "../harness/http-client.ts";
import { gatewright } from "../harness/program.ts";
import { startGateway } from "../harness/running-gateway.ts";
import { sampleEnvironment } from "../harness/sample-environment.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { RedisServer } from "../stores/support/redis-server.ts";

interface Made {
  readonly key: string;
  readonly entry: { readonly id: string } & Readonly<Record<string, unknown>>;
  readonly old?: Readonly<Record<string, unknown>>;
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Calls `gatewright keys` in a folder of its own. */
function workplace(files: Readonly<Record<string, string>> = {}) {
  const cwd = temporaryFolder(files);
  const run = (...args: string[]) => gatewright(["keys", ...args], { cwd });
  const create = async (...args: string[]): Promise<Made> => {
    const { stdout } = await run("create", "--format", "json", ...args);
    return JSON.parse(stdout) as Made;
  };
  const read = (): string => readFileSync(join(cwd, "keys.json"), "utf8");
  return { cwd, run, create, read };
}

describe("a file of keys", () => {
  test("has of a new key everything but the key, which is shown once, alone on standard output", async () => {
    const { run, read, cwd } = workplace();
    const facts = ["--consumer", "acme", "--role", "buyer", "--scope", "read,write", "--tier", "gold", "--tenant", "eu"];
    const more = ["--metadata", '{"perMinute":300}', "--expires", "2099-01-31", "--prefix", "shop", "--note", "the first"];
    const { code, stdout, stderr } = await run("create", ...facts, ...more);
    const key = stdout.trim();
    expect([code, key]).toEqual([0, expect.stringMatching(/^shop_[0-9A-Za-z]{36}$/)]);
    expect(stderr).not.toContain(key);
    expect(JSON.parse(read())).toEqual({
      version: 1,
      prefix: "shop",
      keys: [
        {
          id: expect.stringMatching(/^k_[0-9A-Za-z]{12}$/),
          hash: sha256(key),
          hint: key.slice(0, 9),
          consumer: "acme",
          roles: ["buyer"],
          scopes: ["read", "write"],
          tenant: "eu",
          tier: "gold",
          metadata: { perMinute: 300 },
          note: "the first",
          expires: "2099-01-31T00:00:00Z",
          created: expect.any(String),
        },
      ],
    });
    expect(readdirSync(cwd)).toEqual(["keys.json"]);
  });

  test("is changed by one at a time: of six who create keys together, none is lost", async () => {
    const { create, read } = workplace();
    const made = await Promise.all(Array.from({ length: 6 }, (_, index) => create("--consumer", `c${index}`)));
    const { keys } = JSON.parse(read()) as { readonly keys: readonly { readonly hash: string }[] };
    expect(keys.map(({ hash }) => hash).sort()).toEqual(made.map(({ key }) => sha256(key)).sort());
  });

  test("keeps its mode, and a link to it stays a link", async () => {
    const { create, cwd, run } = workplace();
    const { entry } = await create("--consumer", "acme");
    chmodSync(join(cwd, "keys.json"), 0o640);
    symlinkSync("keys.json", join(cwd, "link.json"));
    expect((await run("revoke", entry.id, "--file", "link.json")).code).toBe(0);
    expect(statSync(join(cwd, "keys.json")).mode & 0o777).toBe(0o640);
    expect(readFileSync(join(cwd, "keys.json"), "utf8")).toContain('"revoked"');
  });

  test("rotates a key with an overlap: the new one is as the old one was, which ends", async () => {
    const { create, run } = workplace();
    const { entry } = await create("--consumer", "acme", "--role", "buyer", "--tier", "gold");
    const { stdout } = await run("rotate", entry.id, "--overlap", "7d", "--tier", "silver", "--format", "json");
    const rotated = JSON.parse(stdout) as Made;
    expect(rotated.entry).toMatchObject({ consumer: "acme", roles: ["buyer"], tier: "silver", state: "active" });
    expect(rotated.old).toMatchObject({ id: entry.id, replacedBy: rotated.entry.id, tier: "gold" });
    const lives = Date.parse(String(rotated.old!.expires)) - Date.now();
    expect(lives / 86_400_000).toBeCloseTo(7, 1);
    const again = await run("rotate", entry.id);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining(`rotated already: ${rotated.entry.id}`)]);
  });

  test("says when a key was revoked, and a second time changes nothing", async () => {
    const { create, run, read } = workplace();
    const { entry } = await create("--consumer", "acme");
    expect((await run("revoke", entry.id)).stdout).toMatch(/\nstate +revoked\n/);
    const before = read();
    expect((await run("revoke", entry.id)).code).toBe(0);
    expect(read()).toBe(before);
    expect((await run("list")).stdout).toContain(`${entry.id}  acme      revoked`);
  });

  test("is exported and imported as it is", async () => {
    const one = workplace();
    const { key } = await one.create("--consumer", "acme", "--role", "buyer");
    const other = workplace({ "export.json": (await one.run("export")).stdout });
    expect(await other.run("import", "export.json")).toMatchObject({ code: 0, stdout: "Imported 1 keys into keys.json.\n" });
    expect(other.read()).toContain(sha256(key));
    const twice = await other.run("import", "export.json");
    expect([twice.code, twice.stderr]).toEqual([1, expect.stringContaining("The key of acme is in keys.json already")]);
  });
});

describe("metadata that the scheme would not take", () => {
  const gateway = (file: string): string => `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
identity:
  schemes:
    partnerKey:
      apiKey:
        in: header
        name: X-Api-Key
        file: ${file}
        metadata: { type: object, properties: { perMinute: { type: integer, minimum: 1 } }, required: [perMinute] }
routes: { all: { match: { path: "/**" }, policies: { security: [{ partnerKey: [] }], respond: { body: hello } } } }
`;
  const good = ["--consumer", "acme", "--metadata", '{"perMinute":300}'];

  test("is refused with its place by create, rotate and import, of the project that lies beside the file", async () => {
    const { run, create, read, cwd } = workplace({ "gateway.yaml": gateway("keys.json") });
    const { entry } = await create(...good);
    const before = read();
    for (const [args, says] of [
      [
        ["create", "--consumer", "acme", "--metadata", '{"perMinute":"300"}'],
        /^gatewright: The key is not made: .*\/perMinute must be/,
      ],
      [["create", "--consumer", "acme"], /^gatewright: The key is not made: .*perMinute/],
      [["rotate", entry.id, "--metadata", '{"perMinute":0}'], /^gatewright: The key k_\w+ is not rotated: .*\/perMinute must be/],
    ] as const) {
      const { code, stderr } = await run(...args);
      expect([code, stderr]).toEqual([1, expect.stringMatching(says)]);
      expect(stderr).toContain("`metadata` of identity.schemes.partnerKey (gateway.yaml:6)");
    }
    writeFileSync(join(cwd, "old.csv"), "consumer,key\nglobex,key-of-globex-0123456789\n");
    const imported = await run("import", "old.csv");
    expect([imported.code, imported.stderr]).toEqual([1, expect.stringContaining("The key of globex is not taken: ")]);
    expect(read()).toBe(before);
    expect((await run("rotate", entry.id)).code).toBe(0);
  });

  test("is refused for the file of another folder where `--project` names the gateway, by its scheme", async () => {
    const { run, cwd } = workplace({ "shop/gateway.yaml": gateway('"${env:KEYS:-other.json}"') });
    const wrong = ["create", "--consumer", "acme", "--metadata", "{}", "--project", "shop"];
    expect((await run(...wrong)).stderr).toContain("shop/gateway.yaml:6");
    expect((await run(...wrong, "--scheme", "partnerkey")).stderr).toContain("Did you mean `partnerKey`?");
    expect(existsSync(join(cwd, "keys.json"))).toBe(false);
    expect((await run("create", ...good, "--project", "shop")).code).toBe(0);
    // Nothing here says what metadata is, so that any is taken.
    expect((await run("create", "--consumer", "acme", "--metadata", "{}")).code).toBe(0);
  });

  test("is not looked at where the project beside it has errors, which is said; one that was named has to be right", async () => {
    const { run } = workplace({ "gateway.yaml": gateway("keys.json").replace("partnerKey: []", "nobodys: []") });
    const { code, stderr } = await run("create", "--consumer", "acme", "--metadata", "{}");
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining("gateway.yaml has errors, so `metadata` of its schemes was not looked at"),
    ]);
    const named = await run("create", "--consumer", "acme", "--project", ".");
    expect([named.code, named.stderr]).toEqual([1, expect.stringContaining("gateway.yaml has errors. Nothing was changed.")]);
  });
});

describe("keys of other gateways", () => {
  const plain = "kong-key-0123456789";
  const hex = sha256("tyk-key-0123456789");
  const base64 = Buffer.from(sha256("apim-key-0123456789"), "hex").toString("base64");

  test("are imported from CSV (RFC 4180), plain ones as their hash, and from JSON", async () => {
    const { run, read } = workplace({
      "keys.csv": `consumer,key,hash,roles,note\r\nacme,${plain},,"buyer;seller","says ""hi"", twice"\r\nglobex,,sha256:${hex.toUpperCase()},,\r\n`,
      "more.json": JSON.stringify([{ consumer: "zenith", hash: base64, expires: "2099-01-01T00:00:00Z" }]),
    });
    expect(await run("import", "keys.csv", "--prefix", "shop")).toMatchObject({ code: 0 });
    expect(await run("import", "more.json")).toMatchObject({ code: 0 });
    expect(JSON.parse(read())).toMatchObject({
      prefix: "shop",
      keys: [
        { consumer: "acme", hash: sha256(plain), roles: ["buyer", "seller"], note: 'says "hi", twice' },
        { consumer: "globex", hash: hex },
        { consumer: "zenith", hash: sha256("apim-key-0123456789"), expires: "2099-01-01T00:00:00Z" },
      ],
    });
    expect(read()).not.toContain(plain);
  });

  test.each([
    [
      "bcrypt",
      "consumer,hash\nacme,$2b$12$abcdefghijklmnopqrstuvwx\n",
      "`hash` is a bcrypt hash, and keys are found by their SHA-256",
    ],
    ["SHA-1", `consumer,hash\nacme,${"a".repeat(40)}\n`, "`hash` is a SHA-1 hash"],
    ["no columns", "acme,secret-key-0123456789\n", "has to name its columns"],
    ["a short key", "consumer,key\nacme,secret\n", "line 2: `key` has to be text of at least 16 characters"],
    ["a misspelt column", "consumer,key,expire\nacme,secret-key-0123456789,2030\n", "line 2: has the unknown field `expire`"],
    ["a line too short", "consumer,key,roles\nacme,secret-key-0123456789\n", "line 2, has 2 fields and not the 3"],
    ["a stray quotation mark", 'consumer,key\nac"me,secret-key-0123456789\n', "line 2, has a quotation mark"],
    ["nothing", "consumer,key\n", "has no keys"],
    ["broken JSON", '[{"consumer":', "is not JSON, although it begins like it"],
  ])("are refused by name, with the place and without the key: %s", async (_, text, message) => {
    const { run, cwd } = workplace({ "keys.csv": text });
    const { code, stderr } = await run("import", "keys.csv");
    expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
    expect(stderr).not.toContain("secret-key");
    expect(existsSync(join(cwd, "keys.json"))).toBe(false);
  });
});

describe("mistakes", () => {
  test.each<[string, readonly string[], number, string]>([
    ["no file", ["list"], 1, "There is no keys.json. `gatewright keys create --consumer NAME` makes it"],
    ["nobody's key", ["create"], 2, "needs `--consumer NAME`"],
    ["a consumer without the option", ["create", "acme"], 2, "`--consumer NAME` says whose key it is"],
    ["a misspelt action", ["creat"], 2, "Did you mean `create`?"],
    ["no id", ["revoke"], 2, "`gatewright keys list` shows the ids"],
    ["an end in words", ["create", "--consumer", "a", "--expires", "tomorrow"], 2, "Write `90d`, `2027-01-31` or"],
    ["an end in the past", ["create", "--consumer", "a", "--expires", "2020-01-01"], 2, "has passed; the key would never count"],
    ["metadata that is no JSON", ["create", "--consumer", "a", "--metadata", "{a:1}"], 2, "`--metadata` is not JSON"],
    ["metadata that is no object", ["create", "--consumer", "a", "--metadata", "1"], 2, "`metadata` has to be an object"],
    ["two places", ["list", "--file", "k.json", "--url", "http://127.0.0.1:1"], 2, "name two places"],
    ["a credential without a gateway", ["list", "--key-env", "K"], 2, "are for a gateway that runs: `--url URL`"],
    ["a socket and a file", ["list", "--file", "k.json", "--socket", "a.sock"], 2, "`--file` and `--socket` name two places"],
    ["nobody who listens", ["list", "--url", "http://127.0.0.1:1"], 1, "Nothing listens on http://127.0.0.1:1"],
  ])("%s", async (_, args, code, message) => {
    expect(await workplace().run(...args)).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(message) });
  });

  test("a key in the place of its id is named by the id, and never repeated", async () => {
    const { create, run } = workplace();
    const { key, entry } = await create("--consumer", "acme");
    const { code, stderr } = await run("revoke", key);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`not its id, which is ${entry.id}`)]);
    expect(stderr).not.toContain(key);
    const foreign = new KeyForm().newKey("other");
    expect((await run("show", foreign)).stderr).not.toContain(foreign);
  });

  test("an unknown consumer, an unknown id and another prefix are told what there is", async () => {
    const { create, run } = workplace();
    const { entry } = await create("--consumer", "acme");
    expect((await run("list", "--consumer", "acne")).stderr).toContain("no keys of `acne`. Did you mean `acme`?");
    expect((await run("show", `${entry.id.slice(0, -1)}!`)).stderr).toContain(`Did you mean \`${entry.id}\`?`);
    expect((await run("create", "--consumer", "b", "--prefix", "shop")).stderr).toContain("begin with `key_`");
  });

  test("a file that everybody may write is not changed", async () => {
    const { create, run, cwd, read } = workplace();
    const { entry } = await create("--consumer", "acme");
    chmodSync(join(cwd, "keys.json"), 0o666);
    const before = read();
    expect(await run("revoke", entry.id)).toMatchObject({ code: 1, stderr: expect.stringContaining("`chmod o-w keys.json`") });
    expect(read()).toBe(before);
  });

  test("a file that is broken is left as it is, and a lock that somebody left is named", async () => {
    const { run, cwd, read } = workplace({ "keys.json": '{"version":1,' });
    expect((await run("create", "--consumer", "a")).stderr).toContain("keys.json cannot be used: it is not JSON");
    expect(read()).toBe('{"version":1,');
    writeFileSync(join(cwd, "keys.json.lock"), "4711");
    expect((await run("create", "--consumer", "a")).stderr).toContain(
      "of the process 4711. If nobody is, a command broke off: remove that file",
    );
  });
});

describe("keys of a running gateway", () => {
  const operator = "key-of-an-operator-0001";
  const gateway = `gateway: keyed
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { host: 127.0.0.1, port: "\${env:ADMIN_PORT}", credentials: { operator: { key: { env: ADMIN_KEY } } } }
stores: { default: { redis: { url: { env: REDIS_URL }, timeout: 2s } } }
identity: { schemes: { partnerKey: { apiKey: { in: header, name: X-Api-Key, store: default, prefix: shop } } } }
routes: { all: { match: { path: "/**" }, policies: { security: [{ partnerKey: [] }], respond: { body: hello } } } }
`;

  test("are made, shown, rotated, revoked, imported and exported through its admin listener, and each change is in its log", {
    timeout: 120_000,
  }, async () => {
    const redis = await RedisServer.start();
    onTestFinished(() => redis.end());
    const out = await built({ "gateway.yaml": gateway });
    const running = await startGateway(out, { ...sampleEnvironment([]), ADMIN_KEY: operator, REDIS_URL: redis.url });
    onTestFinished(() => running.stop());
    let log = "";
    running.process.stderr!.on("data", (text: string) => (log += text));
    const cwd = temporaryFolder();
    const url = `http://127.0.0.1:${running.adminPort}`;
    const run = (...args: string[]) =>
      gatewright(["keys", ...args, "--url", url, "--key-env", "ADMIN_KEY", "--format", "json"], {
        cwd,
        env: { ADMIN_KEY: operator },
      });
    const status = async (key: string): Promise<number> =>
      (await sendRequest(running.port, { method: "GET", target: "/", headers: [["X-Api-Key", key]], body: "" })).status;

    const made = JSON.parse((await run("create", "--consumer", "acme", "--role", "buyer")).stdout) as Made;
    expect(await status(made.key)).toBe(200);
    expect(JSON.parse((await run("list", "--consumer", "acme")).stdout)).toMatchObject([{ id: made.entry.id, state: "active" }]);
    const rotated = JSON.parse((await run("rotate", made.entry.id, "--overlap", "1h")).stdout) as Made;
    expect([await status(made.key), await status(rotated.key)]).toEqual([200, 200]);
    expect((await run("revoke", rotated.entry.id)).code).toBe(0);
    // Turned by more than an answer of the store is good for.
    await running.advance(2_000);
    expect(await status(rotated.key)).toBe(401);
    expect(JSON.parse((await run("show", rotated.entry.id)).stdout)).toMatchObject({ state: "revoked", consumer: "acme" });
    expect((await run("revoke", "k_nobody")).stderr).toContain("answers 404, There is no such key");

    writeFileSync(join(cwd, "import.csv"), "consumer,key\nzenith,kong-key-0123456789\n");
    expect(JSON.parse((await run("import", "import.csv")).stdout)).toEqual({ imported: 1 });
    expect(await status("kong-key-0123456789")).toBe(200);
    const exported = JSON.parse((await run("export")).stdout) as { readonly keys: readonly { readonly hash: string }[] };
    expect(exported.keys.map(({ hash }) => hash)).toContain(sha256(made.key));

    const asked = await gatewright(["keys", "create", "--consumer", "x", "--url", url], { cwd });
    expect([asked.code, asked.stderr]).toEqual([1, expect.stringContaining("`--key-env NAME`")]);
    for (const operation of ["createKey_partnerKey", "rotateKey_partnerKey", "revokeKey_partnerKey", "importKeys_partnerKey"])
      expect(log).toContain(`"who":"operator","operation":"${operation}"`);
    for (const key of [made.key, rotated.key, "kong-key-0123456789"]) expect(log).not.toContain(key);
  });
});
