import type { Endpoint } from "../endpoint.ts";
import type { Check, CheckAnswer } from "./check.ts";

export interface GrpcCheckConfig {
  /** Name of the gRPC service to ask about; empty: the server as a whole. */
  readonly service: string;
}

/** The gRPC health checking protocol, `grpc.health.v1.Health/Check`. */
export const createGrpcCheck = ({ service }: GrpcCheckConfig): Check => ({
  isHead: () => false,
  body: () => message(service),
  head: ({ authority }: Endpoint) =>
    `POST /grpc.health.v1.Health/Check HTTP/1.1\r\nHost: ${authority}\r\nContent-Type: application/grpc\r\nTE: trailers\r\n` +
    `Content-Length: ${message(service).length}\r\nUser-Agent: gatewright-health\r\n\r\n`,
  judge,
});

/** `HealthCheckRequest { string service = 1 }` behind the prefix of a message that is not compressed. */
function message(service: string): Buffer {
  const name = Buffer.from(service, "utf8");
  // The schema bounds the name, so that one byte holds its length.
  const request = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(request.length, 1);
  return Buffer.concat([prefix, request]);
}

const names = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

function judge({ head, body, trailers }: CheckAnswer): string | undefined {
  if (head.status !== 200) return `it answered ${head.status}`;
  const code = trailers?.get("grpc-status") ?? head.headers.get("grpc-status");
  if (code !== "0") return code === undefined ? "its answer has no grpc-status" : `grpc-status ${code}`;
  const status = servingStatus(body);
  return status === 1 ? undefined : `it says ${names[status] ?? status}`;
}

/** `HealthCheckResponse { ServingStatus status = 1 }`; a field that is absent is 0. */
function servingStatus(body: Buffer): number {
  const length = body.length < 5 || body[0] !== 0 ? 0 : body.readUInt32BE(1);
  const response = body.subarray(5, 5 + length);
  return response[0] === 0x08 && response.length >= 2 ? response[1]! : 0;
}
