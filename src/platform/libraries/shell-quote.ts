// See undici.ts for why this is here.
export { parse } from 'shell-quote';
