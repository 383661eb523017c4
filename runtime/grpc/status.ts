/** Names of the statuses of gRPC, in the order of their numbers (gRPC, Status codes and their use in gRPC). */
export const grpcStatuses = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;

export type GrpcStatus = (typeof grpcStatuses)[number];

/** The status that `grpc-status` has; clients take one that is missing, repeated or not known for UNKNOWN, and so do we. */
export const readGrpcStatus = (text: string | null | undefined): GrpcStatus =>
  (text !== null && text !== undefined && /^\d{1,2}$/.test(text) ? grpcStatuses[Number(text)] : undefined) ?? "UNKNOWN";
