import type { AdminAnswer, AdminRequest, AdminRoute } from "../../admin/route.ts";
import type { Json } from "../../life/json.ts";
import { messageOf } from "../../life/message-of.ts";
import { type Failed, isFailed } from "../../stores/store.ts";
import { type Revocation, readRevocation, writtenOf } from "./revocation.ts";

/** A set that can be changed while the gateway runs. */
export interface ChangeableRevocations {
  readonly size: number;
  entries(): Iterable<Revocation>;
  add(entry: Revocation): Promise<Failed | "added" | "full">;
  remove(entry: Pick<Revocation, "kind" | "value" | "issuer">): Promise<Failed | boolean>;
}

/** Most entries of one answer. */
const mostListed = 1000;

const text = { type: "string", minLength: 1, maxLength: 1024 } as const;
const time = { type: "string", minLength: 20, maxLength: 40, description: "RFC 3339: 2027-01-01T00:00:00Z" } as const;
const named = { key: text, jti: text, sid: text, sub: text, serial: text, issuer: text } as const;

const responses = {
  "200": { description: "Done" },
  "400": { description: "It does not say what to revoke" },
  "503": { description: "The store does not answer" },
} as const;

/** What the admin listener tells of the revocation set, and how it is changed. */
export function revocationRoutes(set: ChangeableRevocations): readonly AdminRoute[] {
  return [
    {
      method: "GET",
      path: "/revocations",
      describe: {
        operationId: "listRevocations",
        summary: "What is revoked",
        parameters: Object.keys(named).map((name) => query(name, "Only entries that have this")),
        responses,
      },
      from: "one",
      answer: ({ parameters }) => {
        const wanted = Object.entries(parameters);
        const found: Json[] = [];
        for (const entry of set.entries()) {
          const written = writtenOf(entry);
          if (!wanted.every(([name, value]) => written[name as keyof typeof written] === value)) continue;
          found.push({ ...written });
          if (found.length === mostListed) break;
        }
        return { status: 200, json: { entries: set.size, revoked: found } };
      },
    },
    {
      method: "POST",
      path: "/revocations",
      describe: {
        operationId: "revoke",
        summary: "Revokes what one of key, jti, sid, sub or serial names",
        requestBody: {
          required: true,
          content: {
            "application/json": {
              schema: {
                type: "object",
                additionalProperties: false,
                properties: { ...named, issuedBefore: time, until: time, reason: text },
              },
            },
          },
        },
        responses: { ...responses, "507": { description: "There are as many entries as `max` allows" } },
      },
      from: "one",
      answer: ({ body }) =>
        judged(body, async (entry) => {
          const added = await set.add(entry);
          if (isFailed(added)) return failing(added);
          if (added === "full") return full;
          return { status: 200, json: { revoked: { ...writtenOf(entry) } } };
        }),
    },
    {
      method: "DELETE",
      path: "/revocations",
      describe: {
        operationId: "unrevoke",
        summary: "Removes an entry: what it names counts again",
        parameters: Object.keys(named).map((name) => query(name, "As it was revoked")),
        responses: { ...responses, "404": { description: "There is no such entry" } },
      },
      from: "one",
      answer: ({ parameters }: AdminRequest) =>
        judged(parameters, async (entry) => {
          const removed = await set.remove(entry);
          if (isFailed(removed)) return failing(removed);
          return removed ? { status: 200, json: { removed: { ...writtenOf(entry) } } } : missing;
        }),
    },
  ];
}

async function judged(written: unknown, act: (entry: Revocation) => Promise<AdminAnswer>): Promise<AdminAnswer> {
  let entry: Revocation;
  try {
    entry = readRevocation(written);
  } catch (error) {
    return { status: 400, json: { title: `What was sent ${messageOf(error)}.` } };
  }
  return act(entry);
}

const query = (name: string, description: string) => ({ name, in: "query", required: false, description, schema: text });

const failing = ({ failed }: Failed): AdminAnswer => ({ status: 503, json: { title: `Nothing was changed: ${failed}.` } });
const missing: AdminAnswer = { status: 404, json: { title: "There is no such entry; the list has them as they were revoked." } };
const full: AdminAnswer = {
  status: 507,
  json: { title: "The set is full, and nothing was revoked. Remove entries that are over, or raise `identity.revoked.max`." },
};
