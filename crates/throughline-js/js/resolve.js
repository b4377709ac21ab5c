// What packages say about themselves: `package.json`, and the `exports` and `imports` in it.
//
// Required as `internal/resolve`.
'use strict';

const { binding } = internal;
const { codes } = require('internal/errors');
const path = require('node:path');

const packages = new Map();
const NOTHING = Object.freeze({ __proto__: null, exists: false });

// The `package.json` of a directory, as far as it matters here.
function readPackage(directory) {
  const known = packages.get(directory);
  if (known !== undefined) return known;
  const at = path.join(directory, 'package.json');
  const text = binding.stat(at) === 0 ? binding.readText(at) : undefined;
  let found = NOTHING;
  if (text !== undefined) {
    let json;
    try {
      json = JSON.parse(text);
    } catch (error) {
      throw new codes.ERR_INVALID_PACKAGE_CONFIG(at, undefined, error.message);
    }
    const { name, main, type, exports, imports } = Object(json);
    found = { exists: true, directory, name, main, type, exports: exports ?? undefined, imports };
  }
  packages.set(directory, found);
  return found;
}

// The package a file is in.
function packageScope(file) {
  for (let at = path.dirname(file); ; at = path.dirname(at)) {
    if (path.basename(at) === 'node_modules') return undefined;
    const found = readPackage(at);
    if (found.exists) return found;
    if (at === path.dirname(at)) return undefined;
  }
}

const SPECIFIER = /^((?:@[^/\\%]+\/)?[^./\\%][^/\\%]*)(\/.*)?$/;

// The file that `exports` of a package below `from` names for a specifier; undefined if the package has no `exports`.
function resolvePackage(from, specifier, conditions, own = undefined, base = undefined) {
  const parts = SPECIFIER.exec(specifier);
  if (parts === null) return undefined;
  const [, name, rest = ''] = parts;
  const found = own ?? readPackage(path.resolve(from, name));
  if (!found.exists || found.exports === undefined) return undefined;
  return resolveExports(found, `.${rest}`, conditions, base);
}

const isMap = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

function resolveExports(from, subpath, conditions, base) {
  let { exports } = from;
  const at = `${from.directory}/`;
  if (!isMap(exports) || !Object.keys(exports).some((key) => key.startsWith('.'))) exports = { '.': exports };
  else if (!Object.keys(exports).every((key) => key.startsWith('.'))) {
    throw new codes.ERR_INVALID_PACKAGE_CONFIG(
      `${at}package.json`, base, '"exports" cannot contain some keys starting with \'.\' and some not.');
  }
  const found = resolveKey(exports, subpath, from, conditions, false, base);
  if (found === undefined || found === null) throw new codes.ERR_PACKAGE_PATH_NOT_EXPORTED(at, subpath, base);
  return found;
}

// What `#name` stands for in the package of the file that asks.
function resolveImports(specifier, file, conditions, base = file) {
  if (specifier === '#' || specifier.startsWith('#/') || specifier.endsWith('/')) {
    throw new codes.ERR_INVALID_MODULE_SPECIFIER(specifier, 'is not a valid internal imports specifier name', base);
  }
  const scope = packageScope(file);
  const found = isMap(scope?.imports) ? resolveKey(scope.imports, specifier, scope, conditions, true, base) : undefined;
  if (found === undefined || found === null) {
    throw new codes.ERR_PACKAGE_IMPORT_NOT_DEFINED(specifier, scope && `${scope.directory}/`, base);
  }
  return found;
}

function resolveKey(map, key, from, conditions, isImport, base) {
  if (Object.hasOwn(map, key) && !key.includes('*')) {
    return resolveTarget(from, map[key], undefined, key, conditions, isImport, base);
  }
  let best;
  for (const pattern of Object.keys(map)) {
    const star = pattern.indexOf('*');
    if (star < 0 || star !== pattern.lastIndexOf('*')) continue;
    const [start, end] = [pattern.slice(0, star), pattern.slice(star + 1)];
    if (!key.startsWith(start) || !key.endsWith(end) || key.length < pattern.length || key === start) continue;
    if (best === undefined || isBetter(pattern, best.pattern)) {
      best = { pattern, match: key.slice(star, key.length - end.length) };
    }
  }
  if (best === undefined) return undefined;
  return resolveTarget(from, map[best.pattern], best.match, best.pattern, conditions, isImport, base);
}

// The longer start wins, then the longer pattern.
function isBetter(a, b) {
  const [starOfA, starOfB] = [a.indexOf('*'), b.indexOf('*')];
  return starOfA === starOfB ? a.length > b.length : starOfA > starOfB;
}

const INVALID_SEGMENT = /(?:^|\/|\\)(?:\.\.?|node_modules|%2e%2e?|\.%2e)(?:\/|\\|$)/i;

function resolveTarget(from, target, match, key, conditions, isImport, base) {
  const at = `${from.directory}/`;
  const invalid = () => new codes.ERR_INVALID_PACKAGE_TARGET(at, key, target, isImport, base);
  if (typeof target === 'string') {
    const filled = match === undefined ? target : target.replaceAll('*', () => match);
    if (!target.startsWith('./')) {
      if (!isImport || target.startsWith('../') || target.startsWith('/')) throw invalid();
      return resolveElsewhere(filled, from, conditions, base);
    }
    if (INVALID_SEGMENT.test(target.slice(2))) throw invalid();
    if (match !== undefined && INVALID_SEGMENT.test(match)) {
      throw new codes.ERR_INVALID_MODULE_SPECIFIER(
        match, `request is not a valid match in pattern "${key}" for the "${isImport ? 'imports' : 'exports'}" resolution of ${at}package.json`, base);
    }
    return path.join(from.directory, filled);
  }
  if (Array.isArray(target)) {
    let last = null;
    for (const one of target) {
      try {
        const found = resolveTarget(from, one, match, key, conditions, isImport, base);
        if (found === undefined) continue;
        if (found !== null) return found;
        last = null;
      } catch (error) {
        if (error.code !== 'ERR_INVALID_PACKAGE_TARGET') throw error;
        last = error;
      }
    }
    if (last === null) return null;
    throw last;
  }
  if (isMap(target)) {
    for (const condition of Object.keys(target)) {
      if (condition !== 'default' && !conditions.has(condition)) continue;
      const found = resolveTarget(from, target[condition], match, key, conditions, isImport, base);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (target === null) return null;
  throw invalid();
}

// `imports` may name another package, or a module of Node's.
function resolveElsewhere(specifier, from, conditions, base) {
  const bare = specifier.startsWith('node:') ? specifier.slice(5) : specifier;
  if (internal.hasBuiltin(bare)) return `node:${bare}`;
  if (conditions.has('import')) return require('internal/esm').findPackage(specifier, path.join(from.directory, 'package.json'), base);
  const Module = require('node:module');
  const file = path.join(from.directory, 'package.json');
  return Module._resolveFilename(specifier, { filename: file, id: file, paths: Module._nodeModulePaths(from.directory) });
}

module.exports = { readPackage, packageScope, resolvePackage, resolveImports };
