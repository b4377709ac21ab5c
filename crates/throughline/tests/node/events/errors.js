// EE-13, EE-14: errors that nobody listens for, and the monitor.
const { EventEmitter } = require('node:events');
const { errorMonitor } = EventEmitter;
const fail = (emitter, error) => {
  try {
    console.log(emitter.emit('error', error));
  } catch (thrown) {
    console.log(`unhandled ${thrown.context ?? thrown.message}`);
  }
};

const emitter = new EventEmitter();
fail(emitter, new Error('one'));
fail(emitter, 'a text');
emitter.on(errorMonitor, (error) => console.log('monitor', error.message));
fail(emitter, new Error('two'));
const handle = (error) => console.log('handled', error.message);
emitter.on('error', handle);
fail(emitter, new Error('three'));
emitter.off('error', handle);
emitter.on(errorMonitor, () => emitter.once('error', (error) => console.log('in time', error.message)));
fail(emitter, new Error('four'));
emitter.removeAllListeners();
emitter.on('error', handle);
emitter.on(errorMonitor, () => { throw new Error('monitor'); });
fail(emitter, new Error('five'));
emitter.removeAllListeners();
emitter.on('error', () => { throw new Error('handler'); });
fail(emitter, new Error('six'));
