// HK-13, HK-7: a continuation that was attached before any hook was enabled is told of, under an id that its promise gets then.
'use strict';
const { createHook, executionAsyncId } = require('async_hooks');
const { writeSync } = require('fs');

const events = [];
const ids = [];
const number = (id) => {
  if (!ids.includes(id)) ids.push(id);
  return ids.indexOf(id);
};
const note = (event) => (id) => events.push(`${event} ${number(id)}`);

const settled = new Promise((resolve) => resolve(1));
settled.then(() => events.push(`a continuation, as ${number(executionAsyncId())}`)).then(() => events.push(`its own, as ${number(executionAsyncId())}`));
const { promise, resolve } = Promise.withResolvers();
promise.then(() => events.push(`a later one, as ${number(executionAsyncId())}`));

const hook = createHook({ init: (id, type) => type === 'PROMISE' && note('init')(id), before: note('before'), after: note('after') });
hook.enable();
setTimeout(() => {
  events.push('timer');
  resolve();
}, 1);
process.on('exit', () => {
  hook.disable();
  writeSync(1, `${events.join('\n')}\n`);
});
