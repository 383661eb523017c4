import { clock } from "../../life/clock.ts";
import type { Json } from "../../life/json.ts";
import type { ThingReport } from "../../life/thing-report.ts";
import type { AdminRoute } from "../route.ts";
import { type AdminSource, thingsOf } from "../source.ts";

/** `/status`: which build serves, with how many workers, and how what it lives by is. */
export const statusRoute = (source: AdminSource): AdminRoute => ({
  method: "GET",
  path: "/status",
  from: "holder",
  describe: {
    operationId: "getStatus",
    summary: "Which build serves, its workers, services, and what lives longer than a request",
    responses: { 200: { description: "As of now.", content: { "application/json": { schema: { type: "object" } } } } },
  },
  answer: async () => {
    const { gateway, build, workers } = source.status();
    const startedAt = new Date(clock.wall() - process.uptime() * 1000).toISOString();
    const things = await thingsOf(source);
    const json: { readonly [key: string]: Json | undefined } = {
      gateway,
      status: source.isDraining() ? "draining" : "up",
      ...build,
      node: process.versions.node,
      startedAt,
      workers,
      services: source.services.map(({ name, required, endpoints }) => ({
        name,
        required,
        endpoints: endpoints.map(({ url }) => url),
      })),
      ...(things.length === 0 ? {} : { things: things.map(shown) }),
    };
    return { status: 200, json };
  },
});

const shown = ({ name, required, readiness, failure, isOwner, state }: ThingReport): Json => ({
  name,
  required,
  ready: readiness.ready,
  ...(readiness.ready ? {} : { why: readiness.why }),
  ...(failure === undefined ? {} : { failure }),
  ...(isOwner === undefined ? {} : { isOwned: isOwner }),
  ...(state === undefined ? {} : { state }),
});
