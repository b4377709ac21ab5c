export const value = 'required';
