// Where the suite comes from: npm `http-cache-tests`, of which the tests, their client and their origin server are used, and
// not the dependencies, which only draw pages. Or a folder: a later state of the same suite.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { furtherSuites } from "./further-tests.mjs";

const pinned = {
  version: "0.4.5",
  integrity: "sha512-DjuwN9nUZXLTW+wav1LRESCZNVxl8SshwOy4z1pxuWbWt5/ay6sM9QQ1lebBaDO6P1IMBoK6mdf+PuVP/QNL8A==",
};

/** Folder and name of the suite, and the file for its results; `folder`: one that is there already. */
export function suiteIn(folder, scratch) {
  if (folder !== undefined)
    return { root: folder, name: "A later state of http-cache-tests", file: "results-later.md", isPinned: false };
  const text = execFileSync("npm", ["pack", "--silent", "--pack-destination", scratch, `http-cache-tests@${pinned.version}`], {
    encoding: "utf8",
    cwd: scratch,
  });
  const archive = join(scratch, text.trim().split("\n").at(-1));
  const found = `sha512-${createHash("sha512").update(readFileSync(archive)).digest("base64")}`;
  if (found !== pinned.integrity) throw new Error(`http-cache-tests@${pinned.version} is not what it was: ${found}`);
  execFileSync("tar", ["-xzf", archive, "-C", scratch]);
  return { root: join(scratch, "package"), name: `http-cache-tests ${pinned.version}`, file: "results.md", isPinned: true };
}

/** A part of the suite as a module. Later states have client, server and library in one folder. */
export function partOf(root, path) {
  const places = [join(root, path), join(root, "test-engine", path)];
  const place = places.find((one) => existsSync(one));
  if (place === undefined) throw new Error(`the suite has no ${path}`);
  return pathToFileURL(place).href;
}

/** Suites with the tests that are for proxies; `further`: our own, which its client runs. */
export async function proxyTests(root, further = false) {
  if (further) return furtherSuites;
  const { default: suites } = await import(partOf(root, "tests/index.mjs"));
  // Version 0.4.5 lists it apart from the others.
  if (!suites.some(({ id }) => id === "surrogate-control" || id === "cdn-cache-control"))
    suites.push((await import(partOf(root, "tests/surrogate-control.mjs"))).default);
  return suites.map((suite) => ({ ...suite, tests: suite.tests.filter(({ browser_only }) => browser_only !== true) }));
}
