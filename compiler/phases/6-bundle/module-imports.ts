import { jsString } from "../../text/js.ts";

/** One import of an emitted module. */
export interface ModuleImport {
  /** As it is written: `../schemas/orders-v1/order.js`. */
  readonly from: string;
  /** Pairs of the exported and the local name; `*` for all. */
  readonly names: readonly (readonly [imported: string, local: string])[];
}

/**
 * The text with other imports, on the same lines. They stand at the top of an emitted module, each statement on lines of
 * its own, and an empty line ends them (`5-emit/module-writer.ts`).
 */
export function mapImports(text: string, map: (written: ModuleImport) => ModuleImport): string {
  const end = text.indexOf("\n\n");
  const head = text.slice(0, end).replaceAll(statement, (_, list: string | undefined, all: string | undefined, from: string) => {
    const names = all === undefined ? namesOf(list ?? "") : [["*", all] as const];
    const mapped = map({ from, names });
    // A list that was broken into lines keeps them, as the source map counts lines.
    const breaks = "\n".repeat((list ?? "").split("\n").length - 1);
    return `${print(mapped)}${breaks}`;
  });
  return head + text.slice(end);
}

const statement = /^import (?:\{([^}]*)\} from |\* as (\S+) from )?"([^"]+)";/gm;

const namesOf = (list: string): (readonly [string, string])[] =>
  [...list.matchAll(/([\w$]+)(?: as ([\w$]+))?/g)].map(([, imported, local]) => [imported!, local ?? imported!]);

function print({ from, names }: ModuleImport): string {
  const [first] = names;
  if (first === undefined) return `import ${jsString(from)};`;
  if (first[0] === "*") return `import * as ${first[1]} from ${jsString(from)};`;
  const list = names.map(([imported, local]) => (imported === local ? imported : `${imported} as ${local}`));
  return `import { ${list.join(", ")} } from ${jsString(from)};`;
}
