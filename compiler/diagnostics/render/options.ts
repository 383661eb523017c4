import type { Diagnostic } from "../diagnostic.ts";

/** The inputs of the compiler by path, as far as they could be read. */
export type Sources = ReadonlyMap<string, { readonly text: string }>;

export interface RenderOptions {
  /** ANSI colours; only the text for people has any. */
  readonly colour?: boolean;
  /** Columns of the terminal; 120 where absent. Longer lines are cut or wrapped. */
  readonly width?: number;
  /** Most diagnostics that the text for people shows; the others are counted. 50 where absent. */
  readonly limit?: number;
  /** Warnings are counted by code and not shown; errors are, as they have to be mended. */
  readonly quiet?: boolean;
  /** Path from the reader to the folder of `gateway.yaml`, put in front of every file: `gateways/shop`. */
  readonly folder?: string;
  /** Version of the compiler, for formats that name it. */
  readonly version?: string;
}

export type Renderer = (diagnostics: readonly Diagnostic[], sources: Sources, options?: RenderOptions) => string;

export const pathFor = (file: string, { folder = "" }: RenderOptions): string =>
  folder === "" || folder === "." ? file : `${folder.replace(/\/+$/, "")}/${file}`;

/** `2 errors, 1 warning`; empty where there is nothing. */
export function summary(diagnostics: readonly Diagnostic[]): string {
  const { errors, warnings } = countBySeverity(diagnostics);
  return [counted(errors, "error"), counted(warnings, "warning")].filter((part) => part !== "").join(", ");
}

export function countBySeverity(diagnostics: readonly Diagnostic[]): { readonly errors: number; readonly warnings: number } {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === "error").length;
  return { errors, warnings: diagnostics.length - errors };
}

const counted = (number: number, noun: string): string => (number === 0 ? "" : `${number} ${noun}${number === 1 ? "" : "s"}`);
