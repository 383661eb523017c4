import type { EffectiveInstance } from "../2-link/linked-gateway.ts";

/** The place of an option, of its nearest written ancestor or descendant, or of the policy. */
export function placeOf(instance: EffectiveInstance, pointer: string): EffectiveInstance["origin"] {
  const inList = instance.insideLists?.get(pointer);
  if (inList !== undefined) return inList;
  for (let at = pointer; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/")))) {
    const exact = instance.options.find((option) => option.pointer === at && option.origin !== undefined);
    const below =
      exact ?? instance.options.find((option) => option.pointer.startsWith(`${at}/`) && option.origin !== undefined && at !== "");
    if (below?.origin !== undefined) return below.origin;
    if (at === "") return instance.origin;
  }
}
