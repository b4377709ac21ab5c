// HK-1 to HK-5 and HK-9: how a hook is made and enabled.
'use strict';
const { AsyncResource, createHook } = require('node:async_hooks');
const { say, outcome } = require('../lib/say.js');

for (const name of ['init', 'before', 'after', 'destroy', 'promiseResolve']) {
  for (const bad of [null, 0, false, '', 'text', {}, [], 1, Symbol('s')]) say('HK-1', name, outcome(() => createHook({ [name]: bad })));
  say('HK-1', name, outcome(() => typeof createHook({ [name]: undefined }).enable), outcome(() => typeof createHook({ [name]() {} }).enable));
}
say('HK-1', outcome(() => createHook()), outcome(() => createHook(null)), outcome(() => typeof createHook(1)), outcome(() => typeof createHook('text')), createHook.length);
say('HK-1', outcome(() => createHook({ init: 1, before: 2 })), outcome(() => createHook({ destroy: 1, after: 2 })), outcome(() => createHook({ promiseResolve: 1, trackPromises: 'no' })));
{
  const reads = [];
  const options = new Proxy({}, { get(_, key) { reads.push(String(key)); return undefined; } });
  createHook(options);
  say('HK-1', reads.join());
  const seen = [];
  class Base { init(id, type) { seen.push(`base ${type} ${this instanceof Base} ${typeof this.enable}`); } }
  class Derived extends Base {}
  const given = new Derived();
  const hook = createHook(given).enable();
  given.init = () => seen.push('never');
  Base.prototype.init = () => seen.push('never');
  new AsyncResource('R');
  hook.disable();
  say('HK-1', seen.join());
}

for (const bad of [null, 0, '', 'true', {}, 1]) say('HK-2', outcome(() => createHook({ trackPromises: bad })));
say('HK-2', outcome(() => createHook({ trackPromises: false, promiseResolve() {} })), outcome(() => typeof createHook({ trackPromises: true, promiseResolve() {} })), outcome(() => typeof createHook({ trackPromises: undefined })));

{
  const seen = [];
  const hook = createHook({
    init() { seen.push(this === hook); },
    before() { seen.push(this === hook); },
    after() { seen.push(this === hook); },
    destroy() { seen.push(this === hook); },
  });
  say('HK-4', hook.enable() === hook, hook.enable() === hook);
  const resource = new AsyncResource('R');
  resource.runInAsyncScope(() => {});
  resource.emitDestroy();
  setImmediate(() => {
    setImmediate(() => {});
    hook.disable();
    say('HK-3', seen.every(Boolean), seen.length >= 4);
  });
  say('HK-4', Object.getPrototypeOf(hook).constructor.name, Object.getOwnPropertyNames(Object.getPrototypeOf(hook)).join(), Object.keys(hook).join());
}
{
  const seen = [];
  const make = (name) => createHook({ init(id, type) { if (type === 'R') seen.push(`${name} ${type}`); } });
  const [a, b, c] = ['a', 'b', 'c'].map(make);
  new AsyncResource('R');
  b.enable();
  a.enable();
  c.enable();
  new AsyncResource('R');
  say('HK-5', seen.splice(0).join());
  b.disable();
  b.enable();
  new AsyncResource('R');
  say('HK-5', seen.splice(0).join());
  a.enable();
  new AsyncResource('R');
  say('HK-5', seen.splice(0).join());
  say('HK-4', a.disable() === a, a.disable() === a, b.disable() === b, c.disable() === c);
  new AsyncResource('R');
  say('HK-4', seen.length);
}
say('HK-9', outcome(() => { const empty = createHook({}).enable(); new AsyncResource('R').runInAsyncScope(() => {}); empty.disable(); return 'legal'; }));
say('HK-4', outcome(() => createHook({}).enable.call({})), outcome(() => typeof createHook({}).disable.call({})));
