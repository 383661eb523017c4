import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { createBundler } from "../../compiler/phases/6-bundle/bundler.ts";
import { runtimePrefix } from "../../compiler/text/runtime-prefix.ts";
import { startParty } from "../harness/party.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";

const main = `import { createClient } from "${runtimePrefix}calls/client.js";
const url = process.argv[2];
const { status, body } = await createClient({ named: [url], maxBytes: 1_000, environment: {} }).call({ url });
process.stdout.write(status + " " + body);
`;

const flags = ["--disallow-code-generation-from-strings", "--disable-proto=throw"];

it("calls work in a bundle, hardened, without the parts of undici that are left out", async () => {
  const bundler = await createBundler();
  const map = JSON.stringify({ version: 3, sources: [], names: [], mappings: "" });
  const { code, metafile } = await bundler.bundle(new Map([["main.js", { path: "main.js", text: main, map }]]));
  await bundler.dispose();
  const [output] = Object.values(metafile.outputs).filter(({ entryPoint }) => entryPoint !== undefined);
  const bytesOf = (end: string): number =>
    Object.entries(output!.inputs).reduce((sum, [path, { bytesInOutput }]) => sum + (path.endsWith(end) ? bytesInOutput : 0), 0);
  // Each is a line instead of what it was, and the parser that is left is there.
  for (const path of ["llhttp/llhttp_simd-wasm.js", "dispatcher/client-h2.js", "web/fetch/body.js"])
    expect(bytesOf(`undici/lib/${path}`), path).toBeLessThan(100);
  expect(bytesOf("undici/lib/llhttp/llhttp-wasm.js")).toBeGreaterThan(50_000);
  expect(Buffer.byteLength(code)).toBeLessThan(190_000);
  const folder = temporaryFolder({ "main.mjs": code });
  const party = await startParty();
  party.on("/", { body: "from a bundle" });
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, join(folder, "main.mjs"), party.origin]);
  expect(stdout).toBe("200 from a bundle");
});
