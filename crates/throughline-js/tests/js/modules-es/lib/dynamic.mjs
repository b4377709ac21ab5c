await null;
export const value = 'evaluated';
