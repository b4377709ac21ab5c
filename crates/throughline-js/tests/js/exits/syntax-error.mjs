// A module that is none.
console.log('never');
const = 1;
