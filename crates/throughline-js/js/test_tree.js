// Tests in tests: how each is run, and what comes of it.
//
// A test runs in a store of its own (see `current`), so that an exception of something it began, however late, is known to be its.
//
// Required as `internal/test_tree`.
'use strict';

const assert = require('node:assert');
const { AsyncResource } = require('node:async_hooks');
const { validate } = require('internal/errors');
const { MockTracker } = require('internal/test_mock');
const report = require('internal/test_report');

const { nextTick } = internal;

const HOOKS = ['before', 'after', 'beforeEach', 'afterEach'];
const asserted = { ...assert };
delete asserted.AssertionError;
delete asserted.CallTracker;
delete asserted.strict;

function registerAssertion(name, fn) {
  validate.string(name, 'name');
  validate.function(fn, 'fn');
  asserted[name] = fn;
}

// `(name?, options?, fn?)`
function optionsOf(args) {
  const name = typeof args[0] === 'string' ? args.shift() : undefined;
  const options = args[0] !== null && typeof args[0] === 'object' ? args.shift() : {};
  const fn = typeof args[0] === 'function' ? args.shift() : () => {};
  return { name: name ?? (fn.name || '<anonymous>'), options, fn };
}

function failure(type, cause) {
  const message = typeof cause === 'string' ? cause : (cause?.message ?? String(cause));
  const error = Object.assign(new Error(message), { code: 'ERR_TEST_FAILURE', failureType: type });
  Object.defineProperty(error, 'cause', { value: cause, writable: true, configurable: true });
  return error;
}

// Runs what a test or a hook is: with a callback as last parameter, or a promise of its end.
function call(fn, thisArg, ...args) {
  if (fn.length <= args.length) return Reflect.apply(fn, thisArg, args);
  const { promise, resolve, reject } = Promise.withResolvers();
  let isCalled = false;
  const done = (error) => {
    if (isCalled) return reject(failure('multipleCallbackInvocations', 'callback invoked multiple times'));
    isCalled = true;
    return error ? reject(error) : resolve();
  };
  const answer = Reflect.apply(fn, thisArg, [...args, done]);
  if (typeof answer?.then === 'function') {
    throw failure('callbackAndPromisePresent', 'passed a callback but also returned a Promise');
  }
  return promise;
}

function within(promise, timeout, what) {
  if (timeout === undefined || timeout === null || timeout === Infinity) return promise;
  const { promise: limited, resolve, reject } = Promise.withResolvers();
  const timer = setTimeout(() => reject(failure('testTimeoutFailure', `${what} timed out after ${timeout}ms`)), timeout);
  Promise.resolve(promise).then(resolve, reject).finally(() => clearTimeout(timer));
  return limited;
}

// What a test is given.
class TestContext {
  #test;
  assert = {};
  #mock;

  constructor(test) {
    this.#test = test;
    for (const [name, check] of Object.entries(asserted)) {
      this.assert[name] = (...args) => {
        test.assertions += 1;
        return Reflect.apply(check, this, args);
      };
    }
    for (const name of HOOKS) this[name] = (fn, options) => test.addHook(name, fn, options);
  }

  get name() {
    return this.#test.name;
  }

  get fullName() {
    return this.#test.fullName;
  }

  get signal() {
    return this.#test.controller.signal;
  }

  get error() {
    return this.#test.error?.cause ?? null;
  }

  get passed() {
    return this.#test.error === null;
  }

  get mock() {
    return (this.#mock ??= this.#test.mock);
  }

  diagnostic(message) {
    this.#test.diagnostics.push(message);
  }

  plan(count) {
    validate.uint32(count, 'count');
    this.#test.planned = count;
  }

  skip(message = true) {
    this.#test.skipped = message;
  }

  todo(message = true) {
    this.#test.todo = message;
  }

  test(...args) {
    const test = this.#test.add(Test, optionsOf(args));
    test.parent.assertions += 1;
    return test.start();
  }

  async waitFor(condition, { interval = 50, timeout = 1000 } = {}) {
    const end = Date.now() + timeout;
    for (;;) {
      try {
        return await condition();
      } catch (error) {
        if (Date.now() >= end) throw new Error('waitFor() timed out', { cause: error });
        await new Promise((resolve) => setTimeout(resolve, interval));
      }
    }
  }
}

class Test extends AsyncResource {
  children = [];
  hooks = Object.fromEntries(HOOKS.map((name) => [name, []]));
  diagnostics = [];
  controller = new AbortController();
  assertions = 0;
  error = null;
  isFinished = false;
  isCancelled = false;
  #queue = Promise.resolve();
  #started;
  #interrupt = Promise.withResolvers();
  #mock;

