exports.index = 'the index';
