import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GatewayIr } from "../../compiler/index.ts";
import { findSamples, repository } from "../harness/sample.ts";
import { sampleEnvironment } from "../harness/sample-environment.ts";
import type { Project } from "../harness/subject.ts";
import type { ProjectFiles } from "./gateways.ts";

const examples = readdirSync(join(repository, "examples"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => ({
    name: `examples/${name}`,
    folder: join(repository, "examples", name),
    entry: join(repository, "examples", name, "gateway.yaml"),
  }))
  // The recipes are a page; what `partners` reads from files, its start script makes: test/examples/partners.test.ts.
  .filter(({ name, entry }) => existsSync(entry) && name !== "examples/partners");

/** Every sample that is exercised, and every example. */
export const projects: readonly (Project & { readonly name: string })[] = [
  ...findSamples().filter(({ http }) => http.length > 0),
  ...examples,
];

/** Names that a gateway reads from its environment. */
export const environmentNames = (ir: GatewayIr): readonly string[] => namesIn(ir, /\$\{env:(\w+)(?::-[^}]*)?\}|"env":"(\w+)"/g);

/** Without those that may be left out. */
const neededNames = (ir: GatewayIr): readonly string[] => namesIn(ir, /\$\{env:(\w+)\}|"env":"(\w+)"/g);

const namesIn = (ir: GatewayIr, pattern: RegExp): readonly string[] =>
  [...JSON.stringify(ir).matchAll(pattern)].map(([, setting, secret]) => setting ?? secret!);

/** What a sample finds there; for what only examples read: keys by what they are called, URLs of services for the rest. */
export function projectEnvironment(ir: GatewayIr, urls: readonly string[]): Readonly<Record<string, string>> {
  const own = sampleEnvironment(urls);
  const names = neededNames(ir);
  // Requests are made with the keys of samples: the last one that an example reads is one of them.
  const last = names.findLast((name) => name.endsWith("_KEY") && own[name] === undefined);
  const keyOf = (name: string): string => (name === last ? own.WIDGET_KEY! : `key-of-${name}-for-tests`);
  const others = names.map((name) => [
    name,
    own[name] ?? (name.endsWith("_KEY") ? keyOf(name) : /PORT$/.test(name) ? "0" : urls[0]!),
  ]);
  return { ...own, ...Object.fromEntries(others) };
}

/** Writes a generated project for as long as it is used. */
export async function withProject<T>(files: ProjectFiles, use: (project: Project) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "gatewright-"));
  try {
    for (const [name, value] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(value, undefined, 1));
    return await use({ folder, entry: join(folder, "gateway.yaml") });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
