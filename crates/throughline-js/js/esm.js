// ES modules: how specifiers are resolved, and what stands for a module that is none (Node's own, CommonJS, JSON).
//
// Required as `internal/esm`. The engine calls `resolve`, `load` and `describe` through its loader.
'use strict';

const { binding } = internal;
const { codes } = require('internal/errors');
const path = require('node:path');
const { readPackage, packageScope, resolvePackage, resolveImports } = require('internal/resolve');

const FILE = 0;
const DIRECTORY = 1;
const CONDITIONS = new Set(['node', 'import', 'module-sync']);

const url = () => require('node:url');
const toUrl = (file) => url().pathToFileURL(file).href;
const isUrl = (name) => name.startsWith('file:');
const toPath = (name) => (isUrl(name) ? url().fileURLToPath(name) : name);

const bare = (id) => (id.startsWith('node:') ? id.slice(5) : id);

// What a specifier in the module `base` names: the engine's name for the module.
function resolve(specifier, base, attributes) {
  const name = find(specifier, base);
  if (attributes !== undefined && attributes !== 'json') throw new codes.ERR_IMPORT_ATTRIBUTE_UNSUPPORTED('type', attributes, name);
  const isJson = isUrl(name) && path.extname(toPath(name)) === '.json';
  if (isJson && attributes === undefined) throw new codes.ERR_IMPORT_ATTRIBUTE_MISSING(name, 'type', 'json');
  if (!isJson && attributes === 'json' && !name.startsWith('data:')) {
    throw new codes.ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE(name, 'json');
  }
  return name;
}

function find(specifier, base) {
  const from = toPath(base);
  if (specifier.startsWith('node:')) {
    if (!internal.hasBuiltin(bare(specifier))) throw new codes.ERR_UNKNOWN_BUILTIN_MODULE(specifier);
    return specifier;
  }
  if (/^(?:\.\.?(?:\/|$)|\/)/.test(specifier)) {
    return existing(new (url().URL)(specifier, isUrl(base) ? base : toUrl(from)), from);
  }
  if (specifier.startsWith('data:')) return specifier;
  if (/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(specifier)) {
    if (isUrl(specifier)) return existing(new (url().URL)(specifier), from);
    throw new codes.ERR_UNSUPPORTED_ESM_URL_SCHEME(specifier.slice(0, specifier.indexOf(':') + 1));
  }
  if (specifier.startsWith('#')) {
    const target = resolveImports(specifier, from, CONDITIONS);
    return target.startsWith('node:') || isUrl(target) ? target : existing(new (url().URL)(toUrl(target)), from);
  }
  if (internal.hasBuiltin(specifier)) return `node:${specifier}`;
  return findPackage(specifier, from, from);
}

function findPackage(specifier, from, base) {
  const parts = /^((?:@[^/\\%]+\/)?[^./\\%@][^/\\%]*)(\/.*)?$/.exec(specifier);
  if (parts === null) throw new codes.ERR_INVALID_MODULE_SPECIFIER(specifier, 'is not a valid package name', base);
  const [, name, rest = ''] = parts;
  const own = packageScope(from);
  if (own?.name === name && own.exports !== undefined) return exported(resolvePackage(undefined, specifier, CONDITIONS, own, base), base);
  for (let at = path.dirname(from); ; at = path.dirname(at)) {
    const directory = path.join(at, 'node_modules', name);
    if (path.basename(at) !== 'node_modules' && binding.stat(directory) === DIRECTORY) {
      const target = resolvePackage(path.join(at, 'node_modules'), specifier, CONDITIONS, undefined, base);
      if (target !== undefined) return exported(target, base);
      if (rest !== '') return existing(new (url().URL)(toUrl(directory + rest)), base);
      return exported(main(directory, base), base);
    }
    if (at === path.dirname(at)) break;
  }
  throw new codes.ERR_MODULE_NOT_FOUND(name, base);
}

const exported = (target, base) =>
  target.startsWith('node:') || isUrl(target) ? target : existing(new (url().URL)(toUrl(target)), base);

function main(directory, base) {
  const { main: named } = readPackage(directory);
  const tries = typeof named === 'string' ? [named, `${named}.js`, `${named}.json`, `${named}/index.js`, `${named}/index.json`] : [];
  for (const one of [...tries, 'index.js', 'index.json']) {
    const at = path.join(directory, one);
    if (binding.stat(at) === FILE) return at;
  }
  throw new codes.ERR_MODULE_NOT_FOUND(directory, base);
}

function existing(at, base) {
  const file = url().fileURLToPath(at);
  const kind = binding.stat(file);
  if (kind === DIRECTORY) {
    const error = new codes.ERR_UNSUPPORTED_DIR_IMPORT(file, base);
    error.url = at.href;
    throw error;
  }
  if (kind !== FILE) {
    const error = new codes.ERR_MODULE_NOT_FOUND(file, base, at.href);
    error.url = at.href;
    throw error;
  }
  const real = binding.realpath(file) ?? file;
  return `${toUrl(real)}${at.search}${at.hash}`;
}

// ---- loading --------------------------------------------------------------------------------------------------------

// The source the engine compiles for a module.
function load(name) {
  if (name.startsWith('node:')) return standIn(Object.keys(internal.requireBuiltin(name)));
  if (name.startsWith('data:')) return dataText(name);
  const file = toPath(name);
  switch (formatOf(file)) {
    case 'module':
      return withoutMark(binding.readText(file));
    case 'json':
      return 'export default import.meta.module;';
    default:
      return standIn(namesOf(file));
  }
}

const withoutMark = (text) => (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);

