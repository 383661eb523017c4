/** Integers of fewer bits are doubles; no bigint is one of them. */
export const isInt8 = (value: number | bigint): boolean => Number.isInteger(value) && value >= -128 && value <= 127;
export const isUint8 = (value: number | bigint): boolean => Number.isInteger(value) && value >= 0 && value <= 255;
export const isInt16 = (value: number | bigint): boolean => Number.isInteger(value) && value >= -32_768 && value <= 32_767;
export const isUint16 = (value: number | bigint): boolean => Number.isInteger(value) && value >= 0 && value <= 65_535;
export const isInt32 = (value: number | bigint): boolean =>
  Number.isInteger(value) && value >= -2_147_483_648 && value <= 2_147_483_647;
export const isUint32 = (value: number | bigint): boolean => Number.isInteger(value) && value >= 0 && value <= 4_294_967_295;

/** A bigint is an integer that no double holds, such as the greatest of these, 2^63 - 1; the bound itself, 2^63, is a double. */
export const isInt64 = (value: number | bigint): boolean =>
  (Number.isInteger(value) || typeof value === "bigint") &&
  value >= -9_223_372_036_854_775_808 &&
  value < 9_223_372_036_854_775_808;
export const isUint64 = (value: number | bigint): boolean =>
  (Number.isInteger(value) || typeof value === "bigint") && value >= 0 && value < 18_446_744_073_709_551_616;

/** An integer that a double holds exactly, as its neighbours (RFC 8259 §6). */
export const isDoubleInteger = (value: number | bigint): boolean => Number.isSafeInteger(value);
