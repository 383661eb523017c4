import type { RespondConfig } from "../../../runtime/policies/respond/index.ts";
import type { RespondOptions } from "../../../schema/policies.gen.ts";
import { call, definePolicy } from "../../policy/contract.ts";
import { token } from "../../text/edits.ts";
import { forbiddenField, invalidFieldValue } from "../../text/field.ts";
import { hasSetting, startValue } from "../../text/setting.ts";
import {
  contentTypeField,
  forbiddenName,
  invalidValue,
  malformedSetting,
  noContent,
  notJson,
  settingInJson,
} from "./messages.gen.ts";

/** Statuses whose answers have no content (RFC 9110 §15.3.5, §15.3.6, §15.4.5). */
const withoutContent = new Set([204, 205, 304]);

export const respond = definePolicy<RespondOptions>({
  name: "respond",
  stages: ["forward"],
  onFailure: "closed",
  terminal: true,

  check(options, context) {
    const { status, body, contentType } = options;
    if (body !== undefined && withoutContent.has(status))
      context.report(noContent(context.at("/body"), { status: String(status) }));
    if (typeof body === "string") {
      // The schema leaves the body open, so that its text is not checked there as other settings are.
      const malformed = /\$\{env:(?![A-Za-z_][A-Za-z0-9_]*(?::-[^{}]*)?\})[^}]*\}?/.exec(body);
      if (malformed !== null) context.report(malformedSetting(context.at("/body"), { setting: malformed[0] }));
      if (isJsonType(contentType) && !hasSetting(body) && !isJson(body)) context.report(notJson(context.at("/body")));
    } else if (body !== undefined && hasSetting(JSON.stringify(body))) context.report(settingInJson(context.at("/body")));
    for (const [name, value] of Object.entries(options.headers ?? {})) {
      const at = context.at(`/headers/${token(name)}`);
      const reason = forbiddenField(name);
      const problem = invalidFieldValue(value);
      if (reason !== undefined) context.report(forbiddenName(at, { name, reason }));
      else if (name.toLowerCase() === "content-type") context.report(contentTypeField(at));
      else if (problem !== undefined) context.report(invalidValue(at, { name, problem }));
    }
  },

  lower(options, context) {
    const { status, body } = options;
    const type =
      body === undefined
        ? options.contentType
        : (options.contentType ?? (typeof body === "string" ? "text/plain; charset=utf-8" : "application/json"));
    const headers = Object.entries(options.headers ?? {}).map(([name, value]) => ({
      name,
      value: startValue(value, context.at(`/headers/${token(name)}`)),
    }));
    return call<RespondConfig>(
      "policies/respond",
      "createRespond",
      {
        status,
        headers: type === undefined ? headers : [{ name: "Content-Type", value: type }, ...headers],
        body: body === undefined ? "" : typeof body === "string" ? startValue(body, context.at("/body")) : JSON.stringify(body),
      },
      { hooks: ["request"], mayAnswer: true, summary: `${status}${type === undefined ? "" : ` ${type}`}` },
    );
  },
});

const isJsonType = (type: string | undefined): boolean => type !== undefined && /^[^;]*[/+]json\s*(;|$)/i.test(type);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
