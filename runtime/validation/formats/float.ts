/** IEEE 754 binary64: of its range, which no larger integer leaves the JSON reader with. Digits beyond its precision are rounded by whoever reads it. */
export const isDouble = (value: number | bigint): boolean => Number.isFinite(Number(value));

/** IEEE 754 binary32: of its range. Digits beyond its precision are rounded by whoever reads it. */
export const isFloat = (value: number | bigint): boolean => Number.isFinite(Math.fround(Number(value)));
