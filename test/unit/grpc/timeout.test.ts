import { expect, it } from "vitest";
import { grpcTimeout, parseGrpcTimeout } from "../../../runtime/grpc/timeout.ts";

it.each([
  ["1H", 3_600_000],
  ["2M", 120_000],
  ["99999999S", 99_999_999_000],
  ["250m", 250],
  ["1500u", 1.5],
  ["100000n", 0.1],
  // What a client sends whose time is over; the grammar has no 0.
  ["0n", 0],
  ["00000010S", 10_000],
])("a grpc-timeout of %s is %f milliseconds (gRPC over HTTP/2, Requests)", (text, milliseconds) => {
  expect(parseGrpcTimeout(text)).toBeCloseTo(milliseconds, 9);
});

it.each([
  "",
  "1",
  "S",
  "123456789S",
  "1 S",
  " 1S",
  "1S ",
  "-1S",
  "+1S",
  "1.5S",
  "1s",
  "1h",
  "1ms",
  "0x1S",
  "1S, 1S",
  "١S",
  "1e3S",
])("a grpc-timeout of %j is none", (text) => {
  expect(parseGrpcTimeout(text)).toBeUndefined();
});

it.each([
  [1, "1m"],
  [99_999_999, "99999999m"],
  [100_000_000, "100000S"],
  [Number.MAX_SAFE_INTEGER, "99999999S"],
])("%i milliseconds are written as %s, in eight digits at most", (milliseconds, text) => {
  expect(grpcTimeout(milliseconds)).toBe(text);
  expect(parseGrpcTimeout(text)).toBeLessThanOrEqual(milliseconds);
});