  constructor(parent, { name, options, fn }) {
    super('Test');
    this.parent = parent;
    this.name = name;
    this.fn = fn;
    const { timeout, skip, todo, plan, concurrency, expectFailure } = options;
    if (timeout !== undefined && timeout !== null && timeout !== Infinity) validate.number(timeout, 'options.timeout', 0, 2147483647);
    this.timeout = timeout;
    this.skipped = skip;
    this.todo = todo;
    this.planned = plan;
    this.expectsFailure = expectFailure;
    this.isConcurrent = concurrency === true || concurrency > 1 || (concurrency === undefined && parent?.isConcurrent === true);
    this.current = parent?.current;
    this.#interrupt.promise.catch(() => {});
  }

  get nesting() {
    return this.parent === null ? -1 : this.parent.nesting + 1;
  }

  get fullName() {
    return this.parent?.parent ? `${this.parent.fullName} > ${this.name}` : this.name;
  }

  get mock() {
    return (this.#mock ??= new MockTracker());
  }

  get isSuite() {
    return false;
  }

  add(Kind, given) {
    if (this.isFinished) throw failure('parentAlreadyFinished', 'test could not be started because its parent finished');
    const child = new Kind(this, given);
    this.children.push(child);
    return child;
  }

  addHook(name, fn, options = undefined) {
    this.hooks[name].push({ fn, timeout: options?.timeout });
  }

  // In its turn: one after the other, unless they may run at once.
  start() {
    return (this.#started ??= this.parent.isConcurrent ? this.run() : this.parent.next(() => this.run()));
  }

  next(run) {
    this.#queue = this.#queue.then(run);
    return this.#queue;
  }

  async run() {
    this.startTime = performance.now();
    if (this.skipped === undefined || this.skipped === false) {
      try {
        await this.parent.beginChildren();
        await this.parent.runEach('beforeEach', this);
        await this.runBody();
        await this.#end();
      } catch (error) {
        this.fail(error);
      }
      await this.#afterwards();
    }
    this.finish();
  }

  runBody() {
    const context = new TestContext(this);
    const body = this.runInAsyncScope(() => this.current.run(this, async () => call(this.fn, context, context)));
    return within(Promise.race([body, this.#interrupt.promise]), this.timeout, 'test');
  }

  async #end() {
    const running = this.children.filter((child) => !child.isFinished);
    // Subtests that nobody waited for are waited for here.
    for (const child of running) await child.start();
    const failed = this.children.filter((child) => child.error !== null && child.todo === undefined);
    if (failed.length > 0) throw failure('subtestsFailed', `${failed.length} subtest${failed.length > 1 ? 's' : ''} failed`);
    if (this.planned !== undefined && this.planned !== this.assertions) {
      throw failure('testCodeFailure', `plan expected ${this.planned} assertions but received ${this.assertions}`);
    }
  }

  async #afterwards() {
    try {
      await this.runHooks('after', this);
    } catch (error) {
      this.fail(error, 'hookFailed');
    }
    try {
      await this.parent.runEach('afterEach', this);
    } catch (error) {
      this.fail(error, 'hookFailed');
    }
    this.#mock?.reset();
    this.controller.abort();
  }

  fail(error, type = 'testCodeFailure') {
    this.error ??= error?.code === 'ERR_TEST_FAILURE' && error.failureType ? error : failure(type, error);
    if (this.error.failureType === 'testTimeoutFailure') this.isCancelled = true;
  }

  // Something that it began threw.
  interrupt(error) {
    this.#interrupt.reject(failure('uncaughtException', error));
  }

  cancel(error) {
    if (this.isFinished) return;
    this.isCancelled = true;
    this.fail(error);
    for (const child of this.children) child.cancel(error);
    this.finish();
  }

  finish() {
    if (this.isFinished) return;
    this.isFinished = true;
    if (this.expectsFailure) {
      this.error = this.error === null ? failure('expectedFailure', 'test was expected to fail but passed') : null;
    }
    this.duration = performance.now() - (this.startTime ?? performance.now());
    this.emitDestroy();
    report.finished(this);
  }

  // `before`, ahead of the first child.
  beginChildren() {
    return (this.begun ??= this.runHooks('before', this));
  }

  async runHooks(name, of) {
    for (const { fn, timeout } of this.hooks[name]) {
      const context = new TestContext(of);
      await within(this.current.run(of, async () => call(fn, context, context)), timeout, 'hook');
    }
  }

  // Of all around a test: the outermost first, or last.
  async runEach(name, test) {
    if (test.isSuite) return;
    const isInner = name === 'afterEach';
    if (isInner) await this.runHooks(name, test);
    await this.parent?.runEach(name, test);
    if (!isInner) await this.runHooks(name, test);
  }
}

class Suite extends Test {
  constructor(parent, given) {
    super(parent, given);
    if (this.skipped) return;
    // Its tests are declared at once, and run when it is its turn.
    try {
      this.declared = this.#declare(given.fn);
      if (typeof this.declared?.then === 'function') this.declared.then(undefined, (error) => this.fail(error));
    } catch (error) {
      this.fail(error);
    }
  }

  #declare(fn) {
    const about = { name: this.name, fullName: this.fullName, signal: this.controller.signal };
    return this.runInAsyncScope(() => this.current.run(this, () => Reflect.apply(fn, about, [about])));
  }

  get isSuite() {
    return true;
  }

  async runBody() {
    await this.declared;
    if (this.error !== null) throw this.error;
    await within(this.#runChildren(), this.timeout, 'suite');
  }

  async #runChildren() {
    await this.beginChildren();
    await Promise.all(this.children.map((child) => child.start()));
  }
}

// What all of a file's tests are in.
class Root extends Test {
  constructor(current) {
    super(null, { name: '<root>', options: {}, fn() {} });
    this.current = current;
    this.isOver = false;
  }

  // The first test begins when the file's own text has run.
  started(test) {
    this.#listen();
    if (test.parent === this) {
      const { promise, resolve } = Promise.withResolvers();
      nextTick(() => resolve(test.start()));
      return promise;
    }
    // A suite starts its own; a test within a test is started by whoever declared it.
    return test.parent.isSuite ? Promise.resolve() : test.start();
  }

  async runEach(name, test) {
    await this.runHooks(name, test);
  }

  #isListening = false;

  #listen() {
    if (this.#isListening) return;
    this.#isListening = true;
    const { process } = internal;
    this.startTime = performance.now();
    const onError = (error) => {
      const test = this.current.getStore();
      if (test !== undefined && !test.isFinished) return test.interrupt(error);
      this.lateErrors = (this.lateErrors ?? 0) + 1;
      report.late(test, error);
      process.exitCode = 1;
      return undefined;
    };
    process.on('uncaughtException', onError);
    process.on('unhandledRejection', onError);
    process.once('beforeExit', () => this.#finish());
    process.once('exit', () => this.#summarize());
  }

  async #finish() {
    const pending = 'Promise resolution is still pending but the event loop has already resolved';
    for (const child of this.children) child.cancel(failure('cancelledByParent', pending));
    try {
      await this.runHooks('after', this);
    } catch (error) {
      report.late(undefined, error);
      internal.process.exitCode = 1;
    }
    this.#summarize();
  }

  #summarize() {
    if (this.isOver) return;
    this.isOver = true;
    for (const child of this.children) child.cancel(failure('cancelledByParent', 'test did not finish before its parent and was cancelled'));
    const isGood = report.summary(this);
    if (!isGood) internal.process.exitCode = 1;
  }
}

module.exports = { Test, Suite, Root, optionsOf, HOOKS, registerAssertion };
