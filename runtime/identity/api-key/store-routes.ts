import { problemAnswer } from "../../admin/problem.ts";
import type { AdminAnswer, AdminRequest, AdminRoute } from "../../admin/route.ts";
import { clock } from "../../life/clock.ts";
import type { Json } from "../../life/json.ts";
import { messageOf } from "../../life/message-of.ts";
import { isFailed } from "../../stores/store.ts";
import type { Validator } from "../../validation/violations.ts";
import { noSuchKey } from "./file-routes.ts";
import { flawOfMetadata } from "./held-key.ts";
import { type KeyFacts, makeKey, revokeKey, rotateKey, whyNotRotated, wrongFact } from "./key-changes.ts";
import { type KeyEntry, readEntry } from "./key-entry.ts";
import type { KeyShelf } from "./key-shelf.ts";
import { viewOf } from "./key-view.ts";
import {
  idParameter,
  keyResponses,
  listParameters,
  listResponses,
  type RouteNames,
  routeNames,
  usualLimit,
} from "./route-parts.ts";

/** What the admin listener tells of the keys of a store, and how they are made, rotated and revoked. */
export function storeRoutes(
  scheme: string,
  prefix: string,
  shelf: KeyShelf,
  isFit: Validator | undefined,
): readonly AdminRoute[] {
  const names = routeNames(scheme);
  return [...readingRoutes(scheme, names, shelf), ...changingRoutes(scheme, names, { prefix, isFit }, shelf)];
}

/** What is said of keys that are made. */
interface Making {
  readonly prefix: string;
  /** Of metadata, where the scheme says what it is. */
  readonly isFit: Validator | undefined;
}

/** The end of a sentence that begins with the name of the field; undefined: nothing is wrong. */
const misfitOf = (entry: KeyEntry, isFit: Validator | undefined): string | undefined =>
  isFit === undefined || isFit(entry.metadata ?? {}, null) ? undefined : `: ${flawOfMetadata(entry, isFit)}`;

function readingRoutes(scheme: string, { path, id }: RouteNames, shelf: KeyShelf): readonly AdminRoute[] {
  return [
    {
      method: "GET",
      path,
      from: "one",
      describe: {
        operationId: `keysOf_${id}`,
        summary: `Keys of identity.schemes.${scheme}, and how often each was used`,
        parameters: listParameters,
        responses: listResponses,
      },
      async answer({ parameters: { consumer, from, limit = usualLimit } }) {
        if (from !== undefined && !/^\d{1,20}$/.test(String(from))) return problemAnswer(noSuchPart);
        const part = await shelf.part(from === undefined ? undefined : String(from), Number(limit));
        if (isFailed(part)) return failing(part.failed);
        const entries = part.entries.filter((entry) => consumer === undefined || entry.consumer === consumer);
        const used = await shelf.used(entries.map((entry) => entry.id));
        if (isFailed(used)) return failing(used.failed);
        const now = clock.wall();
        const keys = entries.map((entry, index) => viewOf(entry, now, used[index]));
        return { status: 200, json: { keys, ...(part.next === undefined ? {} : { next: part.next }) } };
      },
    },
    {
      method: "GET",
      path: `${path}/{id}`,
      from: "one",
      describe: {
        operationId: `keyOf_${id}`,
        summary: "One key, and how often it was used",
        parameters: [idParameter],
        responses: keyResponses,
      },
      answer: (request) =>
        withKey(shelf, request, async (entry) => {
          const used = await shelf.used([entry.id]);
          return isFailed(used) ? failing(used.failed) : { status: 200, json: viewOf(entry, clock.wall(), used[0]) };
        }),
    },
    {
      method: "POST",
      path: `${path}/export`,
      from: "one",
      describe: {
        operationId: `exportKeys_${id}`,
        summary: "Keys with their hashes, to be kept or imported elsewhere",
        parameters: listParameters.filter(({ name }) => name !== "consumer"),
        responses: { "200": { description: "A part of the keys; with `next` where there are more." } },
      },
      async answer({ parameters: { from, limit = usualLimit } }) {
        if (from !== undefined && !/^\d{1,20}$/.test(String(from))) return problemAnswer(noSuchPart);
        const part = await shelf.part(from === undefined ? undefined : String(from), Number(limit));
        if (isFailed(part)) return failing(part.failed);
        return { status: 200, json: { keys: part.entries.map(asJson), ...(part.next === undefined ? {} : { next: part.next }) } };
      },
    },
  ];
}

