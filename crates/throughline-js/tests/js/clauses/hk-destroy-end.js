// HK-20: what was destroyed last is told before anybody hears that nothing is left to do; what is destroyed after that, only if something is.
'use strict';
const { writeSync } = require('fs');
const { AsyncResource, createHook } = require('async_hooks');

const say = (...words) => writeSync(1, `${words.join(' ')}\n`);
const names = new Map();
const make = (name) => {
  const resource = new AsyncResource('Mine');
  names.set(resource.asyncId(), name);
  return resource;
};

createHook({
  destroy(id) {
    const name = names.get(id);
    if (name === undefined) return;
    say('destroy', name);
    if (name === 'in a timer') setTimeout(() => say('what the hook began'), 1);
  },
}).enable();

let turns = 0;
process.on('beforeExit', () => {
  say('beforeExit', turns);
  turns += 1;
  if (turns === 1) setImmediate(() => { say('immediate'); make('in an immediate').emitDestroy(); });
  if (turns === 2) setTimeout(() => { say('timer'); make('in a timer').emitDestroy(); }, 1);
  if (turns === 4) make('in beforeExit').emitDestroy();
});
process.on('exit', () => {
  say('exit');
  make('in exit').emitDestroy();
});

make('at the top').emitDestroy();