function dataText(name) {
  const [, type, base64, text] = /^data:([^,;]*)[^,]*?(;base64)?,([^]*)$/.exec(name) ?? [];
  const source = base64 ? atob(text) : decodeURIComponent(text ?? '');
  return type === 'application/json' ? `export default ${source};` : source;
}

function formatOf(file) {
  switch (path.extname(file)) {
    case '.mjs':
      return 'module';
    case '.cjs':
      return 'commonjs';
    case '.json':
      return 'json';
    case '.js':
    case '': {
      const type = packageScope(file)?.type;
      if (type === 'module' || type === 'commonjs') return type;
      const source = withoutMark(binding.readText(file));
      return internal.looksLikeEsm(source) && !internal.isCommonJs(source, file) ? 'module' : 'commonjs';
    }
    default:
      throw new codes.ERR_UNKNOWN_FILE_EXTENSION(path.extname(file), file);
  }
}

// A module of one value: its default, and its properties by their names.
function standIn(names) {
  const wanted = names.filter((name) => name !== 'default' && name !== '__esModule');
  const lines = ['const module = import.meta.module; export default module;'];
  wanted.forEach((name, i) => lines.push(`const v${i} = module?.[${JSON.stringify(name)}]; export { v${i} as ${exportName(name)} };`));
  return lines.join('\n');
}

const exportName = (name) => (/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? name : JSON.stringify(name));

// The names that CommonJS source says it exports, as far as one sees without running it.
function namesOf(file, seen = new Set()) {
  if (seen.has(file)) return [];
  seen.add(file);
  const source = (binding.readText(file) ?? '').replace(/\/\*[^]*?\*\/|(^|[^:'"`\\])\/\/[^\n]*/g, '$1');
  const names = new Set();
  for (const [, name] of source.matchAll(/\b(?:module\.)?exports\.([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*=(?!=)/gu)) names.add(name);
  for (const [, , name] of source.matchAll(/\b(?:module\.)?exports\[\s*(['"])([^'"\n]+)\1\s*\]\s*=(?!=)/g)) names.add(name);
  for (const [, , name] of source.matchAll(/\bdefineProperty\(\s*(?:module\.)?exports\s*,\s*(['"])([^'"\n]+)\1/g)) names.add(name);
  for (const [, body] of source.matchAll(/\bmodule\.exports\s*=\s*\{([^]*?)\}/g)) {
    for (const part of body.split(',')) {
      const key = /^\s*(?:(['"])([^'"]+)\1|([\p{ID_Start}$_][\p{ID_Continue}$]*))\s*(?::|$|\()/u.exec(part);
      if (key === null) break;
      names.add(key[2] ?? key[3]);
    }
  }
  for (const [, , from] of source.matchAll(/\bmodule\.exports\s*=\s*require\(\s*(['"])([^'"\n]+)\1\s*\)/g)) {
    try {
      const target = require('node:module').createRequire(file).resolve(from);
      if (path.isAbsolute(target)) namesOf(target, seen).forEach((name) => names.add(name));
      else Object.keys(internal.requireBuiltin(target)).forEach((name) => names.add(name));
    } catch {
      // To be reported when it is run.
    }
  }
  return [...names];
}

// Fills `import.meta` of a module that was compiled.
function describe(meta, name) {
  if (name.startsWith('node:')) {
    Object.defineProperty(meta, 'module', { get: () => internal.requireBuiltin(name) });
    return;
  }
  if (isUrl(name)) {
    const file = toPath(name);
    const format = formatOf(file);
    if (format !== 'module') {
      Object.defineProperty(meta, 'module', { get: () => requireFile(file) });
      return;
    }
    meta.dirname = path.dirname(file);
    meta.filename = file;
    meta.main = mainUrl === name;
  }
  meta.resolve = function resolve(specifier) {
    return find(`${specifier}`, name);
  };
  meta.url = name;
}

function requireFile(file) {
  const Module = require('node:module');
  return Module._load(file, undefined, false);
}

// ---- entry points ---------------------------------------------------------------------------------------------------

let mainUrl;
let mainIsSettled = true;

function runMain(file) {
  mainUrl = toUrl(file);
  mainIsSettled = false;
  const settled = () => {
    mainIsSettled = true;
  };
  const promise = binding.importModule(mainUrl);
  promise.then(settled, (error) => {
    settled();
    internal.triggerUncaughtException(error, true);
  });
  // Node evaluates a main module in a microtask, so that those come before ticks here.
  binding.runMicrotasks();
}

// Runs a module of ours that imports others, at once; answers what it gave.
let runs = 0;
function runNow(source) {
  let given;
  const promise = binding.runModule(`node:internal/require/${++runs}`, source, (value) => {
    given = value;
  });
  binding.handled(promise);
  const [state, value] = internal.promiseState(promise);
  if (state === 'rejected') throw value;
  if (state === 'pending') throw new codes.ERR_REQUIRE_ASYNC_MODULE();
  return given;
}

// `require` of an ES module, which must not wait for anything.
function requireEsm(file) {
  const name = JSON.stringify(toUrl(file));
  const space = runNow(`import * as space from ${name}; import.meta.give(space);`);
  if (Object.hasOwn(space, 'module.exports')) return space['module.exports'];
  if (!Object.hasOwn(space, 'default') || Object.hasOwn(space, '__esModule')) return space;
  // What was compiled from ES modules to CommonJS looks for this mark.
  return runNow(
    `import * as space from 'data:text/javascript,${encodeURIComponent(
      `export * from ${name}; export { default } from ${name}; export const __esModule = true;`,
    ).replaceAll("'", '%27')}'; import.meta.give(space);`,
  );
}

// The main module waits for what will never come.
internal.isMainPending = () => !mainIsSettled;


module.exports = { resolve, load, describe, findPackage, runMain, requireEsm };
