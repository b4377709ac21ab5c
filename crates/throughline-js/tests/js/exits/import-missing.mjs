// An import of nothing.
import './is-not-there.mjs';
console.log('never');
