import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, it } from "vitest";
import { plan } from "../../../compiler/phases/4-plan/index.ts";
import { emit } from "../../../compiler/phases/5-emit/index.ts";
import { createDevelopmentLinker, DevelopmentFolder, developmentEntry } from "../../../compiler/phases/6-bundle/index.ts";
import { mapImports } from "../../../compiler/phases/6-bundle/module-imports.ts";
import { Program } from "../../harness/program.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";
import { sampleGateway } from "./sample-gateway.ts";

describe("imports of emitted modules", () => {
  const text = [
    "// @generated",
    'import { a, b as c } from "gatewright/runtime/x";',
    "import {",
    "  long,",
    "  longer as short$,",
    '} from "../schemas/y.js";',
    'import * as all from "./z.js";',
    'import "./environment.js";',
    "",
    'export const said = `import { a } from "gatewright/runtime/x";`;',
    "",
  ].join("\n");

  it("are read and written again on the same lines", () => {
    const seen: unknown[] = [];
    const mapped = mapImports(text, (one) => {
      seen.push(one);
      return { ...one, from: "./other.mjs" };
    });
    expect(seen).toEqual([
      {
        from: "gatewright/runtime/x",
        names: [
          ["a", "a"],
          ["b", "c"],
        ],
      },
      {
        from: "../schemas/y.js",
        names: [
          ["long", "long"],
          ["longer", "short$"],
        ],
      },
      { from: "./z.js", names: [["*", "all"]] },
      { from: "./environment.js", names: [] },
    ]);
    expect(mapped.split("\n")).toEqual([
      "// @generated",
      'import { a, b as c } from "./other.mjs";',
      'import { long, longer as short$ } from "./other.mjs";',
      ...["", "", ""],
      'import * as all from "./other.mjs";',
      'import "./other.mjs";',
      ...text.split("\n").slice(8),
    ]);
  });
});

describe("a gateway that is linked for development", () => {
  it("serves from files that lead to the user's own", async () => {
    const root = temporaryFolder();
    const folder = new DevelopmentFolder(join(root, ".gatewright/dev"));
    const linker = await createDevelopmentLinker();
    const ir = sampleGateway();
    const files = await linker.link(emit(plan(ir), ir), "../..");
    await linker.dispose();
    expect(await folder.write(files)).toBe(true);
    const maps = [...files].filter(([path]) => path.endsWith(".map") && path.startsWith("operations/"));
    expect(maps).not.toHaveLength(0);
    for (const [path, map] of maps) {
      const { sourceRoot } = JSON.parse(map) as { sourceRoot: string };
      expect(posix.join(folder.path, posix.dirname(path), sourceRoot), path).toBe(root);
    }
    const program = new Program("--enable-source-maps", [join(folder.path, developmentEntry)], {
      env: { ORDERS_URL: "http://127.0.0.1:9", ACME_KEY: "0123456789abcdef0123" },
    });
    const [, port] = await program.until(/listens on http:\/\/127\.0\.0\.1:(\d+)/, "stderr");
    const { status } = await fetch(`http://127.0.0.1:${port}/nowhere`);
    expect(status).toBe(404);
    await program.stop();
  });
});

describe("the folder of a gateway in development", () => {
  const of = (files: Readonly<Record<string, string>>): ReadonlyMap<string, string> => new Map(Object.entries(files));

  it("holds the files of the last build and nothing else", async () => {
    const path = temporaryFolder({ "gateway.mjs": "of an earlier version" });
    const folder = new DevelopmentFolder(path);
    await folder.write(of({ "main.mjs": "one\n", "operations/a.mjs": "a\n" }));
    expect(existsSync(join(path, "gateway.mjs"))).toBe(false);
    await folder.write(of({ "main.mjs": "two\n" }));
    expect(readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())).toHaveLength(1);
    expect(readFileSync(join(path, "main.mjs"), "utf8")).toBe("two\n");
  });

  it("tells code from comments and source maps", async () => {
    const folder = new DevelopmentFolder(temporaryFolder());
    const text = (line: number): string =>
      `/** policies.yaml:${line} headers */\nconst a = {\n  // openapi.yaml:${line}\n  b: 1,\n};\n`;
    const pure = (limit: number): string => `const list = [\n  /* @__PURE__ */ createLimit({ limit: ${limit} }),\n];\n`;
    const write = (line: number, more = ""): Promise<boolean> =>
      folder.write(of({ "main.mjs": `${text(line)}${more}`, "main.mjs.map": String(line) }));
    expect([await write(1), await write(1), await write(2)]).toEqual([true, false, false]);
    expect([await write(2, "b();\n"), await write(3, "b();\n")]).toEqual([true, false]);
    expect([await write(3, pure(1)), await write(4, pure(1)), await write(4, pure(2))]).toEqual([true, false, true]);
  });
});
