import type { JsonSchema, SchemaIr, SchemaObject } from "../../../ir/schema.ts";
import { strongComponents } from "../strong-components.ts";
import { type Edge, meet, SchemaGraph } from "./graph.ts";
import { joined } from "./kinds.ts";

/** Which validators would be asked about one and the same part of a value ever more often, as values get deeper. */
export interface Repeats {
  readonly graph: SchemaGraph;
  /** Ids of the schemas that remember what they were asked, so that the cost is proportional to the size of the value. */
  readonly remembered: ReadonlySet<string>;
  /** How often at most any schema is asked about one part of a value, if these remember. */
  readonly times: number;
}

/**
 * The schemas are an automaton that reads the way from a value to one of its parts: a state is a schema, and the number
 * of ways to read one word is the number of times that schemas are asked about one part. It grows without bound where
 * two ways that have parted meet again and again (exponential ambiguity; Weber and Seidl, 1991), or where one way leaves
 * a circle for another one on which it can go along with those that left before (polynomial). Where ways meet, or go
 * along, validators have to remember.
 */
export function findRepeats(schemas: readonly SchemaIr[]): Repeats {
  const graph = new SchemaGraph(schemas);
  const remembered = new Set<string>();
  if (graph.hasCircles) for (const id of metAgain(graph, schemas)) remembered.add(id);
  const times = boundFinite(graph, schemas, remembered);
  return { graph, remembered, times };
}

/** Pairs of schemas that may be looked at; beyond that all schemas on circles remember. */
const effort = 200_000;

class Pairs {
  readonly #graph: SchemaGraph;
  readonly pairs: (readonly [SchemaObject, SchemaObject])[] = [];
  readonly next: number[][] = [];
  readonly #known = new Map<string, number>();

  constructor(graph: SchemaGraph) {
    this.#graph = graph;
  }

  add(a: SchemaObject, b: SchemaObject): number {
    const [left, right] = [this.#graph.numberOf(a), this.#graph.numberOf(b)];
    const key = left < right ? `${left} ${right}` : `${right} ${left}`;
    let index = this.#known.get(key);
    if (index === undefined) {
      this.#known.set(key, (index = this.pairs.length));
      this.pairs.push([a, b]);
      this.next.push([]);
    }
    return index;
  }
}

function metAgain(graph: SchemaGraph, schemas: readonly SchemaIr[]): ReadonlySet<string> {
  const remembered = new Set<string>();
  // What stands inside of a schema is asked as often as that schema is, whatever the value that both begin at.
  const remember = (schema: SchemaObject): void => {
    const owner = graph.ownerOf(schema);
    if (owner !== undefined && graph.circleAt(schema) !== undefined) remembered.add(owner);
  };
  const pairs = new Pairs(graph);
  for (const state of states(graph, schemas)) {
    const edges = endless(graph, state);
    for (const [one, other] of meeting(edges, edges)) {
      if (one === other && one.count === 1) continue;
      // Only where one of the two may come back here do ways part again and again.
      if (mayReturn(graph, one.target, state) || mayReturn(graph, other.target, state)) pairs.add(one.target, other.target);
    }
  }
  for (let index = 0; index < pairs.pairs.length; index++) {
    if (index > effort) return new Set(schemas.flatMap(({ id }) => (graph.circleOf(id) === undefined ? [] : [id])));
    const [left, right] = pairs.pairs[index]!;
    if (left === right) continue;
    const isOneCircle = graph.circleAt(left) === graph.circleAt(right);
    for (const [one, other] of meeting(endless(graph, left), endless(graph, right))) {
      // Ways that have left a circle part no more, and may meet.
      const isHarmless = one.target === other.target && !(isOneCircle && graph.circleAt(one.target) === graph.circleAt(left));
      if (!isHarmless) pairs.next[index]!.push(pairs.add(one.target, other.target));
    }
  }
  const components = strongComponents(pairs.next);
  const sizes = new Map<number, number>();
  for (const component of components) sizes.set(component, (sizes.get(component) ?? 0) + 1);
  for (const [index, [left, right]] of pairs.pairs.entries()) {
    if (left === right) remember(left);
    else if (sizes.get(components[index]!)! > 1 || pairs.next[index]!.includes(index)) {
      // Two ways that go on side by side on circles of their own: what leaves one for the other piles up there.
      const [a, b] = [graph.circleAt(left), graph.circleAt(right)];
      if (a === b) continue;
      for (const side of [left, right]) if (!isOuter(graph, side, a, b)) remember(side);
    }
  }
  return remembered;
}

/** The circle from which the other one can be reached is left once and again; the other one is where ways pile up. */
function isOuter(graph: SchemaGraph, side: SchemaObject, a: number | undefined, b: number | undefined): boolean {
  const own = graph.circleAt(side);
  const other = own === a ? b : a;
  return other !== undefined && graph.circlesFrom(side).has(other);
}

/** The schemas on circles that are asked about parts of a value, from all that can be named. */
function states(graph: SchemaGraph, schemas: readonly SchemaIr[]): ReadonlySet<SchemaObject> {
  const found = new Set<SchemaObject>();
  const waiting: SchemaObject[] = [];
  const add = (schema: JsonSchema): void => {
    const target = graph.settled(schema);
    if (typeof target !== "object" || found.has(target) || graph.circlesFrom(target).size === 0) return;
    found.add(target);
    waiting.push(target);
  };
  for (const { schema } of schemas) add(schema);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop())
    for (const { target } of graph.edges(next)) add(target);
  return found;
}

