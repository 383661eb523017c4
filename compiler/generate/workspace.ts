import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { JsonSchema } from "../../schema/schemas.gen.ts";
import { camelCase } from "../text/words.ts";
import type { Outputs } from "./outputs.ts";
import { type Message, parseMessages } from "./parse-messages.ts";

/** Everything that generators read, gathered once. Every list is sorted. */
export interface Workspace {
  readonly root: string;
  /** Hand-written schemas by path below `schema/` without `.json`. */
  readonly schemas: ReadonlyMap<string, JsonSchema>;
  readonly policies: readonly PolicySource[];
  readonly resources: readonly ResourceSource[];
  readonly messages: readonly MessageFile[];
}

/** One policy in its rooms. */
export interface PolicySource {
  /** `rate-limit`: the name of its folder in every room. */
  readonly folder: string;
  /** `rateLimit`: as users write it. */
  readonly name: string;
  readonly schema: JsonSchema | undefined;
  readonly hasDefinition: boolean;
}

/** One kind of resource in its rooms. */
export interface ResourceSource {
  /** `stores`: the folder around it in every room. */
  readonly room: string;
  /** `redis`. */
  readonly folder: string;
  /** As users write it. */
  readonly name: string;
  readonly schema: JsonSchema | undefined;
  readonly hasDefinition: boolean;
}

export interface MessageFile {
  /** Path of `messages.md` relative to the repository. */
  readonly path: string;
  readonly owner: string;
  readonly messages: readonly Message[];
}

export function readWorkspace(root: string, out: Outputs): Workspace {
  const schemas = readSchemas(root, out);
  const folders = new Set([...schemas.keys()].filter((key) => key.startsWith("policies/")).map((key) => basename(key)));
  const compilerRoom = join(root, "compiler/policies");
  if (existsSync(compilerRoom)) {
    for (const entry of readdirSync(compilerRoom, { withFileTypes: true })) if (entry.isDirectory()) folders.add(entry.name);
  }
  const policies = [...folders].sort().map((folder) => ({
    folder,
    name: camelCase(folder),
    schema: schemas.get(`policies/${folder}`),
    hasDefinition: existsSync(join(compilerRoom, folder, "index.ts")),
  }));
  return { root, schemas, policies, resources: readResources(root, schemas), messages: readMessages(root, out) };
}

function readResources(root: string, schemas: ReadonlyMap<string, JsonSchema>): ResourceSource[] {
  const folders = new Set([...schemas.keys()].filter((key) => key.startsWith("resources/")));
  for (const path of filesBelow(root, "compiler/resources")) {
    const [, , room, folder] = path.split("/");
    if (path.split("/").length > 4) folders.add(`resources/${room}/${folder}`);
  }
  return [...folders].sort().map((path) => {
    const [, room = "", folder = ""] = path.split("/");
    const hasDefinition = existsSync(join(root, "compiler", path, "index.ts"));
    return { room, folder, name: camelCase(folder), schema: schemas.get(path), hasDefinition };
  });
}

function readSchemas(root: string, out: Outputs): Map<string, JsonSchema> {
  const written = filesBelow(root, "schema").filter((path) => path.endsWith(".json") && !isGeneratedSchema(path));
  const schemas = new Map<string, JsonSchema>();
  // By name without ending, so that `security` comes before `security-headers`.
  for (const path of written.map((file) => file.slice(0, -".json".length)).sort()) {
    try {
      schemas.set(path.slice("schema/".length), JSON.parse(readFileSync(join(root, `${path}.json`), "utf8")) as JsonSchema);
    } catch (error) {
      out.problem(`${path}.json: ${(error as Error).message}`);
    }
  }
  return schemas;
}

const isGeneratedSchema = (path: string): boolean =>
  path === "schema/policies.json" || path.startsWith("schema/editor/") || /^schema\/resources\/[^/]+$/.test(path);

function readMessages(root: string, out: Outputs): MessageFile[] {
  const files: MessageFile[] = [];
  const owners = new Map<string, string>();
  for (const path of filesBelow(root, "compiler").filter((file) => basename(file) === "messages.md")) {
    const owner = basename(join(path, "..")).replace(/^\d+-/, "");
    const other = owners.get(owner);
    if (other !== undefined) {
      out.problem(`${path}: the owner \`${owner}\` is taken by ${other}; rename the folder`);
      continue;
    }
    owners.set(owner, path);
    const { messages, problems } = parseMessages(readFileSync(join(root, path), "utf8"), owner);
    for (const { line, text } of problems) out.problem(`${path}:${line}: ${text}`);
    files.push({ path, owner, messages });
  }
  return files;
}

/** Files below a folder of the repository as sorted paths with forward slashes, relative to `root`. */
export function filesBelow(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(root, `${folder}/${entry.name}`) : [`${folder}/${entry.name}`]))
    .sort();
}
