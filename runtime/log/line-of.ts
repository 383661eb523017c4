/** Members of an object, each with a comma behind it, as one line: the last comma gives way to the closing brace. */
export const lineOf = (members: string): string => (members === "" ? "{}" : `{${members.slice(0, -1)}}`);
