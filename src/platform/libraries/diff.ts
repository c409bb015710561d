/** The functions that we use from `diff` (jsdiff). */
export { structuredPatch } from 'diff';
