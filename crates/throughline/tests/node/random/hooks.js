// Random programs on resources and hooks: see `tests/it/random/hooks.rs`, which says the same.
const { AsyncResource, createHook, executionAsyncId, triggerAsyncId } = require('node:async_hooks');
const { serve } = require('./play.js');

serve(async ({ hooks: wanted, ops }, say) => {
  let steps = 0;
  const goesOn = () => steps++ < 120;
  let numbers = 0;
  const names = new Map();
  const nameOf = (id) => names.get(id) ?? '-';
  // Those that are being made have no name yet.
  const making = [];
  const resources = [];
  const bound = [];
  const destroyed = [];
  const where = () => `${nameOf(executionAsyncId())} by ${nameOf(triggerAsyncId())}`;
  const run = (ops) => {
    for (const op of ops) {
      if (!goesOn()) return;
      does[op.do](op);
    }
  };
  const chosen = (list, pick) => (list.length > 0 ? list[pick % list.length] : undefined);
  const does = {
    Enable({ hook }) { hooks[hook].enable(); },
    Disable({ hook }) { hooks[hook].disable(); },
    Make({ trigger }) {
      const number = numbers++;
      const cause = trigger === null ? undefined : chosen(resources, trigger);
      making.push(number);
      const resource = new AsyncResource('RANDOM', { triggerAsyncId: cause?.asyncId(), requireManualDestroy: true });
      making.pop();
      names.set(resource.asyncId(), number);
      say(`made ${number} by ${nameOf(resource.triggerAsyncId())}`);
      resources.push(resource);
    },
    Scope({ pick, body }) {
      const resource = chosen(resources, pick);
      if (resource && !resource.isDestroyed) resource.runInAsyncScope(() => run(body));
    },
    Bind({ pick, body }) {
      const resource = chosen(resources, pick);
      if (resource) bound.push([resource, resource.bind(() => run(body))]);
    },
    Call({ pick }) {
      const [resource, f] = chosen(bound, pick) ?? [];
      if (resource && !resource.isDestroyed) f();
    },
    Destroy({ pick }) {
      const resource = chosen(resources, pick);
      if (resource && !resource.isDestroyed) {
        resource.isDestroyed = true;
        resource.emitDestroy();
      }
    },
    Where() { say(`in ${where()}`); },
    Throw() { throw new Error(`t${numbers++}`); },
    Catch({ body }) {
      try {
        run(body);
      } catch (error) {
        say(`caught ${error.message} in ${where()}`);
      }
    },
  };
  const hooks = wanted.map((bodies, n) => {
    const callbacks = {};
    for (const [event, body] of Object.entries(bodies)) {
      if (body === null) continue;
      callbacks[event] = (id, type, trigger) => {
        if (event === 'init' ? type !== 'RANDOM' : !names.has(id)) return;
        const name = names.get(id) ?? making.at(-1);
        say(`hook ${n} ${event} ${name}${event === 'init' ? ` by ${nameOf(trigger)}` : ''} in ${where()}`);
        run(body);
        say(`hook ${n} end`);
      };
    }
    return createHook(callbacks);
  });
  const watch = createHook({ destroy(id) { if (names.has(id)) destroyed.push(names.get(id)); } }).enable();
  does.Catch({ body: ops });
  hooks.forEach((hook) => hook.disable());
  say(`in ${where()}`);
  await new Promise((resolve) => setImmediate(resolve));
  watch.disable();
  say(`destroyed ${destroyed.sort((a, b) => a - b)}`);
});
