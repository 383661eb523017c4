import type { Json } from "../../life/json.ts";
import type { ThingReport } from "../../life/thing-report.ts";
import { Readiness } from "../readiness.ts";
import type { AdminAnswer, AdminRoute } from "../route.ts";
import { type AdminSource, thingsOf } from "../source.ts";

const described = (description: string) => ({ description, content: { "application/json": { schema: { type: "object" } } } });

/** `/healthz`: the process answers. `/readyz`: requests sent to it are answered as they should be. */
export function healthRoutes(source: AdminSource): AdminRoute[] {
  const readiness = new Readiness(source.services);
  return [
    {
      method: "GET",
      path: "/healthz",
      from: "holder",
      isProbe: true,
      describe: {
        operationId: "getHealth",
        summary: "Whether the process answers; where not, it should be started again",
        responses: { 200: described("It does.") },
      },
      answer: () => ({ status: 200, json: { status: "up" } }),
    },
    {
      method: "GET",
      path: "/readyz",
      from: "holder",
      isProbe: true,
      describe: {
        operationId: "getReadiness",
        summary: "Whether requests should be sent here",
        parameters: [
          {
            name: "verbose",
            in: "query",
            description: "Each service and thing that it depends on, with why it is not ready.",
            allowEmptyValue: true,
            schema: { type: "boolean" },
          },
        ],
        responses: { 200: described("Ready."), 503: described("Not ready, or draining.") },
      },
      answer: ({ parameters }) => answer(source, readiness, parameters.verbose === true),
    },
  ];
}

async function answer(source: AdminSource, readiness: Readiness, isVerbose: boolean): Promise<AdminAnswer> {
  const isDraining = source.isDraining();
  if (isDraining && !isVerbose) return { status: 503, json: { status: "draining" } };
  const [unreachable, things] = await Promise.all([readiness.unreachable(), thingsOf(source)]);
  const unready = things.filter((thing) => thing.required && !thing.readiness.ready);
  const isReady = unreachable.length === 0 && unready.length === 0;
  const status = isDraining ? "draining" : isReady ? "ready" : "unready";
  const short = {
    status,
    ...(unreachable.length === 0 ? {} : { unreachable }),
    ...(unready.length === 0 ? {} : { unready: unready.map(({ name }) => name) }),
  };
  const json = isVerbose ? { status, checks: [...serviceChecks(source, unreachable), ...things.map(check)] } : short;
  return { status: status === "ready" ? 200 : 503, json };
}

/** Only what is required is looked at: a look opens connections. */
const serviceChecks = ({ services }: AdminSource, unreachable: readonly string[]): Json[] =>
  services.flatMap(({ name, required }) => {
    if (!required) return [];
    const isReady = !unreachable.includes(name);
    const check = { name: `services.${name}`, required, ready: isReady };
    return [isReady ? check : { ...check, why: "none of its endpoints can be reached" }];
  });

const check = ({ name, required, readiness }: ThingReport): Json => ({
  name,
  required,
  ready: readiness.ready,
  ...(readiness.ready ? {} : { why: readiness.why }),
});
