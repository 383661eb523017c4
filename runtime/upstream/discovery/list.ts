import { resultInSlices } from "../../life/in-slices.ts";
import { jsonInSteps } from "./json-steps.ts";
import type { Entry, Listed } from "./member.ts";

/**
 * The endpoints of a document: a list of addresses and of objects with one (`address` or `url`), or that of Prometheus'
 * `file_sd` and `http_sd`, a list of groups with `targets` and `labels`. Both may be mixed. Throws where it is none.
 */
export function listedIn(value: unknown): Listed[] {
  const found: Listed[] = [];
  if (!Array.isArray(value)) throw new Error(noList);
  for (let index = 0; index < value.length; index++) add((listed) => found.push(listed), value[index], index);
  return found;
}

/** Reads a text step by step. Where it is a list, `take` is given its elements, and the list is empty. */
export type TextInSteps = (text: string, take: (element: unknown) => void) => Generator<undefined, unknown>;

/** The same of a text, JSON unless said otherwise, which requests do not wait for however long it is. `read`: of each, what is kept of it. */
export async function listedInText(
  text: string,
  read: (listed: Listed) => Entry,
  inSteps: TextInSteps = jsonInSteps,
): Promise<Entry[]> {
  const found: Entry[] = [];
  const take = (listed: Listed) => found.push(read(listed));
  let index = 0;
  const rest = await resultInSlices(inSteps(text, (one) => add(take, one, index++)));
  if (!Array.isArray(rest)) throw new Error(noList);
  return found;
}

const noList = "it is no list: `[10.0.0.7:8080, { address: 10.0.0.8:8080, weight: 2 }]` is one";

type Take = (listed: Listed) => void;

function add(take: Take, one: unknown, index: number): void {
  if (typeof one === "string") {
    take({ address: one });
    return;
  }
  if (typeof one !== "object" || one === null || Array.isArray(one))
    throw new Error(`entry ${index + 1} is neither an address nor an object`);
  // An object, whose members are looked at one by one.
  const entry = one as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(entry, "targets")) {
    addGroup(take, entry, index);
    return;
  }
  if (Object.hasOwn(entry, "address")) {
    // As its own form has it: of thousands, none is copied.
    take(entry as unknown as Listed);
    return;
  }
  const { url: address, id, weight, priority, zone, metadata, protocol } = entry;
  if (address === undefined) throw new Error(`entry ${index + 1} has neither \`address\` nor \`targets\``);
  take({ address, id, weight, priority, zone, metadata, protocol });
}

/** Labels hold for each of the targets; those that say something of an endpoint are called as in our own form. */
function addGroup(take: Take, { targets, labels = {} }: Readonly<Record<string, unknown>>, index: number): void {
  if (!Array.isArray(targets)) throw new Error(`the \`targets\` of entry ${index + 1} are no list`);
  if (typeof labels !== "object" || labels === null) throw new Error(`the \`labels\` of entry ${index + 1} are no object`);
  // An object, as above.
  const { weight, priority, zone } = labels as Readonly<Record<string, unknown>>;
  for (const address of targets as readonly unknown[]) take({ address, weight, priority, zone, metadata: labels });
}
