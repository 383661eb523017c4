import { readFileSync } from "node:fs";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { UsageError } from "../usage-error.ts";

/** Where the admin listener is, and what shows who asks. */
export interface LiveOptions {
  readonly url?: unknown;
  readonly socket?: unknown;
  readonly keyEnv?: unknown;
  readonly ca?: unknown;
  readonly certificate?: unknown;
  readonly key?: unknown;
}

export interface LiveRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly body?: string;
}

export interface LiveAnswer {
  readonly status: number;
  readonly mediaType: string;
  readonly text: string;
}

/** The gateway could not be asked; the message says where it was looked for and what to do. */
export class Unreachable extends Error {}

const usualUrl = "http://127.0.0.1:9090";
/** Milliseconds; an answer that needs all workers takes two seconds where one hangs. */
const deadline = 15_000;

/** Asks the admin listener of a running gateway. */
export class LiveClient {
  readonly #options: RequestOptions;
  readonly #isSecure: boolean;
  readonly #option: string;
  /** For messages. */
  readonly where: string;

  /** `option`: what names the URL on the command line. */
  constructor(options: LiveOptions, option: "--url" | "--from" = "--url") {
    this.#option = option;
    const socketPath = textOption("--socket", options.socket);
    if (socketPath !== undefined && options.url !== undefined)
      throw new UsageError(`\`${option}\` and \`--socket\` name two listeners; write one of them.`);
    const url = urlOf(option, textOption(option, options.url) ?? (socketPath === undefined ? usualUrl : "http://localhost"));
    this.#isSecure = url.protocol === "https:";
    this.where = socketPath === undefined ? url.origin : `the socket ${socketPath}`;
    const key = keyOf(textOption("--key-env", options.keyEnv));
    this.#options = {
      ...(socketPath === undefined
        ? { host: url.hostname.replace(/^\[|\]$/g, ""), port: url.port || (this.#isSecure ? 443 : 80) }
        : { socketPath }),
      ...file("ca", textOption("--ca", options.ca)),
      ...file("cert", textOption("--certificate", options.certificate)),
      ...file("key", textOption("--key", options.key)),
      headers: { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
      agent: false,
    };
  }

  ask({ method, path, body }: LiveRequest): Promise<LiveAnswer> {
    const headers = {
      ...(this.#options.headers as Record<string, string>),
      ...(body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
    };
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(deadline);
      const fail = (error: NodeJS.ErrnoException): void => reject(new Unreachable(this.#problem(error, signal.aborted)));
      const send = this.#isSecure ? httpsRequest : httpRequest;
      const request = send({ ...this.#options, method, path, headers, signal }, (response) => {
        if (!isAdmin(response)) {
          request.destroy();
          return reject(new Unreachable(this.#elsewhere(response.statusCode ?? 0)));
        }
        whole(response).then((text) => {
          const mediaType = (response.headers["content-type"] ?? "").split(";", 1)[0]!;
          resolve({ status: response.statusCode ?? 0, mediaType, text });
        }, fail);
      });
      request.on("error", fail);
      request.end(body);
    });
  }

  /** Whatever it says: nobody was asked, and nothing was changed in a gateway. */
  #elsewhere(status: number): string {
    const why = unread[status];
    if (why !== undefined) return `${this.where} answers ${status}: ${why}. Or it is no admin listener. ${this.#otherPlace}`;
    return `${this.where} answers ${status}, and is not the admin listener of a gateway: another listener, or another server. ${this.#otherPlace}`;
  }

  get #otherPlace(): string {
    return `${this.#option === "--url" ? "`--url` or `--socket` names" : `\`${this.#option}\` names`} another place.`;
  }

  #problem({ code = "", message }: NodeJS.ErrnoException, isLate: boolean): string {
    if (isLate) return `${this.where} did not answer within ${deadline / 1_000} s.`;
    if (code === "ECONNREFUSED" || code === "ENOENT")
      return `Nothing listens on ${this.where}. Is the gateway running, with \`listeners.admin\` there? ${this.#otherPlace}`;
    if (code === "EACCES") return `${this.where} may not be opened by you. \`listeners.admin.socketMode\` says who may.`;
    if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `The host of ${this.where} is not known here.`;
    if (code === "ECONNRESET" || code === "EPROTO" || code === "HPE_INVALID_CONSTANT")
      return `${this.where} does not speak ${this.#isSecure ? "TLS" : "plain HTTP"}: try \`${this.#option} ${this.#isSecure ? "http" : "https"}://…\`.`;
    if (/CERT|SELF_SIGNED|ISSUER|ALTNAME/.test(code))
      return `The certificate of ${this.where} is not trusted: ${message}. \`--ca\` names the file of the authority that signed it.`;
    return `${this.where} cannot be asked: ${message}`;
  }
}

/** What an admin listener answers as others do, where it cannot read a request. */
const unread: Readonly<Record<number, string>> = {
  400: "it cannot read the request",
  408: "it did not get the whole request in time",
  431: "what it is asked is too long, perhaps the credential",
};

/** As all other answers of one say: see `runtime/admin/send.ts`. */
const isAdmin = ({ headers }: IncomingMessage): boolean => String(headers.link ?? "").includes('title="Gatewright admin API"');

async function whole(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of response.setEncoding("utf8") as AsyncIterable<string>) text += part;
  return text;
}

function urlOf(option: string, text: string): URL {
  if (!URL.canParse(text) || !/^https?:\/\//i.test(text))
    throw new UsageError(`\`${option} ${text}\` is not a URL. Write one such as \`${usualUrl}\`.`);
  return new URL(text);
}

/** By reference: what stands on a command line is in the list of processes and in the history of the shell. */
function keyOf(variable: string | undefined): string | undefined {
  if (variable === undefined) return undefined;
  const key = process.env[variable];
  if (key === undefined || key === "")
    throw new UsageError(`\`--key-env ${variable}\`: this environment variable is not set. Put the key of a credential into it.`);
  if (!/^[\x21-\x7e]+$/.test(key)) throw new UsageError(`The key in ${variable} holds characters that no key has.`);
  return key;
}

function file(option: string, path: string | undefined): RequestOptions {
  if (path === undefined) return {};
  try {
    return { [option]: readFileSync(path) };
  } catch (error) {
    throw new UsageError(`\`${path}\` cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

export function textOption(name: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  // cac makes numbers of what looks like one.
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw new UsageError(`\`${name}\` needs one value.`);
}
