// Saves Node the compilation of the program at every start. For Node 20, the build makes the code cache of V8 beside the files (scripts/code-cache.mjs);
// V8 refuses a cache of another version; the build removes those of other texts. From Node 22 on, Node keeps its own in the cache folder.
const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const vm = require('node:vm');

const dist = path.join(__dirname, '..', 'dist') + path.sep;
// V8 does not check the processor.
const folder = path.join(dist, 'code-cache', `${process.arch}-${process.versions.v8}`);

/** Node creates what is inside with the umask, so the folder above must be the user's own and closed to others. */
function privateFolder() {
  const { ZKUBECTL_CACHE_DIR, XDG_CACHE_HOME, HOME } = process.env;
  const base = XDG_CACHE_HOME || (HOME && path.join(HOME, '.cache'));
  const cache = ZKUBECTL_CACHE_DIR || (base && path.join(base, 'zkubectl'));
  if (process.getuid === undefined || !cache || !path.isAbsolute(cache)) return undefined;
  const stat = statOrUndefined(cache);
  const isPrivate = stat?.isDirectory() && stat.uid === process.getuid() && (stat.mode & 0o077) === 0;
  return isPrivate ? path.join(cache, 'code') : undefined;
}

function statOrUndefined(file) {
  try {
    return fs.lstatSync(file, { throwIfNoEntry: false });
  } catch {
    // A folder above is another user's.
    return undefined;
  }
}

/** @param onCompiled gets every script, for making the cache */
exports.useCodeCache = onCompiled => {
  if (onCompiled === undefined && Module.enableCompileCache !== undefined) {
    const cache = privateFolder();
    if (cache !== undefined) Module.enableCompileCache(cache);
    return;
  }
  if (onCompiled === undefined && !fs.existsSync(folder)) return;
  const compile = Module.prototype._compile;
  Module.prototype._compile = function (content, filename, ...rest) {
    if (!filename.startsWith(dist)) return compile.call(this, content, filename, ...rest);
    let cachedData;
    try {
      if (onCompiled === undefined) cachedData = fs.readFileSync(cacheFile(filename));
    } catch {
      // This file is not of the frequent ones.
      return compile.call(this, content, filename, ...rest);
    }
    const script = new vm.Script(Module.wrap(content), {
      filename,
      cachedData,
      importModuleDynamically: vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    onCompiled?.(filename, script);
    const require = id => this.require(id);
    return script.runInThisContext().call(this.exports, this.exports, require, this, filename, path.dirname(filename));
  };
};

function cacheFile(filename) {
  return path.join(folder, `${path.basename(filename)}.bin`);
}
exports.cacheFile = cacheFile;
