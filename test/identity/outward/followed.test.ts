import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { built } from "../../faults/gateway.ts";
import { makeAuthority } from "../../harness/certificates.ts";
import { sendRequest } from "../../harness/http-client.ts";
import { type Behaviour, startParty } from "../../harness/party.ts";
import { Program } from "../../harness/program.ts";
import { sampleEnvironment } from "../../harness/sample-environment.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

const [authority, stranger] = [await makeAuthority(), await makeAuthority("somebody else")];

const gateway = (parts: { readonly authenticate?: string; readonly schemes?: string; readonly security?: string }): string => `
gateway: shop
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: "\${env:PORT}" } }
services: { backend: { endpoints: ["\${env:UPSTREAM}"]${parts.authenticate === undefined ? "" : `, authenticate: ${parts.authenticate}`} } }
${parts.schemes === undefined ? "" : `identity: { schemes: { ${parts.schemes} } }`}
routes:
  all: { match: { path: "/**" }, service: backend, policies: { ${parts.security ?? "public: tests"} } }
`;

/** A gateway whose files stand in a folder of their own; a service that answers 200. */
async function started(text: string) {
  const service = await startParty();
  service.on("/", { body: "ok" });
  const out = await built({ "gateway.yaml": text });
  const program = new Program(join(out, "gateway.mjs"), [], { env: sampleEnvironment([service.origin]), cwd: out });
  onTestFinished(async () => void (await program.stop("SIGKILL")));
  const [, port] = await program.until(/listens on http:\/\/127\.0\.0\.1:(\d+)/, "stderr");
  return {
    program,
    ask: async (...headers: (readonly [string, string])[]) =>
      (await sendRequest(Number(port), { method: "GET", target: "/", headers, body: "" })).status,
    /** Of the last request. */
    given: () => service.requests.at(-1)?.headers.authorization,
  };
}

const until = (look: () => Promise<void>): Promise<void> => vi.waitFor(look, { timeout: 20_000, interval: 50 });

/** Gives what `answer` says to a client with this secret, and the error of RFC 6749 §5.2 to any other. */
const forClient =
  (secret: string, answer: object): Behaviour =>
  ({ headers }) =>
    headers.authorization === `Basic ${Buffer.from(`shop:${secret}`).toString("base64")}`
      ? { body: JSON.stringify(answer) }
      : { status: 401, body: '{"error":"invalid_client"}' };

const token = { access_token: "of-the-gateway", token_type: "Bearer", expires_in: 1 };

it.each(["clientCredentials", "exchange"] as const)(
  "`%s` trusts the authorities of `ca` alone, and follows them and the client secret in their files",
  { timeout: 60_000 },
  async (kind) => {
    const issuer = await startParty(authority.issue("issuer", ["DNS:localhost"]));
    issuer.on("/token", forClient("old", token));
    issuer.on("/introspect", { body: JSON.stringify({ active: true, sub: "ann" }) });
    const files = temporaryFolder({ "ca.pem": stranger.certificate, secret: "old\n", "all.pem": authority.certificate });
    const at = (name: string): string => `{ file: "${join(files, name)}" }`;
    const client = `{ id: shop, secret: ${at("secret")} }`;
    // Tokens to exchange come from a caller whom a scheme has verified.
    const scheme = `opaque: { introspection: { endpoint: "${issuer.origin}/introspect", ca: ${at("all.pem")}, client: ${client}, audience: { any: "a test" } } }`;
    const { program, ask, given } = await started(
      gateway({
        authenticate: `{ ${kind}: { token: "${issuer.origin}/token", ca: ${at("ca.pem")}, client: ${client} } }`,
        ...(kind === "exchange" ? { schemes: scheme, security: "security: [{ opaque: [] }]" } : {}),
      }),
    );
    const caller = ["Authorization", "Bearer of-ann"] as const;
    expect(await ask(caller)).toBe(503);
    expect(program.output).toContain("not trusted here; name that under `ca`");
    writeFileSync(join(files, "ca.pem"), authority.certificate);
    await until(async () => expect(await ask(caller)).toBe(200));
    expect(given()).toBe("Bearer of-the-gateway");

    issuer.on("/token", forClient("new", { ...token, access_token: "another" }));
    await until(async () => expect(await ask(caller)).toBe(503));
    // Half a change is none.
    writeFileSync(join(files, "secret"), "");
    await until(async () => expect(program.output).toContain("it is empty"));
    writeFileSync(join(files, "secret"), "new\n");
    await until(async () => expect(await ask(caller)).toBe(200));
    expect(given()).toBe("Bearer another");
    expect(program.output).not.toMatch(/"old"|"new"/);
  },
);

it("introspection follows the client secret and `ca` in their files", async () => {
  const issuer = await startParty(authority.issue("issuer", ["DNS:localhost"]));
  issuer.on("/introspect", forClient("old", { active: true, sub: "ann" }));
  const files = temporaryFolder({ "ca.pem": stranger.certificate, secret: "old" });
  const at = (name: string): string => `{ file: "${join(files, name)}" }`;
  const scheme = `opaque: { introspection: { endpoint: "${issuer.origin}/introspect", ca: ${at("ca.pem")}, client: { id: shop, secret: ${at("secret")} }, audience: { any: "a test" } } }`;
  const { ask } = await started(gateway({ schemes: scheme, security: "security: [{ opaque: [] }]" }));
  let count = 0;
  // A token that nobody has asked about yet.
  const fresh = () => ask(["Authorization", `Bearer token-${++count}`]);
  expect(await fresh()).toBe(503);
  writeFileSync(join(files, "ca.pem"), authority.certificate);
  await until(async () => expect(await fresh()).toBe(200));
  issuer.on("/introspect", forClient("new", { active: true, sub: "ann" }));
  expect(await fresh()).toBe(503);
  writeFileSync(join(files, "secret"), "new");
  await until(async () => expect(await fresh()).toBe(200));
});

it.each([
  ["bearer", (file: string) => `{ bearer: ${file} }`, (text: string) => `Bearer ${text}`],
  [
    "basic",
    (file: string) => `{ basic: { username: shop, password: ${file} } }`,
    (text: string) => `Basic ${Buffer.from(`shop:${text}`).toString("base64")}`,
  ],
])(
  "a fixed credential (%s) in a file that a platform renews is the new one from then on",
  { timeout: 60_000 },
  async (_kind, option, field) => {
    const files = temporaryFolder({ token: "first\n" });
    const path = join(files, "token");
    const { ask, given } = await started(gateway({ authenticate: option(`{ file: "${path}" }`) }));
    await ask();
    expect(given()).toBe(field("first"));
    writeFileSync(path, "second\n");
    await until(async () => {
      expect(await ask()).toBe(200);
      expect(given()).toBe(field("second"));
    });
  },
);
