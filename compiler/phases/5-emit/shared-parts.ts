import type { ConfigIr } from "../../ir/config.ts";
import { type ConfigPart, isEmitted, isList, isMake } from "../../ir/config-nodes.ts";
import { emittedKey } from "../../ir/emitted.ts";
import type { ModuleWriter } from "./module-writer.ts";
import { namedElsewhere } from "./printers.ts";

/** Shorter parts are easier to read where they are. */
const shortest = 60;

/**
 * What the configs of one module repeat: the answers and body formats of a large spec, among others. Nobody changes a
 * config, so equal parts can be one constant. Parts that hold what belongs to one instance are never shared.
 */
export class SharedParts {
  readonly #counts = new Map<string, number>();
  readonly #keys = new WeakMap<object, string | null>();
  readonly #names = new Map<string, string>();

  constructor(configs: readonly ConfigIr[]) {
    for (const config of configs) this.#countBelow(config);
  }

  /**
   * The name of the constant that stands for a part, which `print` gives the value of when it is first asked for;
   * undefined where the part is not shared.
   */
  name(part: ConfigPart, key: string, print: () => string, writer: ModuleWriter): string | undefined {
    const identity = isOneThing(part) ? null : this.#key(part);
    if (identity === null || identity.length < shortest || (this.#counts.get(identity) ?? 0) < 2) return undefined;
    const known = this.#names.get(identity);
    if (known !== undefined) return known;
    const value = print();
    const name = writer.name(hint(part, key));
    this.#names.set(identity, name);
    writer.comment(`In ${this.#counts.get(identity)} places below`);
    for (const line of `const ${name} = ${value};`.split("\n")) writer.line(line);
    writer.line();
    return name;
  }

  /** Of a part that comes again only the first is looked into: what is in it is repeated because the part is. */
  #count(part: ConfigIr | undefined): void {
    if (typeof part !== "object" || part === null || isOneThing(part)) return;
    const identity = this.#key(part);
    if (identity !== null) {
      const count = (this.#counts.get(identity) ?? 0) + 1;
      this.#counts.set(identity, count);
      if (count > 1) return;
    }
    this.#countBelow(part);
  }

  #countBelow(part: ConfigIr | undefined): void {
    if (typeof part !== "object" || part === null) return;
    if (isList(part)) for (const item of part) this.#count(item);
    else if (isMake(part)) this.#countBelow(part.config);
    else for (const item of Object.values(part)) this.#count(item as ConfigIr);
  }

  /** Text that is equal for parts that mean the same; null where one holds what belongs to one instance. */
  #key(part: ConfigIr | undefined): string | null {
    if (typeof part !== "object" || part === null) return String(JSON.stringify(part));
    let key = this.#keys.get(part);
    if (key === undefined) this.#keys.set(part, (key = this.#made(part)));
    return key;
  }

  #made(part: ConfigPart): string | null {
    if (isList(part))
      return joined(
        "list",
        part.map((item) => this.#key(item)),
      );
    if (isMake(part)) return joined(`${part.factory.module} ${part.factory.name}`, [this.#key(part.config)]);
    if (isEmitted(part)) return namedElsewhere[part.by] === true ? `${part.by} ${emittedKey(part)}` : null;
    if ("kind" in part) return null;
    return joined(
      "object",
      Object.entries(part).flatMap(([name, item]) => [JSON.stringify(name), this.#key(item as ConfigIr)]),
    );
  }
}

const joined = (kind: string, keys: readonly (string | null)[]): string | null =>
  keys.includes(null) ? null : `${kind}(${keys.join(",")})`;

/** A name for a constant would say no more than the thing itself. */
const isOneThing = (part: ConfigPart): boolean => "kind" in part && !isMake(part);

/** `responses` with status 4XX → `response 4XX`, `createJsonBody` → `jsonBody`. */
function hint(part: ConfigPart, key: string): string {
  if (isMake(part)) return part.factory.name.replace(/^create(.)/, (_, letter: string) => letter.toLowerCase());
  if (isList(part)) return key;
  const { status, subtype } = part as { readonly status?: unknown; readonly subtype?: unknown };
  const word = [status, subtype].find((one) => typeof one === "string");
  return word === undefined ? key : `${key.replace(/s$/, "")} ${word as string}`;
}
