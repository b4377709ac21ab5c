'use strict';
exports.named = 'from CommonJS';
exports.isMain = require.main === module;
