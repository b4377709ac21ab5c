// Its error.
'use strict';
for (const id of ['./is-not-there.js', 'is-not-there', 'node:is-not-there', '/is/not/there', '', undefined, 1, null]) try { require(id); } catch (error) { console.log(JSON.stringify(id), error.name, error.code, String(error.message).split('\n')[0].replaceAll(__dirname, '.')); }
