import type { ServerResponse } from "node:http";
import type { Writable } from "node:stream";
import { createGzip } from "node:zlib";
import { contained, logged } from "../life/boundary.ts";
import { inSlices } from "../life/in-slices.ts";
import type { AdminAnswer, StreamedAnswer } from "./route.ts";

/** Milliseconds in which a client has to take something of an answer that is sent in parts. */
const longestPause = 30_000;

export async function send(response: ServerResponse, answer: AdminAnswer | StreamedAnswer): Promise<void> {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const isHead = response.req.method === "HEAD";
  if (!("json" in answer || "text" in answer)) return stream(response, answer, isHead);
  const [body, type] =
    "json" in answer ? [`${JSON.stringify(answer.json)}\n`, "application/json"] : [answer.text, answer.mediaType];
  response.writeHead(answer.status, { ...fields(type), "Content-Length": Buffer.byteLength(body) });
  response.end(isHead ? undefined : body);
}

/** Where the API is described (RFC 8631), which also tells what listens here from any other server. */
const description = '</openapi.json>; rel="service-desc"; title="Gatewright admin API"';

const fields = (type: string) => ({
  Link: description,
  "Content-Type": type,
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
});

/** Others go on between two parts, and nothing is made ahead of what the client takes. */
async function stream(response: ServerResponse, answer: StreamedAnswer, isHead: boolean): Promise<void> {
  const { req, socket } = response;
  const isZipped = acceptsGzip(String(req.headers["accept-encoding"] ?? ""));
  response.writeHead(answer.status, {
    ...fields(answer.mediaType),
    Vary: "Accept, Accept-Encoding",
    ...(isZipped ? { "Content-Encoding": "gzip" } : {}),
  });
  if (isHead) {
    response.end();
    return;
  }
  socket?.setTimeout(
    longestPause,
    contained(logged("an answer of the admin listener"), () => void response.destroy()),
  );
  if ("bytes" in answer) {
    for await (const chunk of answer.bytes(isZipped)) {
      if (response.destroyed) return;
      if (!response.write(chunk)) await drained(response, response);
    }
    response.end();
    return;
  }
  const out = isZipped ? createGzip({ level: 1 }) : response;
  if (out !== response) out.on("error", logged("an answer of the admin listener was not compressed").broke).pipe(response);
  await inSlices(wanted(answer.chunks, response), (chunk) =>
    chunk.length > 0 && !out.write(chunk) ? drained(out, response) : undefined,
  );
  out.end();
}

/** Nothing is made for a client that is gone. */
function* wanted<Chunk>(chunks: Iterable<Chunk>, response: ServerResponse): Generator<Chunk> {
  for (const chunk of chunks) {
    if (response.destroyed) return;
    yield chunk;
  }
}

/** The client has taken what was written, or is gone. */
const drained = (out: Writable, response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const over = contained(logged("an answer of the admin listener"), (): void => {
      out.off("drain", over);
      response.off("close", over);
      resolve();
    });
    out.on("drain", over);
    response.on("close", over);
  });

/** RFC 9110 §12.5.3, of the one coding that there is: named, or by `*`, and not with `q=0`. */
function acceptsGzip(field: string): boolean {
  let others = false;
  for (const part of field.toLowerCase().split(",")) {
    const [name = "", ...parameters] = part.split(";").map((text) => text.trim());
    const isWanted = !parameters.some((text) => /^q=0(?:\.0*)?$/.test(text));
    if (name === "gzip" || name === "x-gzip") return isWanted;
    if (name === "*") others = isWanted;
  }
  return others;
}
