// The first thing that runs in a context: it loads Node's modules as they are asked for.
(function (binding) {
'use strict';

const loaded = { __proto__: null };

// What the modules share with each other and with the host, beside what they `require`.
const internal = { __proto__: null, binding, exposeInternals: binding.host.exposeInternals };

// Modules a program may ask for; the others are for each other.
const isPublic = (name) => !name.startsWith('internal/') || internal.exposeInternals === true;

function requireBuiltin(id) {
  const name = id.startsWith('node:') ? id.slice(5) : id;
  const known = loaded[name];
  if (known !== undefined) return known.exports;
  const body = binding.builtin(name);
  if (body === undefined) throw new Error(`Cannot find module '${id}'`);
  const module = { exports: {}, id: name };
  loaded[name] = module;
  Reflect.apply(body, module.exports, [module.exports, requireBuiltin, module, internal]);
  return module.exports;
}

internal.hasBuiltin = (name) => isPublic(name) && (loaded[name] !== undefined || binding.builtin(name) !== undefined);
internal.requireBuiltin = requireBuiltin;

internal.ready = () => requireBuiltin('internal/globals');
return internal;
})
