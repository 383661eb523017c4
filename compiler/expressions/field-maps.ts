/** Maps of header fields, whose names are case-insensitive (RFC 9110 §5.1). */
export const isFieldMap = (variable: string): boolean => variable === "request.headers" || variable === "response.headers";