/** The edges to schemas from which there is no end. */
const endless = (graph: SchemaGraph, schema: SchemaObject): readonly Edge[] =>
  graph.edges(schema).filter(({ target }) => graph.circlesFrom(target).size > 0);

/** Whether a schema that is asked about a part of what `to` is asked about is on one circle with it. */
function mayReturn(graph: SchemaGraph, from: SchemaObject, to: SchemaObject): boolean {
  const circle = graph.circleAt(to);
  return circle !== undefined && graph.circlesFrom(from).has(circle);
}

/** Pairs of edges that lead to one part of one value. */
function* meeting(left: readonly Edge[], right: readonly Edge[]): Generator<readonly [Edge, Edge]> {
  const named = new Map<string, Edge[]>();
  const others: Edge[] = [];
  for (const edge of right) {
    if (edge.step.kind !== "property") others.push(edge);
    else named.set(edge.step.name, [...(named.get(edge.step.name) ?? []), edge]);
  }
  for (const edge of left) {
    const candidates = edge.step.kind === "property" ? [...(named.get(edge.step.name) ?? []), ...others] : right;
    for (const other of candidates)
      if (meet(edge.step, other.step) && joined(edge.kinds, other.kinds) !== undefined) yield [edge, other];
  }
}

/** Beyond that a schema remembers, so that a chain of schemas that each ask the next one twice has a bound as well. */
const mostTimes = 128;

/** Adds the schemas that are on no circle and would still be asked too often; says how often the others are. */
function boundFinite(graph: SchemaGraph, schemas: readonly SchemaIr[], remembered: Set<string>): number {
  const known = new Map<SchemaObject, number>();
  const timesOf = (schema: SchemaObject): number => known.get(schema) ?? 1;
  let greatest = 1;
  for (const { schema: root } of schemas) {
    if (typeof root === "boolean" || known.has(root)) continue;
    const open = [root];
    const entered = new Set<SchemaObject>();
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      if (!entered.has(top)) {
        entered.add(top);
        for (const { target } of graph.edges(top)) if (!known.has(target) && !entered.has(target)) open.push(target);
        continue;
      }
      open.pop();
      if (known.has(top)) continue;
      const times = heaviest(graph.edges(top), timesOf);
      const id = graph.idOf(top);
      if (id !== undefined && times > mostTimes) remembered.add(id);
      known.set(top, id !== undefined && remembered.has(id) ? 1 : times);
      greatest = Math.max(greatest, times);
    }
  }
  return greatest;
}

/** How often schemas are asked about one part of a value, below the part that takes most. */
function heaviest(edges: readonly Edge[], timesOf: (target: SchemaObject) => number): number {
  const byStep = new Map<string, Edge[]>();
  const anywhere: Edge[] = [];
  for (const edge of edges) {
    const { step } = edge;
    if (step.kind === "property" || step.kind === "item") {
      const key = step.kind === "property" ? `.${step.name}` : `[${step.at}`;
      const list = byStep.get(key);
      if (list === undefined) byStep.set(key, [edge]);
      else list.push(edge);
    } else anywhere.push(edge);
  }
  let times = weight(anywhere, timesOf);
  for (const list of byStep.values()) times = Math.max(times, weight([...list, ...anywhere], timesOf));
  return Math.max(1, times);
}

/** Of schemas for different kinds of values one is asked. */
function weight(edges: readonly Edge[], timesOf: (target: SchemaObject) => number): number {
  let always = 0;
  const byKind = new Map<string, Map<string, number>>();
  for (const { target, kinds, count } of edges) {
    const times = count * timesOf(target);
    const [kind] = kinds;
    if (kind === undefined) always += times;
    else {
      const values = [...kind.values].join("|");
      const sums = byKind.get(kind.property) ?? new Map<string, number>();
      sums.set(values, (sums.get(values) ?? 0) + times);
      byKind.set(kind.property, sums);
    }
  }
  for (const sums of byKind.values()) always += Math.max(...sums.values());
  return always;
}
