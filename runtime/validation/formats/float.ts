/** IEEE 754 binary64, which every JSON number becomes here. */
export const isDouble = (value: number): boolean => Number.isFinite(value);

/** IEEE 754 binary32: of its range. Digits beyond its precision are rounded by whoever reads it. */
export const isFloat = (value: number): boolean => Number.isFinite(Math.fround(value));
