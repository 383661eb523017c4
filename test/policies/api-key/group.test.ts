import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type KeyFacts, makeKey, revokeKey } from "../../../runtime/identity/api-key/key-changes.ts";
import { type KeyEntry, writeKeyFile } from "../../../runtime/identity/api-key/key-entry.ts";
import { built } from "../../faults/gateway.ts";
import { sendRequest } from "../../harness/http-client.ts";
import { Program } from "../../harness/program.ts";
import { sampleEnvironment } from "../../harness/sample-environment.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

const adminKey = "key-of-an-operator-0001";

const gateway = (source: string, stores = ""): string => `gateway: keyed
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { host: 127.0.0.1, port: "\${env:ADMIN_PORT}", credentials: { operator: { key: { env: ADMIN_KEY } } } }
${stores}
identity: { schemes: { partnerKey: { apiKey: { in: header, name: X-Api-Key, ${source} } } } }
routes: { all: { match: { path: "/**" }, policies: { security: [{ partnerKey: [] }], respond: { body: hello } } } }
policies: { metrics: {} }
`;

const made = (facts: Partial<KeyFacts> = {}) => makeKey("shop", { consumer: "acme", ...facts }, Date.now());
const fileOf = (...keys: KeyEntry[]): string => writeKeyFile({ prefix: "shop", keys });

/** Four workers of one gateway; their clock goes by itself. */
async function started(out: string, environment: Readonly<Record<string, string>>) {
  const program = new Program(join(out, "gateway.mjs"), ["--workers", "4"], {
    env: { ...sampleEnvironment([]), ADMIN_KEY: adminKey, ...environment },
    cwd: out,
  });
  onTestFinished(async () => void (await program.stop("SIGKILL")));
  const pattern = /listens on http:\/\/127\.0\.0\.1:(\d+), admin on http:\/\/127\.0\.0\.1:(\d+), 4 workers/;
  const [, port, admin] = await program.until(pattern, "stderr");
  const ask = async (method: string, target: string) => {
    const headers = [["Authorization", `Bearer ${adminKey}`]] as const;
    const { status, body } = await sendRequest(Number(admin), { method, target, headers, body: "" });
    return { status, body };
  };
  /** What requests with a key get, each on a connection of its own, so that every worker has some. */
  const statuses = async (key: string): Promise<number[]> => {
    const request = { method: "GET", target: "/", headers: [["X-Api-Key", key]] as const, body: "" };
    const all = await Promise.all(Array.from({ length: 40 }, () => sendRequest(Number(port), request)));
    return [...new Set(all.map(({ status }) => status))].sort();
  };
  return { program, ask, statuses };
}

const until = (look: () => void | Promise<void>): Promise<void> => vi.waitFor(look, { timeout: 30_000, interval: 20 });

describe("a file of keys that four workers follow", () => {
  it("counts everywhere: keys that were made, and keys that were revoked", async () => {
    const file = join(temporaryFolder(), "keys.json");
    const [first, second] = [made(), made({ consumer: "globex" })];
    writeFileSync(file, fileOf(first.entry));
    const { statuses } = await started(await built({ "gateway.yaml": gateway(`file: "${file}"`) }), {});
    expect([await statuses(first.key), await statuses(second.key)]).toEqual([[200], [401]]);

    writeFileSync(file, fileOf(revokeKey(first.entry, Date.now()), second.entry));
    await until(async () => expect([await statuses(first.key), await statuses(second.key)]).toEqual([[401], [200]]));
  });

  it("keeps the last good keys while the file is half-written, empty, of something else or gone (trap 36)", {
    timeout: 120_000,
  }, async () => {
    const file = join(temporaryFolder(), "keys.json");
    const key = made();
    const whole = fileOf(key.entry);
    writeFileSync(file, whole);
    const { statuses, program, ask } = await started(await built({ "gateway.yaml": gateway(`file: "${file}"`) }), {});
    for (const [text, reason] of [
      [whole.slice(0, whole.length / 2), "it is not JSON"],
      ["", "it is not JSON"],
      ['{"version":1,"prefix":"shop","keys":{}}', "it is not a file of keys"],
      [whole.replace('"consumer"', '"expire":1,"consumer"'), "keys[0] has the unknown field `expire`"],
      [fileOf(key.entry, key.entry), "keys[1].id is also the id of a key before it"],
      [undefined, "cannot be read"],
    ] as const) {
      if (text === undefined) rmSync(file);
      else writeFileSync(file, text);
      await until(() => expect(program.output).toContain(reason));
      expect(program.output).toContain("what was there before stays in force");
      expect(await statuses(key.key)).toEqual([200]);
    }
    expect((await ask("GET", "/status")).body).toContain('"problem":"file');
    expect(program.output).not.toContain(key.entry.hash);
    writeFileSync(file, fileOf());
    await until(async () => expect(await statuses(key.key)).toEqual([401]));
  });

  it("tells how often each key was used by all workers together, on the admin listener and as a metric", {
    timeout: 120_000,
  }, async () => {
    const file = join(temporaryFolder(), "keys.json");
    const key = made({ note: "for tests" });
    writeFileSync(file, fileOf(key.entry));
    const { statuses, ask } = await started(await built({ "gateway.yaml": gateway(`file: "${file}"`) }), {});
    await statuses(key.key);
    await statuses("a-key-that-nobody-has");
    const { hash: _hash, ...shown } = key.entry;
    const expected = { ...shown, state: "active", used: 40, lastUsed: expect.any(String) };
    const list = JSON.parse((await ask("GET", "/identity/partnerKey/keys?consumer=acme")).body) as unknown;
    expect(list).toEqual({ keys: [expected], answered: 4, asked: 4 });
    const one = JSON.parse((await ask("GET", `/identity/partnerKey/keys/${key.entry.id}`)).body) as unknown;
    expect(one).toEqual({ ...expected, answered: 4, asked: 4 });
    expect((await ask("GET", "/identity/partnerKey/keys/nobody")).status).toBe(404);
    const metrics = (await ask("GET", "/metrics")).body;
    expect(metrics).toContain('gatewright_api_key_requests_total{scheme="partnerKey",outcome="accepted"} 40\n');
    expect(metrics).toContain('gatewright_api_key_requests_total{scheme="partnerKey",outcome="refused"} 40\n');
    expect(metrics).toContain('gatewright_api_keys{scheme="partnerKey"} 1\n');
  });

  it("stops the start where it is not there or cannot be used, and says what to do", async () => {
    const folder = temporaryFolder({ "keys.json": '{"keys":[]}' });
    for (const [file, reason] of [
      ["nowhere.json", "cannot be read: it does not exist"],
      ["keys.json", "`gatewright keys create` makes one"],
    ] as const) {
      const out = await built({ "gateway.yaml": gateway(`file: "${join(folder, file)}"`) });
      const program = new Program(join(out, "gateway.mjs"), [], {
        env: { ...sampleEnvironment([]), ADMIN_KEY: adminKey },
        cwd: out,
      });
      onTestFinished(async () => void (await program.stop("SIGKILL")));
      await program.until(new RegExp(reason.replaceAll(/[.*`]/g, "\\$&")), "stderr");
      expect(program.output).toContain("identity.schemes.partnerKey did not start");
    }
  });
});
