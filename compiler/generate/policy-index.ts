import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { between, code, table } from "./markdown.ts";
import type { Outputs } from "./outputs.ts";
import type { PolicySource, Workspace } from "./workspace.ts";

/** The table of all policies in the README of the repository. */
export function generatePolicyIndex({ root, policies, resources }: Workspace, out: Outputs): void {
  const path = join(root, "README.md");
  if (!existsSync(path)) return;
  const rows = policies.flatMap((policy) => {
    const link = `[${code(policy.name)}](compiler/policies/${policy.folder}/README.md)`;
    return policy.hasDefinition ? [[link, stagesOf(root, policy, out), policy.schema?.description ?? ""]] : [];
  });
  const kinds = resources.flatMap(({ room, folder, name, schema, hasDefinition }) => {
    const link = `[${code(name)}](compiler/resources/${room}/${folder}/README.md)`;
    return hasDefinition ? [[link, places[room] ?? room, schema?.description ?? ""]] : [];
  });
  const tables = [
    ["policies", table(["Policy", "Stage", "What it does"], rows)],
    ["resources", table(["Kind", "Where", "What it is"], kinds)],
  ] as const;
  let text = readFileSync(path, "utf8");
  for (const [name, content] of tables) {
    const updated = between(text, name, content);
    if (updated === undefined) out.problem(`README.md has no place for a table: write <!-- ${name} --> and <!-- /${name} -->`);
    else text = updated;
  }
  out.write("README.md", withContents(text));
}

/** Where `gateway.yaml` has the resources of a room. */
const places: Readonly<Record<string, string>> = {
  exporters: "`exporters`",
  identity: "`identity.schemes`",
  listeners: "`listeners`",
  services: "`services`",
  stores: "`stores`",
};

/** A link to each heading of two and three signs. */
function withContents(text: string): string {
  const lines = [...text.replaceAll(/^```[^]*?^```/gm, "").matchAll(/^(##|###) (.+)$/gm)].map(
    ([, level, title]) => `${level === "##" ? "" : "  "}- [${title}](#${anchorOf(title!)})`,
  );
  return between(text, "contents", lines.join("\n")) ?? text;
}

/** As GitHub and GitLab make it. */
const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");

/** The stages in a definition, read from its text: the generators must work while the definition does not compile. */
function stagesOf(root: string, { folder }: PolicySource, out: Outputs): string {
  const path = `compiler/policies/${folder}/index.ts`;
  const list = /^ {2}stages: \[([^\]]*)\],/m.exec(readFileSync(join(root, path), "utf8"))?.[1];
  if (list === undefined) out.problem(`${path}: the definition has no line \`stages: ["…"],\``);
  return list?.replaceAll('"', "").replaceAll(", ", " or ") ?? "";
}
