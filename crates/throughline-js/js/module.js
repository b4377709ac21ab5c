// `node:module`: CommonJS modules, found and loaded as Node does it.
'use strict';

const { binding } = internal;
const { codes, validate } = require('internal/errors');
const path = require('node:path');
const { resolvePackage, resolveImports, readPackage, packageScope } = require('internal/resolve');

const FILE = 0;
const DIRECTORY = 1;
const CONDITIONS = new Set(['node', 'require', 'module-sync']);

function Module(id = '', parent = undefined) {
  this.id = id;
  this.path = path.dirname(id);
  Object.defineProperty(this, 'parent', { value: parent, writable: true, configurable: true, enumerable: false });
  parent?.children.push(this);
  this.exports = {};
  this.filename = null;
  this.loaded = false;
  this.children = [];
}

Module._cache = { __proto__: null };
Module._pathCache = { __proto__: null };
Module._extensions = { __proto__: null };
Module.globalPaths = [];
Module.Module = Module;
Object.defineProperty(Module, 'builtinModules', {
  enumerable: true,
  configurable: true,
  get: () => binding.builtinNames().filter((name) => !name.startsWith('internal/')),
});

const bare = (id) => (id.startsWith('node:') ? id.slice(5) : id);
const isBuiltin = (id) => typeof id === 'string' && internal.hasBuiltin(bare(id));
Module.isBuiltin = isBuiltin;

// ---- finding --------------------------------------------------------------------------------------------------------

Module._nodeModulePaths = (from) => {
  const paths = [];
  for (let at = path.resolve(from); ; at = path.dirname(at)) {
    if (path.basename(at) !== 'node_modules') paths.push(path.join(at, 'node_modules'));
    if (at === path.dirname(at)) return paths;
  }
};

const isRelative = (request) => /^\.\.?(?:\/|$)/.test(request);

function tryExtensions(base) {
  for (const extension of Object.keys(Module._extensions)) {
    if (binding.stat(base + extension) === FILE) return base + extension;
  }
  return undefined;
}

function tryDirectory(directory) {
  const { main } = readPackage(directory);
  if (typeof main === 'string' && main !== '') {
    const at = path.resolve(directory, main);
    const found = tryFile(at) ?? tryExtensions(at) ?? tryExtensions(path.resolve(at, 'index'));
    if (found !== undefined) return found;
    const index = tryExtensions(path.resolve(directory, 'index'));
    if (index !== undefined) return index;
    const error = new Error(`Cannot find module '${at}'. Please verify that the package.json has a valid "main" entry`);
    error.code = 'MODULE_NOT_FOUND';
    error.path = path.resolve(directory, 'package.json');
    error.requestPath = directory;
    throw error;
  }
  return tryExtensions(path.resolve(directory, 'index'));
}

const tryFile = (at) => (binding.stat(at) === FILE ? at : undefined);

function tryPath(at, asDirectory) {
  const kind = binding.stat(at);
  if (!asDirectory) {
    if (kind === FILE) return at;
    const found = tryExtensions(at);
    if (found !== undefined) return found;
  }
  return kind === DIRECTORY ? tryDirectory(at) : undefined;
}

const real = (at) => binding.realpath(at) ?? at;

Module._findPath = (request, paths) => {
  const asDirectory = /(?:^|\/)\.{0,2}\/?$/.test(request) && /(?:\/|^\.\.?$|\/\.\.?)$/.test(request);
  if (path.isAbsolute(request)) paths = [''];
  const key = `${request}\0${paths?.join('\0')}`;
  if (Module._pathCache[key] !== undefined) return Module._pathCache[key];
  for (const from of paths ?? []) {
    if (from !== '' && binding.stat(from) !== DIRECTORY) continue;
    if (from !== '' && !isRelative(request)) {
      const exported = resolvePackage(from, request, CONDITIONS);
      if (exported !== undefined) return (Module._pathCache[key] = real(exported));
    }
    const found = tryPath(path.resolve(from, request), asDirectory);
    if (found !== undefined) return (Module._pathCache[key] = real(found));
  }
  return false;
};

