// HK-6: what a hook enables or disables takes effect when the outermost event has been told to all.
const { AsyncResource } = require('node:async_hooks');
const { say, hook } = require('./common.js');
const all = ['init', 'before', 'after'];
const make = (type) => new AsyncResource(type);

say('enabled in init');
{
  const late = hook('late', all);
  const early = hook('early', ['init'], {
    init(name) {
      if (name !== 'HN_OUTER_1') return;
      late.enable();
      make('HN_INNER_1').runInAsyncScope(() => {});
      say('end of init');
    },
  }).enable();
  const outer = make('HN_OUTER_1');
  outer.runInAsyncScope(() => {});
  make('HN_NEXT_1');
  early.disable();
  late.disable();
}
say('disabled in init');
{
  const late = hook('late', all);
  const early = hook('early', ['init'], {
    init(name) {
      if (name !== 'HN_OUTER_2') return;
      late.disable();
      make('HN_INNER_2').runInAsyncScope(() => {});
      say('end of init');
    },
  }).enable();
  late.enable();
  const outer = make('HN_OUTER_2');
  outer.runInAsyncScope(() => {});
  early.disable();
}
say('disables itself in before');
{
  const itself = hook('itself', all, { before: () => itself.disable() }).enable();
  const outer = make('HN_OUTER_3');
  outer.runInAsyncScope(() => say('callback'));
  outer.runInAsyncScope(() => say('callback'));
}
say('disabled and enabled in before');
{
  const late = hook('late', all);
  const other = hook('other', all);
  const early = hook('early', ['before'], { before: () => { late.disable(); late.enable(); } }).enable();
  late.enable();
  other.enable();
  const outer = make('HN_OUTER_4');
  outer.runInAsyncScope(() => say('callback'));
}
