import type { KeyFacts } from "../../../runtime/identity/api-key/key-changes.ts";
import type { KeyEntry } from "../../../runtime/identity/api-key/key-entry.ts";
import { KeyForm } from "../../../runtime/identity/api-key/key-text.ts";
import { suggestion } from "../../diagnostics/suggest.ts";
import type { LiveClient } from "../live/client.ts";
import { type AdminDocument, operationsOf } from "../live/operation.ts";
import { UsageError } from "../usage-error.ts";
import { KeysProblem, type MadeKey, type Shelf, type ShownKey } from "./shelf.ts";

/** Keys in one request, so that its body is not too long. */
const together = 100;

/** Keys of a gateway that runs, through its admin listener. */
export class AdminShelf implements Shelf {
  readonly where: string;
  readonly #client: LiveClient;
  #scheme: string | undefined;
  #path = "";

  /** `scheme`: undefined where the gateway has one only. */
  constructor(client: LiveClient, scheme: string | undefined) {
    this.#client = client;
    this.#scheme = scheme;
    this.where = client.where;
  }

  async list(): Promise<readonly ShownKey[]> {
    return this.#all<ShownKey>("GET", "");
  }

  async show(id: string): Promise<ShownKey> {
    return (await this.#ask("GET", `/${idOf(id)}`)) as ShownKey;
  }

  async create(facts: KeyFacts, prefix: string | undefined): Promise<MadeKey> {
    noPrefix(prefix);
    return (await this.#ask("POST", "", facts)) as MadeKey;
  }

  async rotate(id: string, overlap: number, change: Partial<KeyFacts>): Promise<MadeKey> {
    return (await this.#ask("POST", `/${idOf(id)}/rotate`, { ...change, overlapSeconds: Math.ceil(overlap / 1_000) })) as MadeKey;
  }

  async revoke(id: string): Promise<ShownKey> {
    return (await this.#ask("POST", `/${idOf(id)}/revoke`)) as ShownKey;
  }

  async import(entries: readonly KeyEntry[], prefix: string | undefined): Promise<number> {
    noPrefix(prefix);
    for (let start = 0; start < entries.length; start += together) {
      try {
        await this.#ask("POST", "/import", { keys: entries.slice(start, start + together) });
      } catch (error) {
        if (!(error instanceof KeysProblem) || start === 0) throw error;
        throw new KeysProblem(`${error.message} ${start} keys were imported before.`);
      }
    }
    return entries.length;
  }

  export(): Promise<readonly KeyEntry[]> {
    return this.#all<KeyEntry>("POST", "/export");
  }

  async #all<Kind extends { readonly id: string }>(method: string, below: string): Promise<readonly Kind[]> {
    const found = new Map<string, Kind>();
    let from: string | undefined;
    do {
      const query = `?limit=1000${from === undefined ? "" : `&from=${encodeURIComponent(from)}`}`;
      const part = (await this.#ask(method, below + query)) as { readonly keys: readonly Kind[]; readonly next?: string };
      // A part may have a key once more.
      for (const key of part.keys) found.set(key.id, key);
      from = part.next;
    } while (from !== undefined);
    return [...found.values()];
  }

  async #ask(method: string, below: string, body?: object): Promise<unknown> {
    if (this.#path === "") this.#path = await this.#keysPath(method);
    const answer = await this.#client.ask({
      method,
      path: this.#path + below,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.mediaType === "application/json" && answer.status < 300) return JSON.parse(answer.text) as unknown;
    throw problemOf(answer.status, answer.text, this.where);
  }

  /** Where the keys are, by what the gateway says of itself. */
  async #keysPath(method: string): Promise<string> {
    const answer = await this.#client.ask({ method: "GET", path: "/openapi.json" });
    if (answer.status !== 200) throw problemOf(answer.status, answer.text, this.where);
    const operations = operationsOf(JSON.parse(answer.text) as AdminDocument);
    const schemes = operations.flatMap(({ method: known, path }) => {
      const [, scheme] = (known === "GET" && /^\/identity\/([^/]+)\/keys$/.exec(path)) || [];
      return scheme === undefined ? [] : [scheme];
    });
    const [only, second] = schemes;
    if (only === undefined)
      throw new KeysProblem(
        `${this.where} has no scheme with keys in a file or a store (\`apiKey: { store: … }\` in gateway.yaml).`,
      );
    if (this.#scheme === undefined && second !== undefined)
      throw new UsageError(`${this.where} has keys of several schemes. Write \`--scheme NAME\`: ${schemes.join(", ")}.`);
    const scheme = this.#scheme ?? only;
    if (!schemes.includes(scheme))
      throw new UsageError(`${this.where} has no keys of \`${scheme}\`. ${suggestion(scheme, schemes)}`);
    this.#scheme = scheme;
    const path = `/identity/${scheme}/keys`;
    if (method !== "GET" && !operations.some((one) => one.method === "POST" && one.path === path))
      throw new KeysProblem(
        `The keys of ${scheme} are in a file that ${this.where} only reads. Change the file: \`gatewright keys … --file PATH\`.`,
      );
    return path;
  }
}

/** A key in a path would stand in the log of the gateway. */
function idOf(id: string): string {
  if (new KeyForm().isKey(id))
    throw new KeysProblem(
      "That is a key and not an id. It was not sent, and stands in the history of your shell now: rotate it. `gatewright keys list` shows ids.",
    );
  return encodeURIComponent(id);
}

function noPrefix(prefix: string | undefined): void {
  if (prefix !== undefined)
    throw new UsageError("`--prefix` is for `--file`; a gateway has the one of `identity.schemes` in gateway.yaml.");
}

function problemOf(status: number, text: string, where: string): KeysProblem {
  let told: { readonly title?: unknown; readonly detail?: unknown } = {};
  try {
    told = JSON.parse(text) as typeof told;
  } catch {
    // It is no admin listener that answers.
  }
  const remedy = status === 401 ? " `--key-env NAME` says which environment variable holds the key of a credential." : "";
  if (typeof told.title !== "string") return new KeysProblem(`${where} answers ${status}, and not as an admin listener does.`);
  return new KeysProblem(`${where} answers ${status}, ${told.title}. ${String(told.detail ?? "")}${remedy}`);
}
