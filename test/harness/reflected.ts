// `@peculiar/x509` has its parts from `tsyringe`, which does not load without somebody who keeps facts about classes.
const kept = new WeakMap<object, Map<unknown, unknown>>();

Object.assign(Reflect, {
  defineMetadata: (key: unknown, value: unknown, target: object) => {
    kept.set(target, new Map(kept.get(target)).set(key, value));
  },
  getOwnMetadata: (key: unknown, target: object) => kept.get(target)?.get(key),
  getMetadata: (key: unknown, target: object) => kept.get(target)?.get(key),
});
