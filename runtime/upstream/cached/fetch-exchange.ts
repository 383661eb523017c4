import type { Exchange } from "../../exchange/exchange.ts";
import type { Operation } from "../../gateway/operation.ts";
import type { ClientTransport } from "../../http/client-transport.ts";
import { HttpExchange } from "../../http/http-exchange.ts";

/**
 * The exchange that asks the service for others: as the request of `x` with this query, to which nobody else answers. What policies count and
 * write down of it they do with the exchanges of the clients. `isRefresh`: that one is answered by then, and keeps what is its own.
 */
export function fetchExchange(x: HttpExchange, client: ClientTransport, query: string, isRefresh: boolean): HttpExchange {
  const { path, host, authority, peer, isPeerTrusted } = x;
  const { time } = x.state;
  const shared = time?.ofAll();
  const state = time === shared ? x.state : { ...x.state, time: shared };
  const fetching = new HttpExchange(state, client, x.head, {
    path,
    query,
    host,
    authority,
    peer,
    isPeerTrusted,
    problem: undefined,
  });
  fetching.operation = withoutEnd(x.operation);
  fetching.requestId = x.requestId;
  if (x.trace !== undefined && !isRefresh) fetching.trace = x.trace;
  const [told, own]: [Exchange, Exchange] = [x, fetching];
  if (told.priority !== undefined) own.priority = told.priority;
  const { body } = x;
  if (body !== undefined) {
    // Its own, as the one who asked first may leave. Where there is no more room, the bytes count as those of that one alone.
    fetching.bodyReader = fetching.state.gateway.parts.createBodyReader!(fetching);
    fetching.hold(body.length);
    fetching.unpackBody(body);
    if (x.isUnpacked !== true) fetching.isUnpacked = false;
  }
  fetching.identity = x.identity;
  fetching.furtherIdentities = x.furtherIdentities;
  fetching.conditions = x.conditions;
  fetching.target = x.target;
  // What steps read from the answer they tell the client that asked first.
  fetching.slots = isRefresh ? x.slots.slice() : x.slots;
  return fetching;
}

const withoutEnd = (operation: Operation): Operation => ({ ...operation, response: null, done: null });
