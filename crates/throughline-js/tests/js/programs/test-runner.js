// `node:test`: in which order tests and hooks run, what is printed of them, and the status a file of tests ends with.
'use strict';
const { spawnSync } = require('child_process');

const programs = {
  good() {
    const { after, afterEach, before, beforeEach, describe, it, test } = require('node:test');
    const assert = require('assert');
    test('plain', () => {});
    test('with a callback', (t, done) => setImmediate(done));
    test('with subtests', async (t) => {
      t.diagnostic('a remark');
      await t.test('first', () => console.log('first'));
      await t.test('second', { skip: 'for a reason' }, () => console.log('never'));
    });
    test.skip('left out', () => console.log('never'));
    test.todo('later');
    test('todo that fails', { todo: true }, () => assert.fail('not yet'));
    describe('a suite', () => {
      before(() => console.log('before'));
      after(() => console.log('after'));
      beforeEach((t) => console.log('beforeEach'));
      afterEach(() => console.log('afterEach'));
      it('one', () => console.log('one'));
      describe('an inner suite', () => {
        beforeEach(() => console.log('inner beforeEach'));
        it('two', async () => console.log('two'));
      });
    });
    test('with a plan', (t) => {
      t.plan(1);
      t.assert.strictEqual(1, 1);
    });
  },
  mocks() {
    const { mock, test } = require('node:test');
    test('a function', (t) => {
      const double = t.mock.fn((n) => 2 * n);
      console.log(double(2), double.call('this', 3), double.mock.callCount(), double.mock.calls.map((call) => [call.arguments, call.result, call.this]));
      double.mock.mockImplementationOnce(() => 'once');
      console.log(double(1), double(1));
    });
    test('a method, for as long as the test', (t) => {
      const thing = { word: 'real', say() { return this.word; } };
      t.mock.method(thing, 'say', function () { return `mocked ${this.word}`; });
      console.log(thing.say(), thing.say.mock.callCount());
      thing.say.mock.restore();
      console.log(thing.say(), thing.say.mock);
    });
    const times = mock.fn(() => 'real', () => 'mocked', { times: 2 });
    console.log(times(), times(), times());
  },
  fails() {
    const { test } = require('node:test');
    test('good', () => {});
    test('bad', () => { throw new Error('bad'); });
    test('bad below', async (t) => { await t.test('deep', async () => { throw new Error('deep'); }); });
  },
  'fails late'() {
    const { test } = require('node:test');
    test('throws beside', async () => {
      setTimeout(() => { throw new Error('beside'); }, 1);
      await new Promise((resolve) => setTimeout(resolve, 100));
    });
    test('too slow', { timeout: 20 }, () => new Promise((resolve) => setTimeout(resolve, 200)));
    test('plans more', (t) => t.plan(2));
  },
};

if (process.argv[2] !== undefined) {
  programs[process.argv[2]]();
} else {
  for (const name of Object.keys(programs)) {
    const { status, stdout } = spawnSync(process.execPath, [__filename, name], { encoding: 'utf8' });
    // How a failure is told of at the end is each program's own; and the report comes when it comes, beside what tests print.
    const [told] = stdout.replaceAll(/ ?\([\d.]+ms\)/g, '').replaceAll(/duration_ms .*/g, '').split('✖ failing tests:');
    const { report, printed } = Object.groupBy(told.trimEnd().split('\n'), (line) => (/^ *[▶✔✖⚠﹣ℹ]/u.test(line) ? 'report' : 'printed'));
    console.log(`---- ${name}: ${status}\n${report.join('\n')}\n${(printed ?? []).join('\n')}`);
  }
}
