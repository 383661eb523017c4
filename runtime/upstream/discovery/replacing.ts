import type { ManagedService } from "../attempts/managed-service.ts";
import { Endpoint } from "../endpoint.ts";
import type { Member, Terms } from "./member.ts";
import type { Members } from "./members.ts";

/** Endpoints that are made or left between two looks at the requests: some tenths of a millisecond. */
export const unitsPerSlice = 256;

export interface KnownEndpoints {
  /** Each with its endpoint. */
  members: Members;
  readonly terms: Pick<Terms, "scheme" | "path">;
}

/**
 * Makes `members` the endpoints of a service, by difference: those that stay keep connections, health and statistics. Yields
 * between slices of work, so that requests do not wait for thousands of endpoints; the set changes in one step, when the new
 * endpoints are made. `known`: those that are there; changed with them.
 */
export function* replacing(service: ManagedService, known: KnownEndpoints, members: Members): Generator<undefined, void> {
  let units = 0;
  const next: Endpoint[] = [];
  const staying: Member[] = [];
  for (const member of members.values()) {
    const at = known.members.at(member);
    // By another name, it is another one at the same place; over another protocol, it needs other connections.
    if (at?.endpoint !== undefined && at.id === member.id && at.place.protocol === member.place.protocol) {
      member.endpoint = at.endpoint;
      staying.push(member);
    } else {
      member.endpoint = newEndpoint(service, member, known.terms);
      service.sticky?.prepare(member.endpoint);
    }
    next.push(member.endpoint);
    if (++units % unitsPerSlice === 0) yield;
  }
  // Not before: what is said of them now belongs to the set that they are in.
  for (const { endpoint, place } of staying) {
    endpoint!.weight = place.weight;
    endpoint!.place = place;
  }
  const gone = service.replace(next);
  yield;
  // Unless a request has been there before.
  void service.set.picker;
  yield;
  known.members = members;
  for (const endpoint of gone) {
    endpoint.leave();
    if (++units % unitsPerSlice === 0) yield;
  }
}

function newEndpoint(
  service: ManagedService,
  { authority, id, place }: Member,
  { scheme, path }: KnownEndpoints["terms"],
): Endpoint {
  const endpoint = new Endpoint(scheme, authority, path, place.weight, service.carriersOf);
  endpoint.id = id;
  endpoint.place = place;
  return endpoint;
}
