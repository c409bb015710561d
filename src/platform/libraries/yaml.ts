// undici.ts explains why this module exists.
export { Document, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, parseDocument, Scalar, visit } from 'yaml';
