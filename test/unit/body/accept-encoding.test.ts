import { expect, test } from "vitest";
import { chooseCoding } from "../../../runtime/body/accept-encoding.ts";

// RFC 9110 §12.5.3, its examples first.
test.each([
  ["compress, gzip", "gzip", false],
  ["", undefined, false],
  ["*", "br", false],
  ["compress;q=0.5, gzip;q=1.0", "gzip", false],
  ["gzip;q=1.0, identity; q=0.5, *;q=0", "gzip", false],
  ["GZIP", "gzip", false],
  ["gzip ; q=0.1 , br ; Q=0.01", "gzip", false],
  ["gzip;q=0, br;q=0.000", undefined, false],
  ["identity;q=0", undefined, true],
  ["*;q=0", undefined, true],
  ["*;q=0, br;q=0.001", "br", true],
  ["identity;q=0.5, *;q=0", undefined, false],
  ["identity;q=0.5, gzip;q=0.5", "gzip", false],
  ["identity, gzip;q=0.9", undefined, false],
  // Malformed elements count as not there, and the others stay.
  ["gzip;q=1.1, br;q=2", undefined, false],
  ["gzip;q=, br", "br", false],
  ["gzip;q=0.1234, br;q=0.1", "br", false],
  ["gzip;x=1", undefined, false],
  [",, ,gzip,", "gzip", false],
  ["gz ip, b;r", undefined, false],
] as const)("Accept-Encoding: %s gets %s", (field, coding, isNeeded) => {
  expect(chooseCoding(field, ["br", "gzip"])).toEqual({ coding, isNeeded });
});

test("without the field nobody knows what the client can read (traffic row 59)", () => {
  expect(chooseCoding(undefined, ["br", "gzip"])).toEqual({ coding: undefined, isNeeded: false });
});
