/** A decimal number as text, of any precision. */
export const isDecimal = (text: string): boolean => shape.test(text);

const shape = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
