import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkGateway } from "../../compiler/index.ts";
import { findSamples, repository } from "../harness/sample.ts";
import { sampleEnvironment } from "../harness/sample-environment.ts";
import type { Project } from "../harness/subject.ts";
import { Pair } from "./pair.ts";

const examples = readdirSync(join(repository, "examples"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => ({
    name: `examples/${name}`,
    folder: join(repository, "examples", name),
    entry: join(repository, "examples", name, "gateway.yaml"),
  }));

/** Whatever an example reads from its environment: keys by what they are called, URLs of services for the rest. */
function exampleEnvironment(names: readonly string[], urls: readonly string[]): Readonly<Record<string, string>> {
  const own = sampleEnvironment(urls);
  return Object.fromEntries(names.map((name) => [name, own[name] ?? (name.endsWith("_KEY") ? own.WIDGET_KEY! : urls[0]!)]));
}

test.each([...findSamples().filter(({ http }) => http.length > 0), ...examples] as (Project & { readonly name: string })[])(
  "$name: compiled equals interpreted",
  async (project) => {
    const { ir } = await checkGateway(project.entry);
    const names = [...JSON.stringify(ir).matchAll(/\$\{env:(\w+)\}|"env":"(\w+)"/g)].map(
      ([, setting, secret]) => setting ?? secret!,
    );
    const pair = await Pair.start(project, (urls) =>
      project.name.startsWith("examples/") ? exampleEnvironment(names, urls) : sampleEnvironment(urls),
    );
    try {
      await pair.expectAgreement(ir!, 40);
    } finally {
      await pair.stop();
    }
    expect(names).toContain("PORT");
  },
);
