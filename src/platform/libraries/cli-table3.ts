// See undici.ts for why this is here.
export { default as Table } from 'cli-table3';
