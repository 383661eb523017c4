import type { Seen } from "../../../listeners/support/echo-upstream.ts";

/** All that a service which knows fields as variables (RFC 3875 §4.1.18) reads as `HTTP_ACME_PRINCIPAL`, and some more. */
export const spellings = [
  "Acme-Principal",
  "acme-principal",
  "ACME-PRINCIPAL",
  "acme_principal",
  "Acme_Principal",
  "Acme.Principal",
  "acme~principal",
  "acme!principal",
  "acme|principal",
  "acme+principal",
] as const;

/** Values that the service got under any name that it could read so. */
export const principals = ({ lines }: Pick<Seen, "lines">): string[] =>
  lines.filter(
    (_, index) => index % 2 === 1 && lines[index - 1]!.toLowerCase().replaceAll(/[^a-z\d]/g, "_") === "acme_principal",
  );
