// Causes are printed.
'use strict';
throw new Error('outer', { cause: new RangeError('inner') });
