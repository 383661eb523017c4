import { Member } from "./member.ts";
import { Members } from "./members.ts";
import type { Place } from "./places.ts";

/** Endpoints of which a registry says the same, as processes tell each other of them: texts, as thousands of those are read at a stroke. */
export type MemberGroup = {
  readonly place: Place;
  /** Behind each other, with a space in between. */
  readonly urls: string;
  /** Of each of `urls`, on a line of its own; empty where it has none. Absent: none has. */
  readonly ids?: string;
};

/** What one process has found, for all of them. */
export type FoundSet = { readonly count: number; readonly groups: readonly MemberGroup[] };

/** Endpoints that are looked at in one step. */
const unitsPerStep = 512;

/** In steps of some tenths of a millisecond. `members` share places, as `Places` makes them: of one that is there twice, there are two groups. */
export function* grouped(members: Iterable<Member>): Generator<undefined, FoundSet> {
  const groups = new Map<Place, { readonly urls: string[]; readonly ids: string[]; hasIds: boolean }>();
  let count = 0;
  for (const { url, id, place } of members) {
    let group = groups.get(place);
    if (group === undefined) groups.set(place, (group = { urls: [], ids: [], hasIds: false }));
    group.urls.push(url);
    group.ids.push(id ?? "");
    if (id !== undefined) group.hasIds = true;
    if (++count % unitsPerStep === 0) yield;
  }
  const found: MemberGroup[] = [];
  for (const [place, { urls, ids, hasIds }] of groups) {
    found.push({ place, urls: urls.join(" "), ...(hasIds ? { ids: ids.join("\n") } : {}) });
    if (found.length % unitsPerStep === 0) yield;
  }
  return { count, groups: found };
}

/** Those that a set stands for, in steps of some tenths of a millisecond. */
export function* readingSet({ groups }: FoundSet): Generator<undefined, Members> {
  const members = new Members();
  for (const { place, urls, ids } of groups) {
    const names = ids?.split("\n");
    let index = 0;
    for (const url of urls.split(" ")) {
      const id = names?.[index++];
      members.set(new Member(url, id === "" ? undefined : id, place));
      if (members.size % unitsPerStep === 0) yield;
    }
  }
  return members;
}
