globalThis.effects = (globalThis.effects ?? 0) + 1;
export default globalThis.effects;
