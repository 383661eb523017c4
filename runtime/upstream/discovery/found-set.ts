import type { Member } from "./member.ts";

/** Endpoints of which a registry says the same, as processes tell each other of them: of thousands, that is a third of the text. */
export type MemberGroup = {
  readonly place: Omit<Member, "url" | "id">;
  readonly urls: readonly string[];
  /** Of each of `urls`; empty where it has none. Absent: none has. */
  readonly ids?: readonly string[];
};

/** What one process has found, for all of them. */
export type FoundSet = { readonly groups: readonly MemberGroup[] };

/** Endpoints that are looked at in one step. */
const unitsPerStep = 256;

/** In steps of some tenths of a millisecond. */
export function* grouped(members: readonly Member[]): Generator<undefined, FoundSet> {
  const groups = new Map<string, { place: MemberGroup["place"]; urls: string[]; ids: string[] }>();
  let units = 0;
  for (const member of members) {
    const { url, id = "", weight, priority = 0, zone = "", metadata } = member;
    const key = `${weight} ${priority} ${zone}${metadata === undefined ? "" : `\n${JSON.stringify(metadata)}`}`;
    let group = groups.get(key);
    if (group === undefined) groups.set(key, (group = { place: placeOf(member), urls: [], ids: [] }));
    group.urls.push(url);
    group.ids.push(id);
    if (++units % unitsPerStep === 0) yield;
  }
  return {
    groups: [...groups.values()].map(({ place, urls, ids }) => ({
      place,
      urls,
      ...(ids.some((id) => id !== "") ? { ids } : {}),
    })),
  };
}

const placeOf = ({ url: _, id: __, ...place }: Member): MemberGroup["place"] => place;

export function* membersOf({ groups }: FoundSet): Generator<Member, void> {
  for (const { place, urls, ids } of groups)
    for (let index = 0; index < urls.length; index++) {
      const id = ids?.[index] ?? "";
      yield id === "" ? { url: urls[index]!, ...place } : { url: urls[index]!, id, ...place };
    }
}

export const countOf = ({ groups }: FoundSet): number => groups.reduce((sum, { urls }) => sum + urls.length, 0);
