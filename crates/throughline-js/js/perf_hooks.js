// `node:perf_hooks`, as far as clocks and marks go.
'use strict';

module.exports = require('internal/performance');
