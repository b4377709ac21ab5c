// `node:path`: the POSIX half, which is also its own `posix`.
//
// May use of `internal`: `cwd()`, the folder relative paths start from (else `/`).
'use strict';

const { validate } = require('internal/errors');

const cwd = () => internal.cwd?.() ?? '/';

// The segments without `.` and `..`; what climbs above the start is kept unless the path is absolute.
function reduced(path, absolute) {
  const out = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') out.push(segment);
    else if (out.length > 0 && out[out.length - 1] !== '..') out.pop();
    else if (!absolute) out.push('..');
  }
  return out.join('/');
}

function resolve(...paths) {
  let resolved = '';
  for (let i = paths.length - 1; i >= -1 && !resolved.startsWith('/'); i -= 1) {
    const path = i >= 0 ? paths[i] : cwd();
    validate.string(path, `paths[${i}]`);
    if (path !== '') resolved = resolved === '' ? path : `${path}/${resolved}`;
  }
  const absolute = resolved.startsWith('/');
  const tail = reduced(resolved, absolute);
  return absolute ? `/${tail}` : tail || '.';
}

function normalize(path) {
  validate.string(path, 'path');
  if (path === '') return '.';
  const absolute = path.startsWith('/');
  let result = reduced(path, absolute);
  if (result === '') {
    if (absolute) return '/';
    return path.endsWith('/') ? './' : '.';
  }
  if (path.endsWith('/')) result += '/';
  return absolute ? `/${result}` : result;
}

function isAbsolute(path) {
  validate.string(path, 'path');
  return path.startsWith('/');
}

function join(...paths) {
  for (const path of paths) validate.string(path, 'path');
  const joined = paths.filter((path) => path !== '').join('/');
  return joined === '' ? '.' : normalize(joined);
}

function relative(from, to) {
  validate.string(from, 'from');
  validate.string(to, 'to');
  if (from === to) return '';
  const a = resolve(from).split('/').filter(Boolean);
  const b = resolve(to).split('/').filter(Boolean);
  let common = 0;
  while (common < a.length && common < b.length && a[common] === b[common]) common += 1;
  return [...a.slice(common).map(() => '..'), ...b.slice(common)].join('/');
}

const withoutTrailing = (path) => path.replace(/\/+$/, '');

function dirname(path) {
  validate.string(path, 'path');
  if (path === '') return '.';
  const trimmed = withoutTrailing(path);
  if (trimmed === '') return '/';
  const at = trimmed.lastIndexOf('/');
  if (at === -1) return '.';
  const folder = trimmed.slice(0, at);
  if (folder === '') return '/';
  return folder === '/' ? '//' : folder;
}

function basename(path, suffix) {
  if (suffix !== undefined) validate.string(suffix, 'suffix');
  validate.string(path, 'path');
  const trimmed = withoutTrailing(path);
  const base = trimmed.slice(trimmed.lastIndexOf('/') + 1);
  if (suffix === undefined || suffix === '' || !base.endsWith(suffix)) return base;
  // A name that is nothing but the suffix is kept.
  return base === suffix && path !== suffix ? base : base.slice(0, -suffix.length);
}

function extname(path) {
  validate.string(path, 'path');
  const base = withoutTrailing(path).replace(/^.*\//s, '');
  const at = base.lastIndexOf('.');
  return at <= 0 || base === '..' ? '' : base.slice(at);
}

function parse(path) {
  validate.string(path, 'path');
  const root = path.startsWith('/') ? '/' : '';
  const trimmed = withoutTrailing(path);
  const at = trimmed.lastIndexOf('/');
  const base = trimmed.slice(at + 1);
  // Node's oddity: `/..` has the extension `.`.
  const ext = trimmed === '/..' ? '.' : extname(path);
  const dir = at === -1 ? '' : at === 0 ? '/' : trimmed.slice(0, at);
  return {
    root,
    dir: dir === '' && trimmed === '' ? root : dir,
    base,
    ext,
    name: ext === '' ? base : base.slice(0, -ext.length),
  };
}

function format(parts) {
  validate.object(parts, 'pathObject');
  const dir = parts.dir || parts.root;
  const ext = parts.ext ? `${parts.ext[0] === '.' ? '' : '.'}${parts.ext}` : '';
  const base = parts.base || `${parts.name || ''}${ext}`;
  if (!dir) return base;
  return dir === parts.root ? `${dir}${base}` : `${dir}/${base}`;
}

const path = {
  resolve,
  normalize,
  isAbsolute,
  join,
  relative,
  toNamespacedPath: (value) => value,
  dirname,
  basename,
  extname,
  format,
  parse,
  sep: '/',
  delimiter: ':',
};
path.posix = path;

module.exports = path;
