import { refuse } from "../answers/problem.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { type AcceptedRange, qualityOf, readAccept } from "./accept-quality.ts";
import { formatRange, type MediaRange, parseMediaType } from "./media-type.ts";

/** Refuses requests whose client would take nothing that the operation answers with. */
export class AcceptCheck {
  readonly #offered: readonly MediaRange[];

  /** `offered`: media types as fields name them. */
  constructor(offered: readonly string[]) {
    this.#offered = offered.flatMap((text) => parseMediaType(text) ?? []);
  }

  /** Clients that name no type, or any, pay for nothing else. */
  refuses(x: Exchange, source: string): boolean {
    const accept = x.headers.get("accept");
    if (accept === undefined || accept.includes("*/*")) return false;
    return !isAcceptable(x.headers.all("accept").join(","), this.#offered) && refuseNotAcceptable(x, this.#offered, source);
  }
}

/**
 * Whether a client would take one of the media types that an operation may answer with (RFC 9110 §12.5.1). A declared
 * range may stand for anything within it, and a declared media type for itself with any parameter that is not declared
 * (`charset`, `indent`, the version of the API), as specs hardly ever list those. An `Accept` that cannot be read excludes nothing, and neither does a missing one.
 */
export function isAcceptable(accept: string | undefined, offered: readonly MediaRange[]): boolean {
  if (accept === undefined || offered.length === 0) return true;
  const ranges = readAccept(accept);
  return ranges === undefined || ranges.length === 0 || offered.some((offer) => isWanted(offer, ranges));
}

function isWanted(offer: MediaRange, ranges: readonly AcceptedRange[]): boolean {
  if (offer.type === "*" || offer.subtype.startsWith("*")) {
    return ranges.some(
      ({ range, quality }) => quality > 0 && (range.type === "*" || offer.type === "*" || range.type === offer.type),
    );
  }
  return qualityOf(offer, ranges) !== 0;
}

/** 406 that says what there is (RFC 9110 §15.5.7). */
export function refuseNotAcceptable(x: Exchange, offered: readonly MediaRange[], source: string): true {
  const detail = `This operation answers with ${offered.map(formatRange).join(" or ")}.`;
  return refuse(x, {
    status: 406,
    slug: "not-acceptable",
    title: "The client accepts no media type that the operation answers with",
    detail,
    findings: [{ in: "header", name: "accept", pointer: "", keyword: "mediaType", message: "" }],
    source,
  });
}
