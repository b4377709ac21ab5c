export let counter = 0;
export const increase = () => (counter += 1);
export const later = async () => { await null; counter += 10; return counter; };
export default 'a default';
