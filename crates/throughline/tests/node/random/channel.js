// Random programs on diagnostics channels: see `tests/it/random/channel.rs`, which says the same.
const dc = require('node:diagnostics_channel');
const { AsyncLocalStorage } = require('node:async_hooks');
const { serve } = require('./play.js');

const storages = [new AsyncLocalStorage(), new AsyncLocalStorage()];
const calls = dc.tracingChannel('random.calls');
const channels = [dc.channel('random.0'), dc.channel('random.1'), calls.start, calls.end, calls.asyncStart, calls.asyncEnd, calls.error];
const TRACED = 2;
const END = 3;
const ASYNC_END = 5;
const uncaught = [];
process.on('uncaughtException', (error) => uncaught.push(error.message));

serve(async (ops, say) => {
  let steps = 0;
  const goesOn = () => steps++ < 120;
  let numbers = 0;
  let subscribers = 0;
  const where = () => storages.map((storage) => storage.getStore() ?? '-').join(' ');
  const run = (ops) => {
    for (const op of ops) {
      if (!goesOn()) return;
      does[op.do](op);
    }
  };
  const shown = (channel, message) => {
    if (channel < TRACED) return message;
    // It is one object for all of a call. We do not know at the end what its callback has been told.
    if (channel === ASYNC_END || (channel === END && !message.sync)) return message.number;
    const outcome = message.error ? ` failed ${message.error.message}` : 'result' in message ? ` answered ${message.result}` : '';
    return `${message.number}${outcome}`;
  };
  const transforms = {
    Own: (storage) => () => (storage.getStore() ?? 0) + 1000,
    Throw: () => () => { throw new Error('transform'); },
  };
  const subscribed = [];
  const does = {
    Subscribe({ channel, body }) {
      const number = subscribers++;
      const subscriber = (message) => {
        say(`hear ${number} ${shown(channel, message)} with ${where()}`);
        run(body);
        say(`end ${number}`);
      };
      channels[channel].subscribe(subscriber);
      subscribed.push([channels[channel], subscriber]);
    },
    Unsubscribe({ pick }) {
      if (subscribed.length === 0) return;
      const [[channel, subscriber]] = subscribed.splice(pick % subscribed.length, 1);
      channel.unsubscribe(subscriber);
    },
    Bind({ channel, storage, transform }) {
      const of = transforms[transform]?.(storages[storage]) ?? (() => transform.Constant);
      channels[channel].bindStore(storages[storage], of);
    },
    Unbind({ channel, storage }) {
      say(`unbound ${channels[channel].unbindStore(storages[storage])}`);
    },
    Publish({ channel }) {
      const number = numbers++;
      say(`publish ${number}`);
      channels[channel].publish(number);
    },
    RunStores({ channel, body }) {
      const number = numbers++;
      const answer = channels[channel].runStores(number, () => {
        say(`run ${number} with ${where()}`);
        run(body);
        return number;
      });
      say(`ran ${answer} with ${where()}`);
    },
    TraceSync({ body }) {
      const number = numbers++;
      const answer = calls.traceSync(() => {
        say(`call ${number} with ${where()}`);
        run(body);
        return number;
      }, { number, sync: true });
      say(`called ${answer} with ${where()}`);
    },
    TraceCallback({ body, fails, later, called }) {
      const number = numbers++;
      const callback = (error, result) => {
        say(`called back ${error ? error.message : result} with ${where()}`);
        run(called);
      };
      const answer = (f) => (fails ? f(new Error(`e${number}`)) : f(null, number));
      const context = { number };
      let kept;
      let thrown;
      try {
        calls.traceCallback((f) => {
          say(`call ${number} with ${where()}`);
          if (later) kept = f;
          else answer(f);
          run(body);
        }, -1, context, null, callback);
      } catch (error) {
        thrown = error;
        delete context.error;
      }
      if (kept) answer(kept);
      if (thrown) throw thrown;
    },
    Run({ storage, body }) { storages[storage].run(numbers++, () => run(body)); },
    Throw() { throw new Error(`t${numbers++}`); },
    Catch({ body }) {
      try {
        run(body);
      } catch (error) {
        say(`caught ${error.message} with ${where()}`);
      }
    },
    Tell() {
      say(`${channels.map((channel) => channel.hasSubscribers)} with ${where()}`);
    },
  };
  does.Catch({ body: ops });
  does.Tell();
  for (const [channel, subscriber] of subscribed) channel.unsubscribe(subscriber);
  for (const channel of channels) for (const storage of storages) channel.unbindStore(storage);
  await new Promise((resolve) => setImmediate(resolve));
  say(`uncaught ${uncaught.splice(0).sort()}`);
});
