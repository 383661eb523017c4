import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { readUsers } from "../../../runtime/identity/basic/users.ts";
import { compiler } from "../../harness/program.ts";
import { buildForTest, startGateway } from "../../harness/running-gateway.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";
import { echoUpstream } from "../../listeners/support/echo-upstream.ts";

const gateway = `gateway: sample
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 } }
services: { backend: { endpoints: ["\${env:UPSTREAM}"] } }
apis: { things: { versions: { v1: { spec: openapi.yaml, policies: policies.yaml } }, service: backend } }
identity: { schemes: { staff: { basic: { users: { file: users.json }, hashes: [scrypt, bcrypt] } } } }
`;
const spec = `openapi: 3.1.0
info: { title: Sample, version: "1" }
components: { securitySchemes: { staff: { type: http, scheme: basic } } }
security: [{ staff: [] }]
paths:
  /things:
    get: { operationId: listThings, responses: { "200": { description: ok } } }
    delete: { operationId: dropThings, security: [{ staff: [admin] }], responses: { "204": { description: ok } } }
`;

const commandLine = (args: readonly string[], input: string): string =>
  execFileSync(process.execPath, [compiler, ...args], { input, encoding: "utf8" });

it("a built gateway takes what `hash-password` printed, and bcrypt in a thread out of its one file", {
  timeout: 120_000,
}, async () => {
  const seen: (string | undefined)[] = [];
  const upstream = await echoUpstream({
    "/things": (request, response) => {
      seen.push(request.headers.authorization);
      response.end("served");
    },
  });
  onTestFinished(() => upstream.close());
  const folder = temporaryFolder();
  // bcrypt of `abc`, from the test vectors of the first jBCrypt.
  const bob = { password: "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i" };
  const ann = { password: commandLine(["hash-password"], "trüffel\n").trim(), roles: ["admin"] };
  const files = {
    "gateway.yaml": gateway,
    "openapi.yaml": spec,
    "policies.yaml": "{}\n",
    "users.json": JSON.stringify({ ann, bob }),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const { out, dispose } = await buildForTest(join(folder, "gateway.yaml"));
  onTestFinished(dispose);
  const running = await startGateway(out, { UPSTREAM: upstream.url }, { cwd: folder });
  onTestFinished(() => running.stop());
  const send = async (name: string, password: string, method = "GET") => {
    const authorization = `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;
    const answer = await fetch(`http://127.0.0.1:${running.port}/things`, { method, headers: { authorization } });
    return { status: answer.status, challenge: answer.headers.get("www-authenticate"), body: await answer.text() };
  };
  expect((await send("ann", "trüffel", "DELETE")).status).toBe(200);
  expect((await send("bob", "abc")).status).toBe(200);
  expect((await send("bob", "abc", "DELETE")).status).toBe(403);
  const wrong = await send("bob", "abd");
  expect(wrong).toMatchObject({ status: 401, challenge: 'Basic realm="staff", charset="UTF-8"' });
  // Nobody learns which names there are.
  expect(await send("eve", "abd")).toEqual(wrong);
  expect(seen).toEqual([undefined, undefined]);
});

it("`hash-password --user` prints the line of a user, with a salt of its own each time", () => {
  const lines = [1, 2].map(() => commandLine(["hash-password", "--user", "ann"], "secret-of-tests"));
  expect(lines[0]).not.toBe(lines[1]);
  for (const line of lines) expect([...readUsers(line).keys()]).toEqual(["ann"]);
});
