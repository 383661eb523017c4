import { refuse } from "../answers/problem.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { keptText } from "../exchange/kept-text.ts";
import { formatRange, isWithin, type MediaRange, type MediaType, parseMediaType } from "./media-type.ts";

/** Longer values are read anew each time: boundaries of forms are others in each. */
const longestKept = 48;

/** What `Content-Type` says about a body, and the entry that it belongs to. */
export interface Selected<Entry> {
  readonly entry: Entry;
  readonly media: MediaType;
}

/** `malformed`: no media type at all, or more than one. `unsupported`: none of the declared ones. */
export type Selection<Entry> = Selected<Entry> | "malformed" | "unsupported";

/**
 * Finds the declared media type for a `Content-Type`. Entries come most specific first, as the compiler sorts them: the
 * first that matches decides.
 *
 * A body without `Content-Type` belongs to the only entry there is, where it is a single media type, and to `* / *`
 * otherwise; elsewhere it is not supported. (RFC 9110 §8.3 lets a recipient guess; a gateway that guessed other than
 * the service would judge another body.)
 */
export class ContentSelector<Entry extends MediaRange> {
  readonly #entries: readonly Entry[];
  /** Clients of an operation send the same few values. */
  #lastText: string | undefined = undefined;
  #lastSelection: Selection<Entry>;
  readonly #untyped: Selection<Entry>;

  constructor(entries: readonly Entry[]) {
    this.#entries = entries;
    this.#untyped = this.#lastSelection = this.#withoutType();
  }

  /** For the value of one field line; undefined where the field is absent. */
  select(contentType: string | undefined): Selection<Entry> {
    if (contentType !== undefined && contentType === this.#lastText) return this.#lastSelection;
    if (contentType === undefined) return this.#untyped;
    if (contentType.length > longestKept) return this.#search(contentType);
    this.#lastText = keptText(contentType);
    this.#lastSelection = this.#search(this.#lastText);
    return this.#lastSelection;
  }

  #search(contentType: string): Selection<Entry> {
    const media = parseMediaType(contentType);
    if (media === undefined || media.type === "*" || media.subtype === "*") return "malformed";
    const entry = this.#entries.find((each) => isWithin(media, each));
    return entry === undefined ? "unsupported" : { entry, media };
  }

  #withoutType(): Selection<Entry> {
    const [only, ...others] = this.#entries;
    const isOnly = only !== undefined && others.length === 0 && only.type !== "*" && !only.subtype.startsWith("*");
    const entry = isOnly ? only : this.#entries.find(({ type, parameters }) => type === "*" && parameters.length === 0);
    if (entry === undefined) return "unsupported";
    return { entry, media: isOnly ? entry : { type: "application", subtype: "octet-stream", parameters: [] } };
  }
}

/** The one `Content-Type`; null where the field comes more than once, which nobody could tell how to read. */
export const contentTypeOf = (x: Pick<Exchange, "headers">): string | undefined | null => x.headers.single("content-type");

/** 415 that says what would do (RFC 9110 §15.5.16; `Accept-Patch`: RFC 5789 §3.1; `Accept-Post`: Linked Data Platform §7.1). `problem`: what it is, where the charset is none that is read. */
export function refuseMediaType(x: Exchange, entries: readonly MediaRange[], source: string, problem?: string): true {
  const accepted = entries.map(formatRange);
  const list = accepted.join(", ");
  const headers = ["Accept", list];
  if (x.method === "POST") headers.push("Accept-Post", list);
  if (x.method === "PATCH") headers.push("Accept-Patch", list);
  const usual =
    accepted.length === 0
      ? "This operation takes no body."
      : `Send the body as ${accepted.join(" or ")}, and name that in Content-Type.`;
  const detail = problem ?? usual;
  return refuse(x, {
    status: 415,
    slug: "unsupported-media-type",
    title: "The media type of the request body is not supported",
    detail,
    headers,
    findings: [
      {
        in: "header",
        name: "content-type",
        pointer: "",
        keyword: problem === undefined ? "mediaType" : "charset",
        message: detail,
      },
    ],
    source,
  });
}
