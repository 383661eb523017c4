import { Member } from "./member.ts";
import { Members } from "./members.ts";
import type { Place } from "./places.ts";

/** Endpoints of which a registry says the same, as processes tell each other of them: texts, as thousands of those are read at a stroke. */
export type MemberGroup = {
  readonly place: Place;
  /** Behind each other, with a space in between. */
  readonly authorities: string;
  /** Of each of them, on a line of its own; empty where it has none. Absent: none has. */
  readonly ids?: string;
};

/** What one process has found, for all of them. */
export type FoundSet = { readonly count: number; readonly groups: readonly MemberGroup[] };

/** Endpoints that are looked at in one step. */
const unitsPerStep = 512;

/** In steps of some tenths of a millisecond. `members` share places, as `Places` makes them: of one that is there twice, there are two groups. */
export function* grouped(members: Iterable<Member>): Generator<undefined, FoundSet> {
  const groups = new Map<Place, { readonly authorities: string[]; readonly ids: string[]; hasIds: boolean }>();
  let count = 0;
  for (const { authority, id, place } of members) {
    let group = groups.get(place);
    if (group === undefined) groups.set(place, (group = { authorities: [], ids: [], hasIds: false }));
    group.authorities.push(authority);
    group.ids.push(id ?? "");
    if (id !== undefined) group.hasIds = true;
    if (++count % unitsPerStep === 0) yield;
  }
  const found: MemberGroup[] = [];
  for (const [place, { authorities, ids, hasIds }] of groups) {
    found.push({ place, authorities: authorities.join(" "), ...(hasIds ? { ids: ids.join("\n") } : {}) });
    if (found.length % unitsPerStep === 0) yield;
  }
  return { count, groups: found };
}

/** Those that a set stands for, in steps of some tenths of a millisecond. */
export function* readingSet({ groups }: FoundSet): Generator<undefined, Members> {
  const members = new Members();
  for (const { place, authorities, ids } of groups) {
    const names = ids?.split("\n");
    let index = 0;
    for (const authority of authorities.split(" ")) {
      const id = names?.[index++];
      members.set(new Member(authority, id === "" ? undefined : id, place));
      if (members.size % unitsPerStep === 0) yield;
    }
  }
  return members;
}
