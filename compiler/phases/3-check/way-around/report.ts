import type { WayAroundOptions } from "../../../../schema/policies.gen.ts";
import type { DiagnosticSink } from "../../../diagnostics/sink.ts";
import { suggestion } from "../../../diagnostics/suggest.ts";
import type { AccessIr, OperationIr, SecurityAlternativeIr } from "../../../ir/gateway.ts";
import type { Origin } from "../../../ir/origin.ts";
import { formatRequest } from "../../../routing/route.ts";
import { type ComparedGateway, findWaysAround, type WayAround, type Work, workFor } from "../../../routing/way-around/find.ts";
import { list } from "../../../text/words.ts";
import type { EffectiveInstance, LinkedGateway, LinkedOperation } from "../../2-link/linked-gateway.ts";
import { copied, notFinished, notNeeded, open, unknownOperation } from "./messages.gen.ts";

/** One name that an operation accepts, and where it is written. */
interface Acceptance {
  readonly name: string;
  readonly origin: Origin;
}

/** Proves that no request reaches with less authentication what an operation protects, beside those that are accepted. */
export function checkWaysAround(
  linked: LinkedGateway,
  gateway: ComparedGateway,
  sink: DiagnosticSink,
  work: Work = workFor(gateway),
): void {
  const accepted = new Map(linked.operations.map((operation) => [operation.id, acceptancesOf(operation, linked)]));
  const known = new Set(gateway.operations.flatMap(({ id, operationId }) => [id, operationId]));
  const needed = new Set<Acceptance>();
  const byWeak = new Map<OperationIr, WayAround[]>();
  for (const way of findWaysAround(gateway, work)) {
    const { weak, strong } = way;
    const acceptance = accepted.get(weak.id)!.filter(({ name }) => name === strong.id || name === strong.operationId);
    for (const each of acceptance) needed.add(each);
    if (acceptance.length > 0) continue;
    const others = byWeak.get(weak);
    if (others === undefined) byWeak.set(weak, [way]);
    else others.push(way);
  }
  for (const ways of byWeak.values()) reportOpen(ways, sink);
  if (work.isUsedUp) {
    const operations = String(gateway.operations.length);
    sink.report(notFinished(linked.positions.key(linked.file, "gateway"), { operations }));
    // Whether an acceptance is needed is not known either.
  } else reportAcceptances(accepted, known, needed, sink);
}

/** What an operation accepts, for whoever reviews it. */
export function acceptedWays(operation: LinkedOperation): Pick<OperationIr, "waysAround"> {
  const written = instanceOf(operation);
  return written === undefined ? {} : { waysAround: optionsOf(written) };
}

function acceptancesOf(operation: LinkedOperation, { positions }: LinkedGateway): readonly Acceptance[] {
  const instance = instanceOf(operation);
  if (instance === undefined) return [];
  return optionsOf(instance).flatMap(({ to }, index) =>
    to.map((name, position) => ({
      name,
      origin: instance.insideLists?.get(`/${index}/to/${position}`) ?? positions.value(to, position),
    })),
  );
}

const instanceOf = ({ policies }: LinkedOperation): EffectiveInstance | undefined =>
  policies.find(({ name, off }) => name === "wayAround" && !off)?.instances[0];

/** Checked against the policy's own schema, from which the type is generated. */
const optionsOf = (instance: EffectiveInstance): WayAroundOptions => instance.value as WayAroundOptions;

function reportOpen(ways: readonly WayAround[], sink: DiagnosticSink): void {
  // The plainest goes there itself, with the same method.
  const [plainest, ...others] = ways.toSorted((a, b) => oddity(a) - oddity(b));
  const { weak, strong, request, ordinary, service, upstream, conditions, copied: origin } = plainest!;
  const usesHosts = [weak, strong].some(({ match }) => match.hosts.length > 0);
  const otherNames = others.map((other) => nameOf(other.strong)).filter((name) => name !== nameOf(strong));
  const names = [...new Set(otherNames)].map((name) => `\`${name}\``);
  const shown = names.length > 3 ? [...names.slice(0, 3), `${names.length - 3} more`] : names;
  const values = {
    request: formatRequest(request, usesHosts),
    weak: describeAccess(weak.access),
    upstream,
    service,
    ordinary: formatRequest(ordinary, usesHosts),
    strong: describeAccess(strong.access),
    strongName: nameOf(strong),
    weakName: nameOf(weak),
    conditions: conditions.length === 0 ? "" : ` That is so where ${list(conditions.map((text) => `\`${text}\``))}.`,
    others: shown.length === 0 ? "" : ` It leads around ${list(shown)} as well.`,
  };
  const related = [
    { origin: strong.match.origin, text: `\`${nameOf(strong)}\` protects it` },
    { origin: weak.access.origin, text: `\`${nameOf(weak)}\` needs ${describeAccess(weak.access)}` },
  ];
  const extras = { related, alike: nameOf(weak) };
  sink.report(origin === undefined ? open(weak.match.origin, values, extras) : copied(origin, values, extras));
}

function reportAcceptances(
  accepted: ReadonlyMap<string, readonly Acceptance[]>,
  known: ReadonlySet<string>,
  needed: ReadonlySet<Acceptance>,
  sink: DiagnosticSink,
): void {
  // One line may stand for many operations; it is needed where one of them needs it.
  const key = ({ name, origin }: Acceptance): string => `${name} ${origin.file} ${origin.start}`;
  const neededKeys = new Set([...needed].map(key));
  for (const [id, acceptances] of accepted) {
    for (const acceptance of acceptances) {
      const { name, origin } = acceptance;
      if (!known.has(name)) sink.report(unknownOperation(origin, { name, suggestion: suggestion(name, [...known]) }));
      else if (!neededKeys.has(key(acceptance))) sink.report(notNeeded(origin, { name, weakName: id }, { alike: id }));
    }
  }
}

const oddity = ({ request, ordinary, copied: isCopied }: WayAround): number =>
  (isCopied === undefined ? 0 : 2) + (request.method === ordinary.method ? 0 : 1);

const nameOf = ({ id }: OperationIr): string => id;

function describeAccess(access: AccessIr): string {
  if (access.kind === "public") return "no authentication";
  return list(access.requirements.map(({ alternatives }) => list(alternatives.map(describeAlternative), "or")));
}

const describeAlternative = ({ schemes }: SecurityAlternativeIr): string =>
  schemes.length === 0
    ? "nothing"
    : list(schemes.map(({ name, scopes }) => (scopes.length === 0 ? name : `${name} with ${list(scopes)}`)));
