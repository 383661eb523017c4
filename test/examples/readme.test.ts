import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkGateway } from "../../compiler/index.ts";
import { plan } from "../../compiler/phases/4-plan/index.ts";
import { emit } from "../../compiler/phases/5-emit/index.ts";
import { compiler, Program } from "../harness/program.ts";
import { repository } from "../harness/sample.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";

const shop = join(repository, "examples/shop");
const readme = readFileSync(join(repository, "README.md"), "utf8");

/** Passages of the first block in a language: what stands between its first line, which names the file, and lines of `…`. */
function passages(language: string): { readonly file: string; readonly texts: readonly string[] } {
  const block = new RegExp(`^\`\`\`${language}\\n(?:#|//) (\\S+)\\n([^]*?)^\`\`\`$`, "m").exec(readme);
  if (block === null) throw new Error(`README.md has no block of ${language} that names its file`);
  const texts = block[2]!.split(/^(?:#|\/\/) …$/m).map((text) => text.trim());
  return { file: block[1]!, texts: texts.filter((text) => text !== "") };
}

test("the policies that the README shows are those of the example", () => {
  const { file, texts } = passages("yaml");
  for (const text of texts) expect(readFileSync(join(shop, file), "utf8")).toContain(text);
});

test("the generated code that the README shows is what the compiler makes of the example", async () => {
  const { ir } = await checkGateway(join(shop, "gateway.yaml"));
  const { file, texts } = passages("js");
  const code = emit(plan(ir!), ir!).get(file)?.text;
  expect(texts.length).toBeGreaterThan(1);
  for (const text of texts) expect(code).toContain(text);
});

test("what the README shows under `Without a rebuild` builds, and its route takes paths that nobody has named", async () => {
  const [, block] = /^### Without a rebuild$[^]*?^```yaml\n([^]*?)^```$/m.exec(readme)!;
  const stores = "stores: { default: { redis: { url: redis://registry.internal } } }";
  const keys = "{ apiKey: { in: header, name: X-API-Key, keys: { acme: { key: { env: ACME_KEY } } } } }";
  const more = `listeners: { public: { port: 8080 } }\n${stores}\nidentity: { schemes: { partnerKey: ${keys} } }\n`;
  const folder = temporaryFolder({ "gateway.yaml": `gateway: shop\ncompatibility: 2026-12-01\n${more}${block}` });
  const entry = join(folder, "gateway.yaml");
  expect((await checkGateway(entry)).diagnostics.map(({ code }) => code)).toEqual([]);
  const { stdout } = await new Program(compiler, ["explain", "GET /orders/of/nobody"], { cwd: folder }).ended;
  for (const part of ["security", "partnerKey", "Redis store default, service orders"]) expect(stdout).toContain(part);
});

test("links in documentation lead somewhere", () => {
  for (const page of [
    "README.md",
    "CHANGELOG.md",
    "compiler/README.md",
    "runtime/README.md",
    "schema/README.md",
    "test/README.md",
  ]) {
    const text = readFileSync(join(repository, page), "utf8");
    for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
      expect(() => readFileSync(join(repository, page, "..", target!)), `${page}: ${target}`).not.toThrow();
    }
  }
});
