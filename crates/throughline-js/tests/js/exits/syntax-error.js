// A script that is none.
console.log('never');
const = 1;
