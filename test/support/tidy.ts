/** After each file of tests, its temporary folders go; a worker's own end is not told to it. */
import { afterAll } from 'vitest';
import { removeTempDirs } from './io.ts';

afterAll(() => removeTempDirs());
