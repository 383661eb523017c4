import type { HandedOver } from "../seat.ts";

/** Code units of all that one process hands over. */
export const mostHandedOver = 8 * 1_048_576;

/** As JSON, without those that are none and those for which there is no room; in order, so that what others need comes first. */
export function boundedStates(states: readonly HandedOver[]): { readonly body: string; readonly left: readonly string[] } {
  const kept: string[] = [];
  const left: string[] = [];
  let length = 2;
  for (const state of states) {
    const text = textOf(state);
    if (text === undefined || length + text.length + 1 > mostHandedOver) left.push(state.name);
    else {
      kept.push(text);
      length += text.length + 1;
    }
  }
  return { body: `[${kept.join(",")}]`, left };
}

function textOf(state: HandedOver): string | undefined {
  try {
    return JSON.stringify(state);
  } catch {
    return undefined;
  }
}
