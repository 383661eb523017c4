import { HeaderList } from "../header-list.ts";

/** The fields of a service's answer without those of its connection (RFC 9110 §7.6.1). Octets become Latin-1 characters. */
export function answerFields(raw: readonly Buffer[]): HeaderList {
  const lines: string[] = [];
  let nominated: string | undefined;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!.toString("latin1");
    switch (name.length) {
      case 7: {
        const lower = name.toLowerCase();
        if (lower === "trailer" || lower === "upgrade") continue;
        break;
      }
      case 10: {
        const lower = name.toLowerCase();
        if (lower === "keep-alive") continue;
        if (lower === "connection") {
          const value = raw[index + 1]!.toString("latin1");
          nominated = nominated === undefined ? value : `${nominated},${value}`;
          continue;
        }
        break;
      }
      case 16:
        if (name.toLowerCase() === "proxy-connection") continue;
        break;
      case 17:
        if (name.toLowerCase() === "transfer-encoding") continue;
        break;
      case 18:
        if (name.toLowerCase() === "proxy-authenticate") continue;
        break;
    }
    lines.push(name, raw[index + 1]!.toString("latin1"));
  }
  const headers = new HeaderList(lines);
  if (nominated !== undefined) {
    for (const option of nominated.split(",")) {
      const name = option.trim().toLowerCase();
      if (name !== "" && name !== "close" && name !== "keep-alive") headers.delete(name);
    }
  }
  return headers;
}
