/** Of a network, as far as it is known. */
export interface AutonomousSystem {
  readonly asn: number;
  readonly organization: string | undefined;
}

/** `country.iso_code` of GeoLite2 and GeoIP2 Country, City and Enterprise, and of DB-IP: where the address is. */
export function countryOf(record: unknown): string | undefined {
  const country = memberOf(record, "country");
  const code = memberOf(country, "iso_code");
  return typeof code === "string" && /^[A-Z]{2}$/.test(code) ? code : undefined;
}

/** `autonomous_system_number` and `…_organization` of GeoLite2 ASN, of GeoIP2 ISP, and of DB-IP ASN. */
export function autonomousSystemOf(record: unknown): AutonomousSystem | undefined {
  const asn = memberOf(record, "autonomous_system_number");
  const organization = memberOf(record, "autonomous_system_organization");
  // 0 is no number of a network (RFC 7607 §2).
  if (typeof asn !== "number" || asn === 0) return undefined;
  return { asn, organization: typeof organization === "string" && organization !== "" ? organization : undefined };
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
