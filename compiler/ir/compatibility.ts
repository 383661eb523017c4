/**
 * The latest date whose behaviour this version has: that of the last default that changed (`x-default-before` in a schema).
 * A gateway that asks for a later one would be run as of this date, and called by the other.
 */
export const latestCompatibility = "2026-12-01";
