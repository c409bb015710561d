// The order matters: x509 needs the polyfill before it.
import 'reflect-metadata';

export * from '@peculiar/x509';
