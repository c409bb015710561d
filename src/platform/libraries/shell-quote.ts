// undici.ts explains why this module exists.
export { parse } from 'shell-quote';
