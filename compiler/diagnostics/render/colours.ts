import { styleText } from "node:util";

type Format = Parameters<typeof styleText>[0];

/** Puts ANSI colours on text, or leaves it alone. Whether the stream takes colours was decided by the caller. */
export type Paint = (format: Format, text: string) => string;

export const painter = (colour: boolean): Paint =>
  colour ? (format, text) => styleText(format, text, { validateStream: false }) : (_, text) => text;
