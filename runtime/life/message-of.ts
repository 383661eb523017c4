/** What an error says, for a line or an answer; stacks stay where they are of use. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
