import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ForeignFolderError, writeOutput } from "../../../compiler/phases/6-bundle/output-folder.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "gatewright-"));
});
afterEach(() => rm(root, { recursive: true }));

const manifest = (files: readonly string[]): [string, string] => [
  "manifest.json",
  JSON.stringify({ generator: "gatewright", files }),
];
const listing = async (folder: string): Promise<string[]> => (await readdir(folder, { recursive: true })).sort();

describe("writeOutput", () => {
  it("makes the folder and leaves nothing but the files", async () => {
    const out = join(root, "deep", "out");
    await writeOutput(
      out,
      new Map([["gateway.mjs", "1"], ["openapi/a.json", "{}"], manifest(["gateway.mjs", "openapi/a.json"])]),
    );
    expect(await listing(out)).toEqual(["gateway.mjs", "manifest.json", "openapi", join("openapi", "a.json")]);
  });

  it("replaces files of an earlier build, removes those it no longer makes, and keeps the user's own", async () => {
    const out = join(root, "out");
    await writeOutput(
      out,
      new Map([["gateway.mjs", "1"], ["openapi/a.json", "{}"], manifest(["gateway.mjs", "openapi/a.json"])]),
    );
    await writeFile(join(out, "notes.txt"), "mine");
    await writeOutput(out, new Map([["gateway.mjs", "2"], manifest(["gateway.mjs"])]));
    expect(await listing(out)).toEqual(["gateway.mjs", "manifest.json", "notes.txt"]);
    expect(await readFile(join(out, "gateway.mjs"), "utf8")).toBe("2");
  });

  it("refuses a folder with files that no build made, and touches none of them", async () => {
    const foreign: [string, string][] = [
      ["package.json", "{}"],
      ["manifest.json", "not JSON"],
      ["manifest.json", '{"generator":"other","files":[]}'],
    ];
    for (const [name, content] of foreign) {
      const out = await mkdtemp(join(root, "foreign-"));
      await writeFile(join(out, name), content);
      await expect(writeOutput(out, new Map([["gateway.mjs", "1"], manifest([])]))).rejects.toThrow(ForeignFolderError);
      expect(await listing(out)).toEqual([name]);
      expect(await readFile(join(out, name), "utf8")).toBe(content);
    }
  });

  it("removes nothing outside of the folder, whatever a manifest says", async () => {
    const out = join(root, "out");
    await mkdir(out);
    await writeFile(join(root, "precious"), "1");
    await writeFile(join(out, "manifest.json"), manifest(["../precious", join(root, "precious"), "a/../../precious", "."])[1]);
    await writeOutput(out, new Map([["gateway.mjs", "1"], manifest(["gateway.mjs"])]));
    expect(await readFile(join(root, "precious"), "utf8")).toBe("1");
  });
});
