/** The text with everything of one kind replaced, in time that is linear in its length; the same text where there is none. */
export type ValueRedactor = (text: string) => string;