Module._resolveLookupPaths = (request, parent) => {
  if (isBuiltin(request)) return null;
  if (isRelative(request)) return [parent?.filename ? path.dirname(parent.filename) : '.'];
  return [...(parent?.paths ?? []), ...Module.globalPaths];
};

Module._resolveFilename = (request, parent, isMain = false, options = undefined) => {
  if (isBuiltin(request)) return request;
  let paths;
  if (typeof options === 'object' && options !== null && options.paths !== undefined) {
    if (!Array.isArray(options.paths)) throw new codes.ERR_INVALID_ARG_VALUE('options.paths', options.paths);
    paths = isRelative(request)
      ? options.paths
      : options.paths.flatMap((from) => Module._nodeModulePaths(path.resolve(from)));
  } else {
    paths = Module._resolveLookupPaths(request, parent);
  }
  if (request.startsWith('#') && parent?.filename) {
    const found = resolveImports(request, parent.filename, CONDITIONS);
    if (found !== undefined) return found.startsWith('node:') ? found : real(found);
  }
  const own = parent?.filename ? resolveSelf(request, parent.filename) : undefined;
  const filename = own ?? Module._findPath(request, paths);
  if (filename) return filename;
  const stack = [];
  for (let cursor = parent; cursor; cursor = cursor.parent) stack.push(cursor.filename || cursor.id);
  let message = `Cannot find module '${request}'`;
  if (stack.length > 0) message += `\nRequire stack:\n- ${stack.join('\n- ')}`;
  const error = new Error(message);
  error.code = 'MODULE_NOT_FOUND';
  error.requireStack = stack;
  throw error;
};

// A package may ask for itself by its name, if it says what it exports.
function resolveSelf(request, from) {
  const scope = packageScope(from);
  if (scope?.exports === undefined || scope.name === undefined) return undefined;
  if (request !== scope.name && !request.startsWith(`${scope.name}/`)) return undefined;
  const exported = resolvePackage(undefined, request, CONDITIONS, scope);
  return exported === undefined ? undefined : real(exported);
}

// ---- loading --------------------------------------------------------------------------------------------------------

Module._load = (request, parent, isMain) => {
  if (typeof request === 'string' && request.startsWith('node:')) {
    if (!isBuiltin(request)) throw new codes.ERR_UNKNOWN_BUILTIN_MODULE(request);
    return internal.requireBuiltin(request);
  }
  const filename = Module._resolveFilename(request, parent, isMain);
  const cached = Module._cache[filename];
  if (cached !== undefined) {
    if (parent && !parent.children.includes(cached)) parent.children.push(cached);
    return cached.exports;
  }
  if (isBuiltin(filename)) return internal.requireBuiltin(filename);
  const module = new Module(filename, parent);
  if (isMain) {
    internal.mainModule = module;
    internal.process.mainModule = module;
    module.id = '.';
  }
  Module._cache[filename] = module;
  let isLoaded = false;
  try {
    module.load(filename);
    isLoaded = true;
  } finally {
    if (!isLoaded) {
      delete Module._cache[filename];
      const place = parent?.children.indexOf(module) ?? -1;
      if (place >= 0) parent.children.splice(place, 1);
    }
  }
  return module.exports;
};

Module.prototype.load = function (filename) {
  this.filename = filename;
  this.paths = Module._nodeModulePaths(path.dirname(filename));
  const extension = path.extname(filename);
  (Module._extensions[extension] ?? Module._extensions['.js'])(this, filename);
  this.loaded = true;
};

Module.prototype.require = function (id) {
  validate.string(id, 'id');
  if (id === '') throw new codes.ERR_INVALID_ARG_VALUE('id', id, 'must be a non-empty string');
  return Module._load(id, this, false);
};

function makeRequire(module) {
  function require(id) {
    return module.require(id);
  }
  require.resolve = (request, options) => {
    validate.string(request, 'request');
    return Module._resolveFilename(request, module, false, options);
  };
  require.resolve.paths = (request) => {
    validate.string(request, 'request');
    return Module._resolveLookupPaths(request, module);
  };
  require.main = internal.mainModule;
  require.extensions = Module._extensions;
  require.cache = Module._cache;
  return require;
}