function changingRoutes(
  scheme: string,
  { path, id }: RouteNames,
  { prefix, isFit }: Making,
  shelf: KeyShelf,
): readonly AdminRoute[] {
  return [
    {
      method: "POST",
      path,
      from: "one",
      describe: {
        operationId: `createKey_${id}`,
        summary: `Makes a key for identity.schemes.${scheme}`,
        requestBody: body({ ...facts, required: ["consumer"] }),
        responses: { "201": newKey },
      },
      async answer(request) {
        // Validated by the schema above; what that cannot say is looked at now.
        const given = request.body as KeyFacts;
        const wrong = wrongFact(given);
        if (wrong !== undefined) return invalid(wrong);
        const { key, entry } = makeKey(prefix, given, clock.wall());
        const misfit = misfitOf(entry, isFit);
        if (misfit !== undefined) return invalid(`\`metadata\`${misfit}.`);
        return kept(await shelf.put(entry), { status: 201, json: { key, entry: viewOf(entry, clock.wall()) } });
      },
    },
    {
      method: "POST",
      path: `${path}/{id}/rotate`,
      from: "one",
      describe: {
        operationId: `rotateKey_${id}`,
        summary: "Makes a key in the place of another one, which counts for `overlapSeconds` more",
        parameters: [idParameter],
        requestBody: body({
          ...facts,
          properties: { ...facts.properties, overlapSeconds: { type: "integer", minimum: 0, maximum: 31_536_000 } },
        }),
        responses: { "201": newKey, "409": { description: "It was revoked, has expired or was rotated already" } },
      },
      answer: (request) =>
        withKey(shelf, request, async (old) => {
          const { overlapSeconds = 0, ...change } = request.body as Partial<KeyFacts> & { readonly overlapSeconds?: number };
          const wrong = wrongFact(change);
          if (wrong !== undefined) return invalid(wrong);
          const why = whyNotRotated(old, clock.wall());
          if (why !== undefined) return problemAnswer({ status: 409, title: "The key is not rotated", detail: why });
          const made = rotateKey(old, prefix, overlapSeconds * 1_000, change, clock.wall());
          const misfit = misfitOf(made.entry, isFit);
          if (misfit !== undefined) return invalid(`\`metadata\`${misfit}.`);
          const stored = await shelf.put(made.entry);
          if (isFailed(stored)) return failing(stored.failed);
          const now = clock.wall();
          const answer = { key: made.key, entry: viewOf(made.entry, now), old: viewOf(made.old, now) };
          return kept(await shelf.put(made.old), { status: 201, json: answer });
        }),
    },
    {
      method: "POST",
      path: `${path}/{id}/revoke`,
      from: "one",
      describe: {
        operationId: `revokeKey_${id}`,
        summary: "Revokes a key, for every process within two seconds",
        parameters: [idParameter],
        responses: keyResponses,
      },
      answer: (request) =>
        withKey(shelf, request, async (entry) => {
          const revoked = revokeKey(entry, clock.wall());
          return kept(await shelf.put(revoked), { status: 200, json: viewOf(revoked, clock.wall()) });
        }),
    },
    {
      method: "POST",
      path: `${path}/import`,
      from: "one",
      describe: {
        operationId: `importKeys_${id}`,
        summary: "Takes keys by their hashes, as an export has them; a key whose id is there already is replaced",
        requestBody: body({
          type: "object",
          required: ["keys"],
          additionalProperties: false,
          properties: { keys: { type: "array", minItems: 1, maxItems: 200, items: { type: "object" } } },
        }),
        responses: { "200": { description: "How many keys were taken" } },
      },
      async answer(request) {
        const { keys } = request.body as { readonly keys: readonly Json[] };
        let entries: readonly KeyEntry[];
        try {
          entries = keys.map((one, index) => readEntry(one, `keys[${index}]`));
        } catch (error) {
          return invalid(messageOf(error));
        }
        for (const [index, entry] of entries.entries()) {
          const misfit = misfitOf(entry, isFit);
          if (misfit !== undefined) return invalid(`keys[${index}].metadata${misfit}. No keys were taken.`);
        }
        for (const [index, entry] of entries.entries()) {
          const taken = await takenBy(entry, shelf);
          if (isFailed(taken)) return failing(`${taken.failed}; ${index} of ${entries.length} keys were taken`);
          if (taken !== undefined) return invalid(`keys[${index}]${taken}. ${index} of ${entries.length} keys were taken.`);
          const stored = await shelf.put(entry);
          if (isFailed(stored)) return failing(`${stored.failed}; ${index} of ${entries.length} keys were taken`);
        }
        return { status: 200, json: { imported: entries.length } };
      },
    },
  ];
}

/** With two keys of one id, one of them could not be revoked any more. */
async function takenBy({ id, hash }: KeyEntry, shelf: KeyShelf): Promise<string | { readonly failed: string } | undefined> {
  const named = await shelf.byId(id);
  if (isFailed(named)) return named;
  if (named !== undefined) return named.hash === hash ? undefined : ".id is the id of another key";
  const same = await shelf.find(Buffer.from(hash, "hex").toString("base64url"));
  if (isFailed(same)) return same;
  return same === undefined ? undefined : `.hash is that of the key ${same.id}`;
}

async function withKey(
  shelf: KeyShelf,
  { parameters }: AdminRequest,
  answer: (entry: KeyEntry) => Promise<AdminAnswer>,
): Promise<AdminAnswer> {
  const entry = await shelf.byId(String(parameters.id));
  if (entry === undefined) return problemAnswer(noSuchKey);
  return isFailed(entry) ? failing(entry.failed) : answer(entry);
}

const kept = (stored: true | { readonly failed: string }, answer: AdminAnswer): AdminAnswer =>
  isFailed(stored) ? failing(stored.failed) : answer;

const failing = (why: string): AdminAnswer =>
  problemAnswer({
    status: 503,
    title: "The store does not answer as it should",
    detail: `${sentence(why)} Ask again in a moment.`,
  });
const invalid = (detail: string): AdminAnswer => problemAnswer({ status: 400, title: "The body is not valid", detail });
const noSuchPart = { status: 400, title: "There is no such part", detail: "`from` is the `next` of the part before." };
const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;

const asJson = (entry: KeyEntry): Json => ({ ...entry });

const names: Json = { type: "array", maxItems: 100, items: { type: "string", minLength: 1, maxLength: 256 } };
const text: Json = { type: "string", minLength: 1, maxLength: 256 };
const facts = {
  type: "object",
  additionalProperties: false,
  properties: {
    consumer: text,
    roles: names,
    scopes: names,
    tenant: text,
    tier: text,
    metadata: { type: "object" },
    note: text,
    notBefore: text,
    expires: text,
  },
} as const;
const body = (schema: Json): { readonly [key: string]: Json } => ({
  required: true,
  content: { "application/json": { schema } },
});
const newKey = { description: "The key itself, which nobody can ask for again, and what is known of it." };
