// `performance`, as far as clocks and marks go.
//
// Required as `internal/performance`.
'use strict';

const { binding } = internal;

const entries = [];

class PerformanceEntry {
  constructor(name, entryType, startTime, duration, detail = null) {
    Object.assign(this, { name, entryType, startTime, duration, detail });
  }

  toJSON() {
    return { ...this };
  }
}

const timeOf = (mark, fallback) => {
  if (mark === undefined) return fallback;
  if (typeof mark === 'number') return mark;
  const found = entries.findLast((entry) => entry.entryType === 'mark' && entry.name === mark);
  if (found !== undefined) return found.startTime;
  const { DOMException } = require('internal/errors');
  throw new DOMException(`The "${mark}" performance mark has not been set`, 'SyntaxError');
};

class Performance {
  get timeOrigin() {
    return binding.host.timeOrigin;
  }

  now() {
    return binding.hrtime() / 1e6;
  }

  mark(name, { startTime = this.now(), detail } = {}) {
    const entry = new PerformanceEntry(`${name}`, 'mark', startTime, 0, detail);
    entries.push(entry);
    return entry;
  }

  measure(name, from, to) {
    const options = from !== null && typeof from === 'object' ? from : { start: from, end: to };
    const end = timeOf(options.end, options.duration === undefined ? this.now() : timeOf(options.start, 0) + options.duration);
    const start = timeOf(options.start, options.duration === undefined ? 0 : end - options.duration);
    const entry = new PerformanceEntry(`${name}`, 'measure', start, end - start, options.detail);
    entries.push(entry);
    return entry;
  }

  getEntries() {
    return entries.toSorted((a, b) => a.startTime - b.startTime);
  }

  getEntriesByName(name, type) {
    return this.getEntries().filter((entry) => entry.name === name && (type === undefined || entry.entryType === type));
  }

  getEntriesByType(type) {
    return this.getEntries().filter((entry) => entry.entryType === type);
  }

  clearMarks(name) {
    clear('mark', name);
  }

  clearMeasures(name) {
    clear('measure', name);
  }

  toJSON() {
    return { timeOrigin: this.timeOrigin };
  }
}
Object.defineProperty(Performance.prototype, Symbol.toStringTag, { value: 'Performance', configurable: true });

function clear(type, name) {
  for (let i = entries.length - 1; i >= 0; i -= 1) {
    if (entries[i].entryType === type && (name === undefined || entries[i].name === name)) entries.splice(i, 1);
  }
}

const performance = Object.create(Performance.prototype);
module.exports = { performance, Performance, PerformanceEntry };
