import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Modules } from "../../../compiler/phases/5-emit/modules.ts";
import { type BundledCode, type Bundler, createBundler } from "../../../compiler/phases/6-bundle/bundler.ts";
import { sizeReport } from "../../../compiler/phases/6-bundle/size-report.ts";
import { MappedWriter, printLines, sourceMap } from "../../../compiler/text/mapped-writer.ts";
import { at } from "../emit/sample-ir.ts";

/** Modules by hand, to see what bundling alone does. */
const modulesOf = (texts: Record<string, (writer: MappedWriter) => void>): Modules =>
  new Map(
    Object.entries(texts).map(([path, write]) => {
      const writer = new MappedWriter();
      write(writer);
      return [path, { path, text: printLines(writer.lines), map: sourceMap(path, writer.lines) }];
    }),
  );

const main = (...lines: string[]): Modules => modulesOf({ "main.js": (writer) => writer.line(lines.join("\n")) });

let folder: string;
let bundler: Bundler;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gatewright-"));
  bundler = await createBundler();
});
afterAll(async () => {
  await bundler.dispose();
  await rm(folder, { recursive: true });
});

async function run({ code, map }: BundledCode) {
  const file = join(folder, "gateway.mjs");
  await writeFile(file, code);
  await writeFile(`${file}.map`, map);
  return spawnSync(process.execPath, ["--enable-source-maps", "--disallow-code-generation-from-strings", file], {
    encoding: "utf8",
  });
}

describe("createBundler", () => {
  it("leads a stack trace back to the line of the policy file, through minification", async () => {
    const modules = modulesOf({
      "main.js": (writer) => {
        writer.line('import { refuse } from "./operations/orders-v1.js";');
        writer.line("refuse({});", at("gateway.yaml", 3, 7));
      },
      "operations/orders-v1.js": (writer) => {
        writer.line("export function refuse(x) {");
        writer.indented(() => {
          writer.line("const first = String(x);", at("orders/v1/policies.yaml", 12, 3));
          writer.line("if (x.y.z) return first;", at("orders/v1/policies.yaml", 16, 5));
        });
        writer.line("}");
      },
    });
    const { stderr, status } = await run(await bundler.bundle(modules));
    expect(status).toBe(1);
    expect(stderr).toContain(`${join(folder, "orders/v1/policies.yaml")}:16:5`);
    expect(stderr).toContain(`${join(folder, "gateway.yaml")}:3:7`);
    expect(stderr).not.toContain("policies.yaml:12");
  });

  it("drops what nothing uses, even where constants are made of it", async () => {
    const importLine = 'import { createRateLimit } from "gatewright/runtime/policies/rate-limit";';
    const constant = "const limit = /* @__PURE__ */ createRateLimit({ rule: {}, tiers: null, slot: 0 });";
    const unused = await bundler.bundle(main(importLine, constant, "console.log(1);"));
    const used = await bundler.bundle(main(importLine, constant, "console.log(limit);"));
    const policies = ({ metafile, code }: BundledCode) =>
      sizeReport(metafile, code.length).filter(({ kind }) => kind === "policy");
    expect(policies(unused)).toEqual([]);
    expect(unused.code).not.toContain("too-many-requests");
    // Positive control: the same policy is found where it is used.
    expect(policies(used).map(({ feature }) => feature)).toEqual(["rateLimit"]);
    expect(used.code).toContain("too-many-requests");
  });

  it("gives the same bytes again, from a warm and from a new bundler, and no path of this machine", async () => {
    const modules = main('import { clock } from "gatewright/runtime/life/clock";', "console.log(clock.monotonic());");
    const first = await bundler.bundle(modules);
    const again = await bundler.bundle(modules);
    const other = await createBundler();
    const fresh = await other.bundle(modules);
    await other.dispose();
    for (const { code, map } of [again, fresh]) {
      expect(code).toBe(first.code);
      expect(map).toBe(first.map);
    }
    expect(first.code + first.map).not.toContain(process.cwd());
    expect((JSON.parse(first.map) as { sources: string[] }).sources).toContain("gatewright/runtime/life/clock.ts");
  });

  it("sees what changed between two builds", async () => {
    expect((await run(await bundler.bundle(main("console.log(1);")))).stdout).toBe("1\n");
    expect((await run(await bundler.bundle(main("console.log(2);")))).stdout).toBe("2\n");
  });

  it("defines require only for bundles that need it", async () => {
    expect((await bundler.bundle(main("console.log(1);"))).code).not.toContain("createRequire");
  });

  it("lets emitted modules import nothing but the run-time library and each other", async () => {
    for (const specifier of ["undici", "/etc/passwd.json", "./missing.js"]) {
      await expect(bundler.bundle(main(`import ${JSON.stringify(specifier)};`))).rejects.toThrow();
    }
    await expect(bundler.bundle(main('import "gatewright/runtime/missing";'))).rejects.toThrow();
  });
});
