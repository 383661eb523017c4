import type { Segment } from "../ir/route.ts";

/** A mixed segment without parameter names: literal text and `null` for a parameter. */
export type MixedShape = readonly (string | null)[];

export type MixedSegment = Extract<Segment, { kind: "mixed" }>;

export const shapeOf = (segment: MixedSegment): MixedShape =>
  segment.parts.map((part) => (part.kind === "literal" ? part.text : null));

export const literalLength = (shape: MixedShape): number => shape.reduce((sum, part) => sum + (part?.length ?? 0), 0);

/** Text that is equal for segments which match the same texts. */
export function segmentKey(segment: Segment): string {
  if (segment.kind === "literal") return `=${segment.text}`;
  if (segment.kind === "mixed") return `~${shapeKey(shapeOf(segment))}`;
  return segment.kind === "rest" ? "**" : "*";
}

/** Braces cannot occur in literal text in normal form. */
export const shapeKey = (shape: MixedShape): string => shape.map((part) => part ?? "{}").join("");

/** Whether a mixed segment matches `text`. Taking each run as short as possible finds a split wherever there is one. */
export function matchesShape(shape: MixedShape, text: string): boolean {
  let at = 0;
  let open = false;
  for (const [index, part] of shape.entries()) {
    if (part === null) {
      open = true;
      continue;
    }
    if (!open) {
      if (!text.startsWith(part, at)) return false;
      at += part.length;
      continue;
    }
    const found = index === shape.length - 1 ? text.length - part.length : text.indexOf(part, at + 1);
    if (found < at + 1 || !text.startsWith(part, found)) return false;
    at = found + part.length;
    open = false;
  }
  return open ? at < text.length : at === text.length;
}

/** The texts of the parameters of a shape that matches, each run as short as possible and the last one what is left. */
export function splitShape(shape: MixedShape, text: string): string[] | undefined {
  if (!matchesShape(shape, text)) return undefined;
  const values: string[] = [];
  let at = 0;
  for (const [index, part] of shape.entries()) {
    if (part !== null) {
      at += part.length;
      continue;
    }
    const next = shape[index + 1];
    const isLast = index >= shape.length - 2;
    const end = isLast ? text.length - (next?.length ?? 0) : text.indexOf(next!, at + 1);
    values.push(text.slice(at, end));
    at = end;
  }
  return values;
}

/**
 * A shortest text that both shapes match, or undefined. Parameters are filled with `filler` where they are free, at least
 * `stretch` times where both are.
 */
export function commonText(a: MixedShape, b: MixedShape, filler: string, stretch = 0): string | undefined {
  const left = automaton(a);
  const right = automaton(b);
  const width = right.length;
  const counts = stretch + 1;
  const seen = new Set<number>([0]);
  let frontier: { readonly state: number; readonly text: string }[] = [{ state: 0, text: "" }];
  while (frontier.length > 0) {
    const next: { readonly state: number; readonly text: string }[] = [];
    for (const { state, text } of frontier) {
      const count = state % counts;
      const i = Math.floor(state / counts / width);
      const j = Math.floor(state / counts) % width;
      if (i === left.length - 1 && j === width - 1 && count === stretch) return text;
      for (const character of new Set([left[i]!.character, right[j]!.character, filler])) {
        if (character === "") continue;
        for (const toI of targets(left, i, character)) {
          for (const toJ of targets(right, j, character)) {
            const isFree = character === filler && isOpen(left, i, toI) && isOpen(right, j, toJ);
            const to = (toI * width + toJ) * counts + (isFree ? Math.min(count + 1, stretch) : count);
            if (seen.has(to)) continue;
            seen.add(to);
            next.push({ state: to, text: text + character });
          }
        }
      }
    }
    frontier = next;
  }
  return undefined;
}

/** State `n` leads to `n + 1` by its character (empty: by any), and stays where it is inside a parameter's run. */
interface State {
  readonly character: string;
  readonly repeats: boolean;
}

function automaton(shape: MixedShape): State[] {
  const states: State[] = [];
  let repeats = false;
  for (const part of shape) {
    if (part === null) {
      states.push({ character: "", repeats });
      repeats = true;
      continue;
    }
    for (const character of part) {
      states.push({ character, repeats });
      repeats = false;
    }
  }
  states.push({ character: "\0", repeats });
  return states;
}

function targets(states: readonly State[], index: number, character: string): number[] {
  const state = states[index]!;
  const to: number[] = [];
  if (index < states.length - 1 && (state.character === "" || state.character === character)) to.push(index + 1);
  if (state.repeats) to.push(index);
  return to;
}

/** Whether the step from one state to another takes a character of a parameter. */
const isOpen = (states: readonly State[], from: number, to: number): boolean => from === to || states[from]!.character === "";