Module.createRequire = (filename) => {
  let at = filename;
  if (at instanceof URL || (typeof at === 'string' && at.startsWith('file:'))) at = require('node:url').fileURLToPath(at);
  if (typeof at !== 'string' || !path.isAbsolute(at)) {
    throw new codes.ERR_INVALID_ARG_VALUE('filename', filename, 'must be a file URL object, file URL string, or absolute path string');
  }
  const module = new Module(at.endsWith('/') ? `${at}noop.js` : at);
  module.filename = module.id;
  module.paths = Module._nodeModulePaths(module.path);
  return makeRequire(module);
};

const PARAMETERS = ['exports', 'require', 'module', '__filename', '__dirname'];
Module.wrapper = [`(function (${PARAMETERS.join(', ')}) { `, '\n});'];
Module.wrap = (source) => Module.wrapper[0] + source + Module.wrapper[1];

const withoutMark = (text) => (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);

const ESM_SYNTAX = /(?:^|[;\n])\s*(?:import\s*(?:[\w*{"'$]|$)|export\s*(?:[{*]|default\b|const\b|let\b|var\b|function\b|class\b|async\b))|\bimport\.meta\b|^\s*await\b/m;
internal.looksLikeEsm = (source) => ESM_SYNTAX.test(source);

Module.prototype._compile = function (content, filename) {
  const run = binding.compile(content, filename, PARAMETERS);
  return Reflect.apply(run, this.exports, [this.exports, makeRequire(this), this, filename, path.dirname(filename)]);
};

Module._extensions['.js'] = (module, filename) => {
  const source = withoutMark(readText(filename));
  const scope = filename.endsWith('.cjs') ? undefined : packageScope(filename);
  if (filename.endsWith('.mjs') || scope?.type === 'module') {
    module.exports = require('internal/esm').requireEsm(filename);
    return;
  }
  try {
    module._compile(source, filename);
  } catch (error) {
    const isEsm = error instanceof SyntaxError && !filename.endsWith('.cjs') && scope?.type !== 'commonjs' &&
      internal.looksLikeEsm(source) && !compiles(source, filename);
    if (!isEsm) throw error;
    if (module === internal.mainModule) return require('internal/esm').runMain(filename);
    module.exports = require('internal/esm').requireEsm(filename);
  }
};

function compiles(source, filename) {
  try {
    binding.compile(source, filename, PARAMETERS);
    return true;
  } catch {
    return false;
  }
}
internal.isCommonJs = compiles;

Module._extensions['.json'] = (module, filename) => {
  try {
    module.exports = JSON.parse(withoutMark(readText(filename)));
  } catch (error) {
    error.message = `${filename}: ${error.message}`;
    throw error;
  }
};

Module._extensions['.node'] = (_, filename) => {
  const error = new Error(`${filename}: native addons are not supported`);
  error.code = 'ERR_DLOPEN_FAILED';
  throw error;
};

function readText(filename) {
  const text = binding.readText(filename);
  if (text !== undefined) return text;
  const error = new Error(`ENOENT: no such file or directory, open '${filename}'`);
  Object.assign(error, { errno: -2, code: 'ENOENT', syscall: 'open', path: filename });
  throw error;
}

// ---- the main program -------------------------------------------------------------------------------------------------

Module.runMain = (main = internal.process.argv[1]) => {
  const filename = Module._findPath(path.resolve(main), null) || undefined;
  const type = filename === undefined ? undefined : packageScope(filename)?.type;
  const isEsm = filename !== undefined && (filename.endsWith('.mjs') || (type === 'module' && !/\.(?:cjs|json|node)$/.test(filename)));
  if (isEsm) require('internal/esm').runMain(filename);
  else Module._load(filename ?? path.resolve(main), null, true);
};

// Text instead of a file, as the main program.
Module.runText = (source, filename) => {
  const module = new Module(filename, null);
  internal.mainModule = module;
  internal.process.mainModule = module;
  module.id = '.';
  module.filename = filename;
  module.paths = Module._nodeModulePaths(path.dirname(filename));
  module._compile(source, filename);
  module.loaded = true;
  return module.exports;
};


module.exports = Module;
