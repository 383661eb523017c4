/** Why Gatewright does not pass a test of the suite, by its id. */
export const reasons = {};
