import type { AdminAnswer, AdminRequest, AdminRoute } from "../admin/route.ts";
import { type Counters, isFailed } from "./store.ts";

/** What the admin listener tells of the counters of a store, and how one is reset. `name`: as in `stores`. */
export function counterRoutes(name: string, limits: ReadonlyMap<string, Counters>): readonly AdminRoute[] {
  const parameters = [
    query("limit", "The limit, as the list of limits names it."),
    query("key", "Who is counted, as the limit counts: `192.0.2.7`, or scheme and subject: `bearerAuth acme`."),
  ];
  const responses = {
    "200": { description: "Done" },
    "404": { description: "There is no such limit" },
    "503": { description: "The store does not answer" },
  };
  const path = `/stores/${name}/counters`;
  const id = name.replaceAll(/[^A-Za-z0-9]/g, "_");
  const counters = ({ parameters: { limit } }: AdminRequest): Counters | undefined => limits.get(String(limit));
  return [
    {
      method: "GET",
      path: `/stores/${name}/limits`,
      describe: { operationId: `limitsOf_${id}`, summary: `Limits that are counted in stores.${name}`, responses },
      from: "one",
      answer: () => ({ status: 200, json: [...limits.keys()] }),
    },
    {
      method: "GET",
      path,
      describe: { operationId: `counterIn_${id}`, summary: "Where a caller stands", parameters, responses },
      from: "one",
      async answer(request) {
        const standing = await counters(request)?.look(String(request.parameters.key));
        if (standing === undefined) return noLimit;
        if (isFailed(standing)) return failing(standing.failed);
        return { status: 200, json: { left: standing.left, moreIn: Math.ceil(standing.moreIn / 1000) } };
      },
    },
    {
      method: "DELETE",
      path,
      describe: { operationId: `resetIn_${id}`, summary: "Forgets what a caller has used", parameters, responses },
      from: "one",
      async answer(request) {
        const done = await counters(request)?.reset(String(request.parameters.key));
        if (done === undefined) return noLimit;
        return isFailed(done) ? failing(done.failed) : { status: 200, json: { reset: true } };
      },
    },
  ];
}

const query = (name: string, description: string) => ({
  name,
  in: "query",
  required: true,
  description,
  schema: { type: "string", minLength: 1, maxLength: 1024 },
});

const noLimit: AdminAnswer = { status: 404, json: { title: "There is no such limit; the list of limits has their names." } };
const failing = (title: string): AdminAnswer => ({ status: 503, json: { title } });
