// What the scenarios share: resources go by their types, which no others have; outside of them all it is `none`.
const { createHook, executionAsyncId, triggerAsyncId } = require('node:async_hooks');
const fs = require('node:fs');
const names = new Map([[0, 'none'], [1, 'none']]);
const nameOf = (id) => names.get(id) ?? 'unknown';
const say = (line) => fs.writeSync(1, `${line}\n`);

// Names a resource whose `init` no hook sees.
exports.name = (name, resource) => { names.set(resource.asyncId(), name); return resource; };
exports.nameOf = nameOf;
exports.say = say;
exports.executing = () => nameOf(executionAsyncId());
exports.trigger = () => nameOf(triggerAsyncId());

// A hook that says what it is told of the scenario's resources; what is in `also` is called after that.
exports.hook = (label, events, also = {}) => {
  const callbacks = {};
  for (const event of events) {
    callbacks[event] = (id, type, triggerId) => {
      if (event === 'init' && type.startsWith('HN_')) names.set(id, type);
      if (!nameOf(id).startsWith('HN_')) return;
      say(`${label} ${event} ${nameOf(id)}`);
      also[event]?.(nameOf(id), triggerId);
    };
  }
  return createHook(callbacks);
};
