// An import of a name that is not exported.
import { isNotThere } from 'node:events';
console.log('never', isNotThere);
