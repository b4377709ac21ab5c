// So are the errors of an aggregate.
'use strict';
throw new AggregateError([new Error('one'), new Error('two')], 'both');
