import { problemAnswer } from "../../admin/problem.ts";
import type { AdminAnswer, AdminRoute } from "../../admin/route.ts";
import { clock } from "../../life/clock.ts";
import type { Json } from "../../life/json.ts";
import type { HeldKey } from "./held-key.ts";
import { viewOf } from "./key-view.ts";
import { idParameter, keyResponses, listParameters, listResponses, routeNames, usualLimit } from "./route-parts.ts";

type View = { readonly [name: string]: Json | undefined };

/**
 * What the admin listener tells of the keys of a file: each process has counted for itself, since it started. The file is
 * changed where it lies, by `gatewright keys`.
 */
export function fileRoutes(scheme: string, keys: () => ReadonlyMap<string, HeldKey>): readonly AdminRoute[] {
  const { path, id } = routeNames(scheme);
  return [
    {
      method: "GET",
      path,
      from: "all",
      describe: {
        operationId: `keysOf_${id}`,
        summary: `Keys of identity.schemes.${scheme}, and how often each was used`,
        parameters: listParameters,
        responses: listResponses,
      },
      answer({ parameters: { consumer, from = "0", limit = usualLimit } }) {
        const start = Number(from);
        if (!Number.isSafeInteger(start) || start < 0) return problemAnswer(noSuchPart);
        const now = clock.wall();
        const all = [...keys().values()].filter(({ entry }) => consumer === undefined || entry.consumer === consumer);
        const end = start + Number(limit);
        const part = all.slice(start, end).map((held) => viewOf(held.entry, now, held));
        return { status: 200, json: { keys: part, ...(end < all.length ? { next: String(end) } : {}) } };
      },
      merge: (answers) => mergedLists(answers),
    },
    {
      method: "GET",
      path: `${path}/{id}`,
      from: "all",
      describe: {
        operationId: `keyOf_${id}`,
        summary: "One key, and how often it was used",
        parameters: [idParameter],
        responses: keyResponses,
      },
      answer({ parameters }) {
        const held = keys().get(String(parameters.id));
        return held === undefined ? problemAnswer(noSuchKey) : { status: 200, json: viewOf(held.entry, clock.wall(), held) };
      },
      merge(answers) {
        const good = answers.filter(isGood);
        return good.length === 0 ? answers[0]! : { status: 200, json: summed(good.map(({ json }) => json as View)) };
      },
    },
  ];
}

const isGood = (answer: AdminAnswer): answer is AdminAnswer & { readonly json: Json } =>
  answer.status === 200 && "json" in answer;

function mergedLists(answers: readonly AdminAnswer[]): AdminAnswer {
  const lists = answers.filter(isGood).map(({ json }) => json as { readonly keys: readonly View[]; readonly next?: string });
  const [first] = lists;
  if (first === undefined) return answers[0]!;
  const byId = new Map<string, View[]>();
  for (const view of lists.flatMap(({ keys }) => keys)) {
    const same = byId.get(String(view.id));
    if (same === undefined) byId.set(String(view.id), [view]);
    else same.push(view);
  }
  return { status: 200, json: { ...first, keys: first.keys.map(({ id }) => summed(byId.get(String(id))!)) } };
}

/** What several processes say of one key. */
function summed(views: readonly View[]): View {
  const last = views.flatMap(({ lastUsed }) => (typeof lastUsed === "string" ? [lastUsed] : [])).sort();
  return {
    ...views[0]!,
    used: views.reduce((sum, { used }) => sum + Number(used), 0),
    ...(last.length === 0 ? {} : { lastUsed: last.at(-1)! }),
  };
}

const noSuchPart = { status: 400, title: "There is no such part", detail: "`from` is the `next` of the part before." };
export const noSuchKey = {
  status: 404,
  title: "There is no such key",
  detail: "The list of keys has the ids; an id is not the key itself.",
};
