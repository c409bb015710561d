/** What we use of `diff` (jsdiff). */
export { structuredPatch } from 'diff';
