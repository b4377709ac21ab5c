// The options of the command line that mean something to the modules (`process.execArgv`).
//
// Required as `internal/flags`.
'use strict';

const flags = new Map();
for (const flag of internal.binding.host.execArgv) {
  const [, name, value = ''] = /^--([^=]*)(?:=(.*))?$/s.exec(flag) ?? [null, flag];
  const key = name.replaceAll('_', '-');
  flags.set(key, [...(flags.get(key) ?? []), value]);
}

const has = (name) => flags.has(name);
const valueOf = (name) => flags.get(name)?.at(-1);
const valuesOf = (name) => flags.get(name) ?? [];

module.exports = { has, valueOf, valuesOf };
