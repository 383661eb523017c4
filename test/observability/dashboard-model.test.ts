import { execFile } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { repository } from "../harness/sample.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { observed } from "./gateways.ts";
import { liveGateway } from "./live-gateway.ts";

interface Source {
  readonly type: string;
  readonly uid: string;
}
interface Model {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
  readonly panels: readonly {
    readonly id: number;
    readonly datasource: Source;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets: readonly { readonly datasource: Source }[];
  }[];
}

const modelsOf = (files: ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
  new Map([...files].filter(([path]) => path.startsWith("grafana/")));

let models: ReadonlyMap<string, string> = new Map();
beforeAll(async () => {
  models = modelsOf(await observed(liveGateway));
});

const all = (): readonly Model[] => [...models.values()].map((text) => JSON.parse(text) as Model);

test("there is a dashboard for each thing that somebody looks at", () => {
  expect([...models.keys()].sort()).toEqual(
    ["api", "limits", "node", "overview", "security", "service"].map((name) => `grafana/${name}.json`),
  );
});

test("the types of Grafana's own schema take every dashboard", async () => {
  // What is an enum there is its value in JSON.
  const plain = `type Plain<T> = T extends string ? \`\${T}\` : T extends number ? number : T extends readonly (infer Item)[] ? Plain<Item>[]
    : T extends object ? { [Key in keyof T]: Plain<T[Key]> } : T;`;
  const texts = [...models.values()].map((text) => `takes(${text});`);
  const folder = temporaryFolder({
    "models.ts": `import type { Dashboard } from "@grafana/schema";\n${plain}\nconst takes = (_model: Plain<Dashboard>): void => {};\n${texts.join("\n")}`,
    "package.json": '{ "type": "module" }',
  });
  symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
  const compiler = join(repository, "node_modules/typescript/bin/tsc");
  const flags = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--types", ""];
  const said = await promisify(execFile)(process.execPath, [compiler, ...flags, "models.ts"], { cwd: folder }).then(
    () => "",
    ({ stdout }: { readonly stdout: string }) => stdout,
  );
  expect(said).toBe("");
});

test("traps/telemetry row 36: provisioned from a file and imported by hand, each panel finds its source of figures", () => {
  for (const { templating, panels, ...model } of all()) {
    expect(model).not.toHaveProperty("__inputs");
    expect(model.schemaVersion).toBeGreaterThanOrEqual(39);
    expect(templating.list[0]).toMatchObject({ name: "datasource", type: "datasource" });
    const chosen = { type: "prometheus", uid: "${datasource}" };
    for (const { datasource, targets } of panels) {
      expect(datasource).toEqual(chosen);
      for (const target of targets) expect(target.datasource).toEqual(chosen);
    }
  }
});

test("uids are fixed, unlike, and short enough, also of gateways with long names that begin alike", async () => {
  const named = async (name: string): Promise<readonly string[]> => {
    const text = liveGateway["gateway.yaml"]!.replace("gateway: shop", `gateway: ${name}`);
    const files = modelsOf(await observed({ ...liveGateway, "gateway.yaml": text }));
    return [...files.values()].map((model) => (JSON.parse(model) as Model).uid);
  };
  const uids = [
    ...all().map(({ uid }) => uid),
    ...(await named("shop-of-the-north-and-west-1")),
    ...(await named("shop-of-the-north-and-west-2")),
  ];
  expect(new Set(uids).size).toBe(uids.length);
  for (const uid of uids) expect(uid).toMatch(/^[a-zA-Z0-9_-]{1,40}$/);
  expect(await named("shop")).toEqual(all().map(({ uid }) => uid));
});

test("panels do not lie on each other", () => {
  for (const { panels } of all()) {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const places = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`),
    );
    expect(new Set(places).size).toBe(places.length);
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
  }
});
