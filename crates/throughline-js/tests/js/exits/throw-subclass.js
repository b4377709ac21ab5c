// Errors of a class of the script.
'use strict';
class OwnError extends Error { constructor(message) { super(message); this.name = 'OwnError'; this.extra = 1; } }
throw new OwnError('mine');
