import { camelCase } from "../text/words.ts";
import type { Outputs } from "./outputs.ts";
import { header } from "./print.ts";
import type { PolicySource, ResourceSource, Workspace } from "./workspace.ts";

/** Names that cannot be exported as they are, because JavaScript reserves them. */
const reserved = new Set([
  "default",
  "delete",
  "export",
  "import",
  "package",
  "private",
  "protected",
  "public",
  "static",
  "switch",
  "with",
]);

/** Name of the constant that `compiler/policies/<folder>/index.ts` exports. */
export function definitionName(folder: string): string {
  const name = camelCase(folder);
  return reserved.has(name) ? `${name}Policy` : name;
}

/** `compiler/policies/registry.gen.ts`: every definition by the name users write. */
export function generateRegistry({ policies }: Workspace, out: Outputs): void {
  const defined = policies.filter((policy) => policy.hasDefinition);
  for (const { folder, schema } of defined) {
    if (schema === undefined)
      out.problem(`compiler/policies/${folder}/index.ts: the policy has no schema/policies/${folder}.json`);
  }
  const imports = defined.map(({ folder }) => `import { ${definitionName(folder)} } from "./${folder}/index.ts";`);
  const entry = (constant: string, { name }: PolicySource): string => `  ${constant === name ? name : `${name}: ${constant}`},\n`;
  out.write(
    "compiler/policies/registry.gen.ts",
    [
      header("the folders of compiler/policies"),
      'import type { PolicyDefinition } from "../policy/contract.ts";',
      ...imports,
      "",
      "/** Policies by name. Options are `never`: who calls a definition vouches that they fit its schema. */",
      `export const policies: Readonly<Record<string, PolicyDefinition<never>>> = {\n${defined.map((policy) => entry(definitionName(policy.folder), policy)).join("")}};`,
    ].join("\n"),
  );
}

/** `compiler/resources/registry.gen.ts`: every kind of resource by room and by the name users write. */
export function generateResourceRegistry({ resources }: Workspace, out: Outputs): void {
  const defined = resources.filter(({ hasDefinition }) => hasDefinition);
  for (const { room, folder, schema } of defined) {
    if (schema === undefined)
      out.problem(`compiler/resources/${room}/${folder}/index.ts: the kind has no schema/resources/${room}/${folder}.json`);
  }
  const rooms = [...new Set(defined.map(({ room }) => room))];
  const constant = ({ folder, room }: ResourceSource): string => `${camelCase(folder)}${resourceWords[room] ?? ""}`;
  const entry = (kind: ResourceSource): string => `    ${kind.name}: ${constant(kind)},\n`;
  const table = rooms.map(
    (room) =>
      `  ${room}: {\n${defined
        .filter((kind) => kind.room === room)
        .map(entry)
        .join("")}  },\n`,
  );
  out.write(
    "compiler/resources/registry.gen.ts",
    [
      header("the folders of compiler/resources"),
      'import type { ResourceDefinition } from "../resource/contract.ts";',
      ...defined.map((kind) => `import { ${constant(kind)} } from "./${kind.room}/${kind.folder}/index.ts";`),
      "",
      "/** Kinds of resources by room and name. Options are `never`: who calls a definition vouches that they fit its schema. */",
      `export const resources: { readonly [In in ${rooms.map((room) => JSON.stringify(room)).join(" | ")}]: Readonly<Record<string, ResourceDefinition<In, never>>> } = {\n${table.join("")}};`,
    ].join("\n"),
  );
}

/** What a resource of a room is called, behind the name of its kind: `redisStore`. */
const resourceWords: Readonly<Record<string, string>> = {
  exporters: "Exporter",
  identity: "Scheme",
  listeners: "Listener",
  stores: "Store",
};
