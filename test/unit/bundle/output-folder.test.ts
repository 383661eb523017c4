import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ForeignFolderError, UnwritableFolderError, writeOutput } from "../../../compiler/phases/6-bundle/output-folder.ts";

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

  it("leaves the earlier build whole where a file cannot be written, whichever it is, and says why", async () => {
    const names = ["a.json", "gateway.mjs", "openapi/b.json", "z.txt"];
    for (const wrong of names) {
      const out = join(root, `out-${wrong.replace("/", "-")}`);
      const before = names.filter((name) => name !== wrong);
      await writeOutput(out, new Map([...before.map((name) => [name, "old"] as const), manifest(before)]));
      // A folder stands in the place of the file.
      await mkdir(join(out, wrong, "inner"), { recursive: true });
      const there = await listing(out);
      const writing = writeOutput(out, new Map([...names.map((name) => [name, "new"] as const), manifest(names)]));
      await expect(writing).rejects.toThrow(UnwritableFolderError);
      await expect(writing).rejects.toThrow(/cannot be written .*What was there is unchanged/);
      expect(await listing(out)).toEqual(there);
      for (const name of before) expect(await readFile(join(out, name), "utf8")).toBe("old");
      expect(await readFile(join(out, "manifest.json"), "utf8")).toBe(manifest(before)[1]);
    }
  });

  it("leaves the earlier build whole where a folder of the build is a file", async () => {
    const out = join(root, "out");
    await writeOutput(out, new Map([["gateway.mjs", "old"], ["openapi", "a file"], manifest(["gateway.mjs", "openapi"])]));
    const files = new Map([["gateway.mjs", "new"], ["openapi/a.json", "{}"], manifest(["gateway.mjs", "openapi/a.json"])]);
    await expect(writeOutput(out, files)).rejects.toThrow(UnwritableFolderError);
    expect(await listing(out)).toEqual(["gateway.mjs", "manifest.json", "openapi"]);
    expect(await readFile(join(out, "gateway.mjs"), "utf8")).toBe("old");
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
