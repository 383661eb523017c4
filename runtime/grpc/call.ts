import type { HeaderList } from "../fields/header-list.ts";

/** The content of gRPC over HTTP/2: `application/grpc`, alone or with a message format. `application/grpc-web` is another protocol. */
const grpcContent = /^application\/grpc(?:[+;]|$)/i;

/** Whether these are the fields of a gRPC call or of its answer (gRPC over HTTP/2, Requests and Responses). */
export const isGrpc = (headers: HeaderList): boolean => grpcContent.test(headers.get("content-type") ?? "");
