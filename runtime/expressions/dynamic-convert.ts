import { hours, milliseconds, minutes, seconds } from "./calendar.ts";
import {
  boolFromString,
  doubleFromString,
  intFromDouble,
  intFromString,
  stringFromDouble,
  uintFromDouble,
  uintFromString,
} from "./convert.ts";
import {
  Duration,
  durationFromString,
  durationText,
  hoursOfDuration,
  millisecondsOfDuration,
  minutesOfDuration,
  secondsOfDuration,
} from "./duration.ts";
import { noOverload } from "./dynamic.ts";
import { type Int, intOf, uintOf } from "./int.ts";
import { bytesFromString, stringFromBytes } from "./text.ts";
import { Timestamp, timestampFromInt, timestampFromString, timestampText } from "./timestamp.ts";
import { Uint } from "./value.ts";

// Conversions of values that carry their type.

export function boolFromDyn(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  return typeof value === "string" ? boolFromString(value) : noOverload();
}

export function bytesFromDyn(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  return typeof value === "string" ? bytesFromString(value) : noOverload();
}

export function doubleFromDyn(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Uint) return Number(value.value);
  return typeof value === "string" ? doubleFromString(value) : noOverload();
}

export function intFromDyn(value: unknown): Int {
  if (typeof value === "bigint") return intOf(value);
  if (typeof value === "number") return intFromDouble(value);
  if (value instanceof Uint) return intOf(value.value);
  if (value instanceof Timestamp) return value.seconds;
  return typeof value === "string" ? intFromString(value) : noOverload();
}

export function uintFromDyn(value: unknown): Int {
  if (value instanceof Uint) return uintOf(value.value);
  if (typeof value === "bigint") return uintOf(value);
  if (typeof value === "number") return uintFromDouble(value);
  return typeof value === "string" ? uintFromString(value) : noOverload();
}

export function stringFromDyn(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "number") return stringFromDouble(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Uint8Array) return stringFromBytes(value);
  if (value instanceof Timestamp) return timestampText(value);
  return value instanceof Duration ? durationText(value) : noOverload();
}

export function timestampFromDyn(value: unknown): Timestamp {
  if (value instanceof Timestamp) return value;
  if (typeof value === "bigint") return timestampFromInt(value);
  return typeof value === "string" ? timestampFromString(value) : noOverload();
}

export function durationFromDyn(value: unknown): Duration {
  if (value instanceof Duration) return value;
  return typeof value === "string" ? durationFromString(value) : noOverload();
}

export function hoursDyn(value: unknown): number {
  if (value instanceof Timestamp) return hours(value);
  return value instanceof Duration ? hoursOfDuration(value) : noOverload();
}

export function minutesDyn(value: unknown): number {
  if (value instanceof Timestamp) return minutes(value);
  return value instanceof Duration ? minutesOfDuration(value) : noOverload();
}

export function secondsDyn(value: unknown): number {
  if (value instanceof Timestamp) return seconds(value);
  return value instanceof Duration ? secondsOfDuration(value) : noOverload();
}

export function millisecondsDyn(value: unknown): number {
  if (value instanceof Timestamp) return milliseconds(value);
  return value instanceof Duration ? millisecondsOfDuration(value) : noOverload();
}
