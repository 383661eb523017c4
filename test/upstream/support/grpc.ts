import {
  Client,
  type ClientReadableStream,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceError,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { onTestFinished } from "vitest";
import type { Gateway } from "../../../runtime/gateway/gateway.ts";
import type { Operation } from "../../../runtime/gateway/operation.ts";
import { grpcAnswer, grpcTimeOver } from "../../../runtime/grpc/refusal.ts";
import { createRequestTime, type RequestTimeConfig } from "../../../runtime/http/request-time.ts";
import { createHttp2 } from "../../../runtime/http2/index.ts";
import { createEntrance } from "../../../runtime/listener/entrance.ts";
import { serve } from "../../../runtime/process/serve.ts";
import { everyPart } from "../../harness/every-part.ts";
import { gateway } from "../../runtime/support/gateway.ts";

type Unary = (call: ServerUnaryCall<string, string>, reply: sendUnaryData<string>) => void;
type Streaming = (call: ServerWritableStream<string, string>) => void;

const message = {
  requestSerialize: (text: string) => Buffer.from(text),
  requestDeserialize: (bytes: Buffer) => bytes.toString(),
  responseSerialize: (text: string) => Buffer.from(text),
  responseDeserialize: (bytes: Buffer) => bytes.toString(),
};
const get = { path: "/shop.Orders/Get", requestStream: false, responseStream: false, ...message } as const;
const watch = { path: "/shop.Orders/Watch", requestStream: false, responseStream: true, ...message } as const;

/** A service of grpc-js for the length of a test; its URL. */
export async function grpcService({ unary, streaming }: { unary?: Unary; streaming?: Streaming }): Promise<string> {
  const server = new Server();
  const none = (): void => {};
  server.addService({ get, watch }, { get: unary ?? none, watch: streaming ?? none });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  onTestFinished(() => server.forceShutdown());
  return `http://127.0.0.1:${port}`;
}

/** A gateway that speaks HTTP/2 with its clients, for the length of a test; its port. */
export async function http2Gateway(any: Operation, time?: RequestTimeConfig): Promise<number> {
  const made = gateway(any);
  const entrance = createEntrance({ handshakeMs: 10_000, http2: createHttp2({ maxConcurrentStreams: 100 }) });
  const listener = {
    ...made.listeners.public,
    entrance,
    ...(time === undefined ? {} : { time: createRequestTime(time) }),
  };
  const built: Gateway = {
    ...made,
    listeners: { ...made.listeners, public: listener },
    parts: { ...everyPart, grpcAnswer, grpcTimeOver },
  };
  const serving = await serve(built, { drainTimeout: 0 });
  onTestFinished(() => serving.close());
  return serving.port;
}

export interface Called {
  /** Number of the status; 0 for a good answer. */
  readonly code: number;
  readonly text: string | undefined;
  readonly details: string;
}

/** Calls through the gateway, with the fields; nothing is called twice by the client itself. */
export function client(port: number) {
  const made = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { "grpc.enable_retries": 0 });
  onTestFinished(() => made.close());
  const metadataOf = (fields: Readonly<Record<string, string>>): Metadata => {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(fields)) metadata.set(name, value);
    return metadata;
  };
  return {
    get: (fields: Readonly<Record<string, string>> = {}, deadlineMs?: number, path: string = get.path): Promise<Called> =>
      new Promise((resolve) => {
        const options = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
        const done = (error: ServiceError | null, text?: string): void =>
          resolve({ code: error?.code ?? 0, text, details: error?.details ?? "" });
        made.makeUnaryRequest(
          path,
          message.requestSerialize,
          message.responseDeserialize,
          "a",
          metadataOf(fields),
          options,
          done,
        );
      }),
    watch: (fields: Readonly<Record<string, string>> = {}, deadlineMs?: number): Promise<Called> =>
      new Promise((resolve) => {
        let text = "";
        const stream: ClientReadableStream<string> = made.makeServerStreamRequest(
          watch.path,
          message.requestSerialize,
          message.responseDeserialize,
          "a",
          metadataOf(fields),
          deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs },
        );
        stream.on("data", (part: string) => (text += part));
        stream.on("error", () => {});
        stream.on("status", ({ code, details }) => resolve({ code, text, details }));
      }),
  };
}
