/** The version of this program; the build inserts the version from package.json. */
declare const ZKUBECTL_VERSION: string | undefined;

export const VERSION: string = typeof ZKUBECTL_VERSION === 'string' ? ZKUBECTL_VERSION : '0.0.0-dev';
