// What the command line says of warnings, deprecations and rejections; and `process.execArgv`.
'use strict';
const { spawnSync } = require('child_process');

const SOURCES = {
  rejects: 'setTimeout(() => console.log("goes on"), 1); Promise.reject(new Error("first")); Promise.reject("second")',
  'rejects, and listens': 'process.on("unhandledRejection", (reason) => console.log("unhandled", String(reason))); process.on("uncaughtException", (e, origin) => console.log("uncaught", origin)); Promise.reject(new Error("first")); Promise.reject(5)',
  warns: 'process.emitWarning("one"); process.emitWarning("two", "DeprecationWarning", "DEP1"); process.emitWarning("three", "OtherWarning"); setImmediate(() => console.log(process.execArgv.length, process.noDeprecation, process.throwDeprecation))',
};
const FLAGS = {
  rejects: ['throw', 'strict', 'warn', 'none', 'other'].map((mode) => `--unhandled-rejections=${mode}`),
  'rejects, and listens': ['throw', 'strict', 'warn', 'none'].map((mode) => `--unhandled-rejections=${mode}`),
  warns: ['--no-warnings', '--no-deprecation', '--throw-deprecation', '--disable-warning=DEP1', '--disable-warning=OtherWarning', '--expose-gc'],
};

for (const [name, source] of Object.entries(SOURCES)) {
  for (const flag of FLAGS[name]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [flag, '-e', source], { encoding: 'utf8' });
    const told = stderr.match(/^(?:Error: |\(node:\d+\) |.*reason ").*/gm) ?? [];
    console.log(`---- ${name}, ${flag}: ${status}\n${stdout}${told.map((line) => line.replace(/:\d+\)/, ')').slice(0, 120)).join('\n')}`);
  }
}
