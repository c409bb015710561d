// The order matters: the polyfill must be loaded before x509.
import 'reflect-metadata';

export * from '@peculiar/x509';
