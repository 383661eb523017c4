import { overload, refuse, refuseTooLarge } from "../../answers/problem.ts";
import { contentCodings, decodeContent, type FurtherCoding } from "../../body/content-coding.ts";
import { refuseMalformed } from "../../body/refuse-malformed.ts";
import { zstdCoding } from "../../body/zstd.ts";
import type { Exchange, UpstreamRequest } from "../../exchange/exchange.ts";

export interface DecompressConfig {
  /** Most bytes, as sent and decompressed. */
  readonly maxBytes: number;
  /** Decompressed bytes for each that was sent. */
  readonly maxRatio: number;
}

export const createDecompress = (config: DecompressConfig): Decompress => new Decompress(config);

const source = "decompress";

/** So much is not worth a look at what it came from: short texts that repeat themselves get much shorter. */
const anyRatio = 65_536;

/** Fields about the bytes as they were sent (RFC 9110 §8.4, RFC 9530, RFC 3230, RFC 1864). */
const ofBytes = ["content-encoding", "content-digest", "repr-digest", "content-md5", "digest"];

/** Takes the content coding off request bodies. */
class Decompress {
  readonly #config: DecompressConfig;
  readonly #zstd: FurtherCoding | undefined = zstdCoding();

  constructor(config: DecompressConfig) {
    this.#config = config;
  }

  async request(x: Exchange): Promise<boolean> {
    const codings = x.hasBody ? contentCodings(x.headers) : undefined;
    if (codings === undefined) return false;
    const { maxBytes, maxRatio } = this.#config;
    const zstd = this.#zstd;
    const accepted = { content: [], maxBytes, ...(zstd === undefined ? {} : { furtherCoding: zstd.name }) };
    // What cannot be read is not waited for.
    const unsupported = decodeContent(new Uint8Array(0), codings, 1, zstd).problem;
    if (unsupported?.unsupported !== undefined) return refuseMalformed(x, unsupported, accepted, source);
    const bytes = await x.readBody(maxBytes);
    if (bytes === undefined) return true;
    const most = Math.min(maxBytes, x.maxBodyBytes);
    const byRatio = Math.max(anyRatio, bytes.length * maxRatio);
    const { value, problem } =
      bytes.length === 0 ? { value: bytes } : decodeContent(bytes, codings, Math.min(most, byRatio), zstd);
    if (problem !== undefined) {
      if (problem.isTooLarge !== true) return refuseMalformed(x, problem, accepted, source);
      return most <= byRatio ? refuseTooLarge(x, most, source) : refuseGrowth(x, maxRatio);
    }
    if (value !== bytes && !x.hold(value.length)) return refuse(x, overload);
    x.unpackBody(value);
    return false;
  }

  upstreamRequest(x: Exchange, { headers }: UpstreamRequest): void {
    if (x.isUnpacked === true) for (const name of ofBytes) headers.delete(name);
    // Nothing is in no coding; a service that decompresses would take it for one that was cut off.
    else if (!x.hasBody) headers.delete("content-encoding");
  }
}

/** A few bytes that become very many are sent to fill memory, not to be read. */
function refuseGrowth(x: Exchange, maxRatio: number): true {
  const detail = `Decompressed, the body is more than ${maxRatio} times as large as it was sent.`;
  const findings = [{ in: "body", pointer: "", keyword: "ratio", message: detail } as const];
  return refuse(x, { status: 413, slug: "content-too-large", title: "The request body is too large", detail, findings, source });
}
