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
  for (const [index, one] of (value as readonly unknown[]).entries())
    if (!isGroup(one)) found.push(listedOf(one, index));
    else for (const listed of targetsOf(one, index)) found.push(listed);
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
  return resultInSlices(reading(text, read, inSteps));
}

/** Targets of a group that are read in one step: one may have thousands. */
const targetsPerStep = 128;

function* reading(text: string, read: (listed: Listed) => Entry, inSteps: TextInSteps): Generator<undefined, Entry[]> {
  const found: Entry[] = [];
  let brought: unknown[] = [];
  let index = 0;
  const steps = inSteps(text, (one) => void brought.push(one));
  for (;;) {
    const { done, value } = steps.next();
    const some = brought;
    brought = [];
    for (const one of some) {
      if (!isGroup(one)) found.push(read(listedOf(one, index)));
      else
        for (const listed of targetsOf(one, index)) {
          found.push(read(listed));
          if (found.length % targetsPerStep === 0) yield;
        }
      index++;
    }
    if (done !== true) yield;
    else if (Array.isArray(value)) return found;
    else throw new Error(noList);
  }
}

const noList = "it is no list: `[10.0.0.7:8080, { address: 10.0.0.8:8080, weight: 2 }]` is one";

type Group = Readonly<Record<string, unknown>>;

const isGroup = (one: unknown): one is Group => typeof one === "object" && one !== null && Object.hasOwn(one, "targets");

function listedOf(one: unknown, index: number): Listed {
  if (typeof one === "string") return { address: one };
  if (typeof one !== "object" || one === null || Array.isArray(one))
    throw new Error(`entry ${index + 1} is neither an address nor an object`);
  // An object, whose members are looked at one by one.
  const entry = one as Readonly<Record<string, unknown>>;
  // As its own form has it: of thousands, none is copied.
  if (Object.hasOwn(entry, "address")) return entry as unknown as Listed;
  const { url: address, id, weight, priority, zone, metadata, protocol } = entry;
  if (address === undefined) throw new Error(`entry ${index + 1} has neither \`address\` nor \`targets\``);
  return { address, id, weight, priority, zone, metadata, protocol };
}

/** Labels hold for each of the targets; those that say something of an endpoint are called as in our own form. */
function* targetsOf({ targets, labels = {} }: Group, index: number): Generator<Listed, void> {
  if (!Array.isArray(targets)) throw new Error(`the \`targets\` of entry ${index + 1} are no list`);
  if (typeof labels !== "object" || labels === null) throw new Error(`the \`labels\` of entry ${index + 1} are no object`);
  // An object, as above.
  const { weight, priority, zone } = labels as Readonly<Record<string, unknown>>;
  for (const address of targets as readonly unknown[]) yield { address, weight, priority, zone, metadata: labels };
}
