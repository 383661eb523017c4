import type { Name, NamedVersion } from "./project-names.ts";

/** What may be selected in one policy file. */
export interface PolicyFileNames {
  /** Relative to the folder of gateway.yaml. */
  readonly file: string;
  /** Name of its schema: `policies-orders-v1.schema.json`. */
  readonly schema: string;
  readonly operations: readonly Name[];
  /** `GET /orders` for operations that have another id: the other spelling that selects them. */
  readonly routes: readonly string[];
  readonly tags: readonly Name[];
  readonly paths: readonly Name[];
}

/**
 * One entry for each policy file, the first version that names it giving the schema its name. Where several versions
 * share a file, a selector must match in each of their specs, so only what all of them have may be selected. Files with
 * a spec that could not be read are left out: nobody knows what may stand in them.
 */
export function policyFileNames(versions: readonly NamedVersion[]): PolicyFileNames[] {
  const users = new Map<string, NamedVersion[]>();
  for (const version of versions) {
    if (version.policies !== undefined) users.set(version.policies, [...(users.get(version.policies) ?? []), version]);
  }
  const taken = new Set<string>();
  return [...users]
    .map(([file, own]) => ({ file, own, schema: schemaName(own[0]!, taken) }))
    .flatMap(({ file, own, schema }) => {
      if (own.some(({ spec }) => spec === undefined)) return [];
      const common = (namesOf: (version: NamedVersion) => readonly Name[]): readonly Name[] => {
        const [first, ...others] = own.map(namesOf);
        return first!.filter(({ name }) => others.every((names) => names.some((other) => other.name === name)));
      };
      const operations = common(operationNames);
      const ids = new Set(operations.map(({ name }) => name));
      const routes = common(routeNames).map(({ name }) => name);
      return [
        {
          file,
          schema,
          operations,
          routes: routes.filter((name) => !ids.has(name)),
          tags: common(tagNames),
          paths: common(pathNames),
        },
      ];
    });
}

/** `a` with version `b-c` and `a-b` with version `c` would meet in one file. */
function schemaName({ api, version }: NamedVersion, taken: Set<string>): string {
  for (let number = 1; ; number++) {
    const name = `policies-${api}-${version}${number === 1 ? "" : `-${number}`}.schema.json`;
    if (taken.has(name)) continue;
    taken.add(name);
    return name;
  }
}

const operationNames = ({ operations }: NamedVersion): Name[] =>
  operations.map(({ operationId, method, path, operation }) => {
    const summary = typeof operation.summary === "string" ? operation.summary.trim() : "";
    return { name: operationId, description: `${method} ${path}${summary === "" ? "" : `: ${summary}`}` };
  });

const routeNames = ({ operations }: NamedVersion): Name[] =>
  operations.map(({ operationId, method, path }) => ({ name: `${method} ${path}`, description: operationId }));

function tagNames({ spec, operations }: NamedVersion): Name[] {
  const declared = Array.isArray(spec!.document.tags) ? spec!.document.tags : [];
  return grouped(
    operations.flatMap(({ tags, operationId }) => [...new Set(tags)].map((name) => ({ name, item: operationId }))),
  ).map(({ name, items }) => {
    const own = declared.find((tag) => typeof tag === "object" && tag !== null && tag.name === name);
    const text = typeof own?.description === "string" ? `${own.description.trim()}\n\n` : "";
    return { name, description: `${text}${shortList(items)}` };
  });
}

const pathNames = ({ operations }: NamedVersion): Name[] =>
  grouped(
    operations.map(({ path, method, operationId }) => ({
      name: path,
      item: operationId === `${method} ${path}` ? method : `${method} ${operationId}`,
    })),
  ).map(({ name, items }) => ({ name, description: shortList(items) }));

function grouped(pairs: readonly { readonly name: string; readonly item: string }[]): { name: string; items: string[] }[] {
  const groups = new Map<string, string[]>();
  for (const { name, item } of pairs) {
    const items = groups.get(name);
    if (items === undefined) groups.set(name, [item]);
    else items.push(item);
  }
  return [...groups].map(([name, items]) => ({ name, items }));
}

/** Hover text has to fit beside the line. */
const mostListed = 12;

const shortList = (items: readonly string[]): string =>
  items.length <= mostListed
    ? items.join(", ")
    : `${items.slice(0, mostListed).join(", ")} and ${items.length - mostListed} more`;
