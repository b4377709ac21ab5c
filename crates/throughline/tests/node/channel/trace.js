// DC-12 to DC-15, and DC-16 as far as Node 20 and 26 agree: tracing channels.
const { tracingChannel } = require('node:diagnostics_channel');
const { AsyncLocalStorage } = require('node:async_hooks');

const span = new AsyncLocalStorage();
const calls = tracingChannel('like_node.trace');

const subscriber = {};
for (const event of ['start', 'end', 'asyncStart', 'asyncEnd', 'error']) {
  subscriber[event] = (context) => {
    // After a callback the outcome is the callback's, with us; it is not asked here.
    const known = !(event === 'asyncEnd' && context.callback);
    const result = known ? context.result ?? '-' : '-';
    const error = known ? context.error?.message ?? '-' : '-';
    console.log(event, context.call, result, error, span.getStore() ?? '-');
  };
}

const rejects = async (call) => {
  console.log('body', call, span.getStore() ?? '-');
  await undefined;
  console.log('rest', call, span.getStore() ?? '-');
  throw new Error('bad');
};
const resolves = async (call) => {
  console.log('body', call, span.getStore() ?? '-');
  await undefined;
  console.log('rest', call, span.getStore() ?? '-');
  return 'fine';
};

async function main() {
  // Decided once: who comes during an untraced call hears nothing of it.
  calls.traceSync(() => calls.subscribe(subscriber), { call: 'untraced' });
  calls.start.bindStore(span, (context) => context.call);

  console.log('answer', calls.traceSync(() => {
    console.log('body sync', span.getStore() ?? '-');
    return 'fine';
  }, { call: 'sync' }));
  try {
    calls.traceSync(() => {
      throw new Error('bad');
    }, { call: 'throws' });
  } catch (error) {
    console.log('caught', error.message);
  }

  console.log('answer', await calls.tracePromise(resolves, { call: 'promise' }, null, 'promise'));
  try {
    await calls.tracePromise(rejects, { call: 'rejects' }, null, 'rejects');
  } catch (error) {
    console.log('caught', error.message);
  }

  let callback;
  calls.traceCallback((cb) => {
    console.log('body callback', span.getStore() ?? '-');
    callback = cb;
  }, -1, { call: 'callback', callback: true }, null, (error) => console.log('called', error?.message ?? '-', span.getStore() ?? '-'));
  console.log('later');
  callback(new Error('bad'));

  // With a store of its own for the asynchronous end, around the callback.
  calls.asyncStart.bindStore(span, (context) => `async ${context.call}`);
  calls.traceCallback((cb) => {
    callback = cb;
  }, -1, { call: 'stored', callback: true }, null, (error, result) => console.log('called', result, span.getStore() ?? '-'));
  callback(null, 'fine');

  calls.unsubscribe(subscriber);
  calls.start.unbindStore(span);
  calls.asyncStart.unbindStore(span);
  console.log('silent', calls.traceSync(() => 'fine', { call: 'unheard' }), span.getStore() ?? '-');
}

main();
