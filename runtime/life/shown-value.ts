/** A value of the environment or of a request as a message may repeat it: what should be an address or a URL may hold a password. */
export const shownValue = (text: string): string => (text.includes("@") ? "a text that may hold credentials" : `\`${text}\``);
