// undici.ts explains why this module exists.
export { default as Table } from 'cli-table3';
