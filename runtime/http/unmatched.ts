import { refuse } from "../answers/problem.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { HeaderList } from "../fields/header-list.ts";
import type { HttpExchange } from "./http-exchange.ts";
import { send } from "./send.ts";

/** The end of the chain for requests without an operation: 308, 204 with `Allow`, 405 or 404. */
export function notFound(x: Exchange): void {
  // Every exchange of a running gateway is made by the server beside this file.
  const { gateway } = (x as HttpExchange).state;
  const { path } = x;
  if (path === "*") {
    x.answer = { status: 204, headers: new HeaderList(), body: undefined, source: "gateway" };
    send(x);
    return;
  }
  const spelling = gateway.parts.declaredSpelling?.(x, x.method, gateway.match);
  if (spelling !== undefined) {
    const location = x.query === "" ? spelling : `${spelling}?${x.query}`;
    x.answer = { status: 308, headers: new HeaderList(["Location", location]), body: undefined, source: "gateway" };
    send(x);
    return;
  }
  const allow = allowed(gateway.allow(x));
  if (allow !== "" && x.method === "OPTIONS") {
    x.answer = { status: 204, headers: new HeaderList(["Allow", allow]), body: undefined, source: "gateway" };
  } else if (allow !== "") {
    refuse(x, {
      status: 405,
      slug: "method-not-allowed",
      title: "The resource does not support this method",
      detail: `${x.method} is none of ${allow}.`,
      headers: ["Allow", allow],
      source: "gateway",
    });
  } else {
    refuse(x, {
      status: 404,
      slug: "not-found",
      title: "There is no such resource",
      detail: "No operation has this path.",
      source: "gateway",
    });
  }
  gateway.parts.judgeVersion?.(x);
  send(x);
}

/** OPTIONS is answered by the gateway wherever there is an operation. */
const allowed = (methods: string): string => (methods === "" || methods.includes("OPTIONS") ? methods : `${methods}, OPTIONS`);
