// A hook that writes down what it is told of, with resources numbered in the order they appear, so that two engines give the same lines.
'use strict';
const { createHook, executionAsyncId, executionAsyncResource, triggerAsyncId } = require('node:async_hooks');

// What the host of a script makes for itself differs; types of resources that scripts make do not.
const OF_HOST = /^(TTYWRAP|PIPEWRAP|FSREQ.*|FILEHANDLE|SIGNALWRAP|WRITEWRAP|SHUTDOWNWRAP|TCP.*|HTTP.*|GETADDR.*|Timeout of host)$/;

class Watch {
  constructor({ types = (type) => !OF_HOST.test(type), events = ['init', 'before', 'after', 'destroy', 'promiseResolve'], trackPromises } = {}) {
    this.lines = [];
    this.names = new Map([[0, '0'], [1, 'main']]);
    this.resources = new Map();
    this.counts = new Map();
    // No resource is written down any more; what is told of the others still is.
    this.isClosed = false;
    const watched = typeof types === 'function' ? types : (type) => types.includes(type);
    const callbacks = {};
    if (events.includes('init')) {
      callbacks.init = (id, type, trigger, resource) => {
        if (!watched(type) || this.isClosed) return;
        this.name(id, type);
        // Which also keeps it from the collector, who would tell of its end.
        this.resources.set(id, resource);
        this.lines.push(`init ${this.of(id)} trigger=${this.of(trigger)} exec=${this.of(executionAsyncId())}`);
      };
    }
    for (const event of ['before', 'after', 'destroy', 'promiseResolve']) {
      if (!events.includes(event) || (event === 'promiseResolve' && trackPromises === false)) continue;
      callbacks[event] = (id) => {
        if (!this.names.has(id)) return;
        const isRunning = event === 'before' || event === 'after';
        const same = isRunning && this.resources.has(id) ? (executionAsyncResource() === this.resources.get(id) ? '' : ' OTHER RESOURCE') : '';
        const ids = event === 'promiseResolve' ? '' : ` exec=${this.of(executionAsyncId())} trigger=${this.of(triggerAsyncId())}`;
        this.lines.push(`${event} ${this.of(id)}${ids}${same}`);
      };
    }
    if (trackPromises !== undefined) callbacks.trackPromises = trackPromises;
    this.hook = createHook(callbacks);
  }

  enable() {
    this.hook.enable();
    return this;
  }

  disable() {
    this.hook.disable();
    return this;
  }

  // Gives an id a name: its type and a number among those of its type.
  name(id, type) {
    if (this.names.has(id)) return;
    const count = (this.counts.get(type) ?? 0) + 1;
    this.counts.set(type, count);
    this.names.set(id, `${type}${count}`);
  }

  of(id) {
    return this.names.get(id) ?? (id === undefined ? 'undefined' : 'another');
  }

  log(text) {
    this.lines.push(`  ${text} exec=${this.of(executionAsyncId())} trigger=${this.of(triggerAsyncId())}`);
  }

  // `destroyLast`: where it depends on the clock when the loop comes to tell of destroyed resources.
  print(clause, { destroyLast = false } = {}) {
    const isDestroy = (line) => line.startsWith('destroy');
    const lines = destroyLast ? [...this.lines.filter((line) => !isDestroy(line)), ...this.lines.filter(isDestroy)] : this.lines;
    for (const line of lines) console.log(`${clause}: ${line}`);
    this.lines.length = 0;
  }
}

const watch = (options) => new Watch(options);

// What is told of `body`, which runs in a turn of its own, until the next turn, or until it calls `done` if it asks for that.
function sequence(clause, options, body) {
  return new Promise((resolve) => {
    const w = watch(options);
    const rest = (turns) => setImmediate(() => {
      if (turns > 0) return rest(turns - 1);
      w.disable();
      w.print(clause, options);
      resolve();
    });
    const done = () => {
      w.isClosed = true;
      rest(2);
    };
    setImmediate(() => {
      w.name(executionAsyncId(), 'body');
      w.enable();
      if (body.length < 2) {
        w.disable();
        setImmediate(done);
        w.enable();
      }
      body(w, done);
    });
  });
}

module.exports = { watch, sequence };
